"""The Jenkins files read as data, the strict stub run once for many cases, and a real Docker
engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
JENKINSFILE = (ROOT / "Jenkinsfile").read_text(encoding="utf-8")
JOBS = (ROOT / "jenkins/job.groovy").read_text(encoding="utf-8")

PULL_REQUEST = {
    "BRANCH_NAME": "PR-1",
    "CHANGE_ID": "1",
    "CHANGE_TARGET": "stage",
    "CHANGE_BRANCH": "feature/x",
}
KINDS: Mapping[str, Mapping[str, str]] = {
    "pull request": PULL_REQUEST,
    "change without a forge": {"BRANCH_NAME": "change/x"},
    "proposal without a forge": {"BRANCH_NAME": "catalogue/daily"},
    "stage": {"BRANCH_NAME": "stage"},
    "prod": {"BRANCH_NAME": "prod"},
    "hotfix": {"BRANCH_NAME": "hotfix/x"},
}
# Jobs of their own, seeded by job.groovy: stage's code on behalf of a pull request, and every
# morning.
COMMENT = (ROOT / "jenkins/comment.Jenkinsfile").read_text(encoding="utf-8")
DAILY = (ROOT / "jenkins/daily.Jenkinsfile").read_text(encoding="utf-8")
JOB_KINDS: Mapping[str, Mapping[str, Any]] = {
    "comment": {"text": COMMENT, "causes": [{"upstreamProject": "pull-requests/PR-1"}]},
    "daily": {"text": DAILY},
}
LOST = {"make -s sweep": "prod is built again\n"}
# On a plain git remote a branch of one of these names is what a pull request to stage would be.
PROPOSED = ("change/", "feature/", "fix/", "experiment/", "pipeline/", "catalogue/")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for an engine says so: an agent for pull requests has none, and leaves these
    out."""
    for item in items:
        if "docker" in getattr(item, "fixturenames", ()):
            item.add_marker("engine")


@cache
def configuration() -> dict[str, Any]:
    """jenkins.yaml as data."""
    read: dict[str, Any] = yaml.safe_load(
        (ROOT / "jenkins/jenkins.yaml").read_text(encoding="utf-8")
    )
    return read


@cache
def compose() -> dict[str, Any]:
    """docker-compose.yml as data, anchors resolved."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return read


def labels(job: str = "line/branches/stage") -> list[str]:
    """The labels of the machines that take a job of this name."""
    nodes = [node["permanent"] for node in configuration()["jenkins"]["nodes"]]
    return [node["labelString"] for node in nodes if takes(node, job)]


def takes(node: Mapping[str, Any], job: str) -> bool:
    restrictions = [
        p["jobRestrictionProperty"] for p in node["nodeProperties"] if "jobRestrictionProperty" in p
    ]
    names = [r["jobRestriction"]["regexNameRestriction"]["regexExpression"] for r in restrictions]
    return all(re.fullmatch(name, f"{job}/part of it") for name in names)


def folder_credentials() -> list[str]:
    """What job.groovy puts into the folder `line`."""
    return re.findall(
        r"(?:basicSSHUserPrivateKey|stringCredentialsImpl) \{[^}]*?\bid\('([^']+)'\)",
        JOBS,
        re.DOTALL,
    )


def global_credentials() -> list[str]:
    """What any job may name."""
    stored = configuration()["credentials"]["system"]["domainCredentials"][0]["credentials"]
    every = [next(iter(credential.values())) for credential in stored]
    return [credential["id"] for credential in every if credential["scope"] == "GLOBAL"]


def case(env: Mapping[str, str], *, text: str = JENKINSFILE, **more: Any) -> dict[str, Any]:
    """One build for the stub.

    A pull request sees no credential of the folder and no machine of it, as in Jenkins.
    """
    trusted = not (env.get("CHANGE_ID") or env["BRANCH_NAME"].startswith(PROPOSED))
    return {
        "text": text,
        "labels": labels("line/branches/x" if trusted else "pull-requests/x"),
        "jobs": ["/line/comment", "/line/branches/stage", "/line/branches/prod"],
        "credentials": global_credentials() + (folder_credentials() if trusted else []),
        "prints": {"make -s approve": "RELEASE IMAGE EVIDENCE\n"},
        **more,
        "env": {
            "CI": "true",
            "GPU_AGENT": "no",
            "APPROVAL": "person",
            "BUILD_URL": "http://jenkins/1/",
            **env,
        },
    }


def groovy(script: str, cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Run a stub over cases; one Java serves all of them."""
    assert shutil.which("groovy"), (
        "install groovy and default-jre-headless (tests/debian-packages.txt)"
    )
    home = os.environ.get("JAVA_HOME") or str(
        Path(os.path.realpath(shutil.which("java") or "java")).parents[1]
    )
    done = subprocess.run(
        ["groovy", "-cp", str(HERE), str(HERE / script)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "JAVA_HOME": home},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def lines(answer: Mapping[str, Any]) -> list[str]:
    """The shell lines of a build, in order."""
    return [event["sh"] for event in answer["events"] if "sh" in event]


@pytest.fixture(scope="session")
def builds() -> dict[str, dict[str, Any]]:
    """Every kind of build, run by the stub over the real Jenkinsfile."""
    more = {
        **{kind: case(KINDS["stage"], **of) for kind, of in JOB_KINDS.items()},
        "stage with a GPU": case({**KINDS["stage"], "GPU_AGENT": "yes"}),
        "prod by itself": case({**KINDS["prod"], "APPROVAL": "auto"}),
        "hotfix by itself": case({**KINDS["hotfix"], "APPROVAL": "auto"}),
        "promotion": case({**PULL_REQUEST, "CHANGE_TARGET": "prod", "CHANGE_BRANCH": "stage"}),
        "red pull request": case(PULL_REQUEST, fail=["make admit"]),
        "red stage": case(KINDS["stage"], fail=["make build compare"]),
        "refused prod": case(KINDS["prod"], fail=["make -s approve"]),
        "prod that a stranger started": case(KINDS["prod"], fail=["make verify"]),
        "failing rollout": case(KINDS["prod"], fail=["make approve rollout ENVIRONMENT=prod"]),
        "stage whose comment fails": case(KINDS["stage"], fail=["make comment"]),
        "stage whose git is away": case(KINDS["stage"], withoutSource=["line-stage"]),
        "prod whose git is away": case(KINDS["prod"], withoutSource=["line"]),
        "refused daily": case(KINDS["stage"], text=DAILY, fail=["make -s sweep"]),
        "daily after a lost prod": case(KINDS["stage"], text=DAILY, prints=LOST),
        "daily without a source": case(
            KINDS["stage"], text=DAILY, prints=LOST, fail=["make propose"]
        ),
        **{
            f"{branch}x without a forge": case({"BRANCH_NAME": f"{branch}x"}) for branch in PROPOSED
        },
        "a branch of a branch": case({"BRANCH_NAME": "fix/a/b"}),
    }
    cases = {**{kind: case(env) for kind, env in KINDS.items()}, **more}
    return dict(zip(cases, groovy("declarative.groovy", list(cases.values())), strict=True))


@pytest.fixture(scope="session")
def compose_program() -> str:
    """docker with compose; `compose config` needs no engine."""
    found = shutil.which("docker")
    if (
        found
        and subprocess.run(
            [found, "compose", "version"], capture_output=True, check=False
        ).returncode
        == 0
    ):
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(
            "docker compose is missing: install docker-compose-v2, or Docker's own packages"
        )
    pytest.skip("docker compose is missing")


@pytest.fixture(scope="session")
def docker() -> Iterator[str]:
    """A Docker engine that answers."""
    found = shutil.which("docker")
    if (
        found
        and subprocess.run([found, "version"], capture_output=True, check=False).returncode == 0
    ):
        yield found
        return
    if os.environ.get("CI") == "true":
        pytest.fail("no Docker engine answers: start one, or set DOCKER_HOST")
    pytest.skip("no Docker engine answers")
