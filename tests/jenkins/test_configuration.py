"""jenkins.yaml, plugins.txt, the Dockerfiles and docker-compose.yml: what Jenkins and compose
swallow in silence."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.jenkins.conftest import ROOT, compose, configuration, labels

BIN = Path(sys.executable).parent
YAML = [
    "docker-compose.yml",
    "jenkins/jenkins.yaml",
    ".gitlab-ci.yml",
    ".yamllint",
    ".hadolint.yaml",
    ".pre-commit-config.yaml",
    "environment.yml",
    "buildspec.yml",
    "buildspec.prod.yml",
    "infra",
    "monitoring/watch",
]
DOCKERFILES = sorted(
    p.relative_to(ROOT).as_posix()
    for p in [
        *ROOT.glob("jenkins/**/*Dockerfile"),
        *ROOT.glob("monitoring/watch/*Dockerfile"),
        ROOT / "searchbar/Dockerfile",
    ]
    if p.exists()
)
PLUGINS = [
    line
    for line in (ROOT / "jenkins/plugins.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
# unresolved or recent security warnings, or made needless by GitHub itself
DENIED = {
    "ghprb",
    "github-pullrequest",
    "ssh",
    "github-pr-coverage-status",
    "violation-comments-to-github",
}
# the attributes of jenkins.yaml whose wrong type Configuration as Code swallows
INTEGERS = {"numExecutors", "slaveAgentPort", "port", "inDemandDelay", "idleDelay"}


@pytest.mark.parametrize("path", YAML)
def test_yaml_is_clean_and_says_nothing_twice(path: str) -> None:
    done = subprocess.run(
        [BIN / "yamllint", "--strict", path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_key_that_stands_twice_is_found(tmp_path: Path) -> None:
    """Configuration as Code takes the last one without a word."""
    doubled = (
        (ROOT / "jenkins/jenkins.yaml")
        .read_text()
        .replace("  numExecutors: 0", "  numExecutors: 0\n  numExecutors: 8", 1)
    )
    (tmp_path / "jenkins.yaml").write_text(doubled)
    rules = ["-c", str(ROOT / ".yamllint")]
    done = subprocess.run(
        [BIN / "yamllint", *rules, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert 'duplication of key "numExecutors"' in done.stdout


@pytest.mark.parametrize("path", DOCKERFILES)
def test_dockerfiles_are_clean(path: str) -> None:
    done = subprocess.run(
        [BIN / "hadolint", "-c", ".hadolint.yaml", path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def every(node: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        return [pair for key, value in node.items() for pair in every(value, f"{path}.{key}")]
    if isinstance(node, list):
        return [pair for value in node for pair in every(value, path)]
    return [(path, node)]


def test_numbers_are_numbers() -> None:
    found = [
        (path, value)
        for path, value in every(configuration())
        if path.rsplit(".", 1)[-1] in INTEGERS
    ]
    assert found
    assert [pair for pair in found if type(pair[1]) is not int] == []


def test_every_secret_that_is_named_is_made(tmp_path: Path) -> None:
    """A missing one would be an empty text: a password of nothing."""
    places = [tmp_path / name for name in ("secrets", "agents", "given")]
    subprocess.run(
        ["sh", ROOT / "jenkins/init/secrets.sh", *places], check=True, capture_output=True
    )
    makes = {path.name for path in places[0].iterdir()}
    settings = compose()["services"]["controller"]["environment"]
    for name in re.findall(r"\$\{([^}]+)\}", (ROOT / "jenkins/jenkins.yaml").read_text()):
        if name == "names":
            continue
        variable, _, default = name.partition(":-")
        assert variable in settings if variable.isupper() else variable in makes, name
        assert variable.islower() or default or "JENKINS_URL" in name or name.endswith(":-"), name


def test_the_controller_builds_nothing_and_opens_nothing() -> None:
    jenkins = configuration()["jenkins"]
    assert (jenkins["numExecutors"], jenkins["slaveAgentPort"], jenkins["mode"]) == (
        0,
        -1,
        "EXCLUSIVE",
    )
    assert jenkins["securityRealm"]["local"]["allowsSignup"] is False
    entries = jenkins["authorizationStrategy"]["globalMatrix"]["entries"]
    assert "anonymous" not in str(entries)
    assert "-Djenkins.install.runSetupWizard=false" in (ROOT / "jenkins/Dockerfile").read_text()
    assert compose()["services"]["controller"]["ports"] == [
        "${JENKINS_ADDRESS:-127.0.0.1}:${JENKINS_PORT:-8080}:8080"
    ]


def test_the_controllers_key_to_its_agents_is_no_jobs_business() -> None:
    stored = configuration()["credentials"]["system"]["domainCredentials"][0]["credentials"]
    key = stored[0]["basicSSHUserPrivateKey"]
    assert (key["id"], key["scope"]) == ("agent-key", "SYSTEM")
    for node in configuration()["jenkins"]["nodes"]:
        ssh = node["permanent"]["launcher"]["ssh"]
        assert ssh["credentialsId"] == key["id"]
        assert "manuallyProvidedKeyVerificationStrategy" in ssh["sshHostKeyVerificationStrategy"]


def test_every_agent_is_a_service_of_compose_and_holds_a_label() -> None:
    services = compose()["services"]
    nodes = [node["permanent"] for node in configuration()["jenkins"]["nodes"]]
    assert [(node["name"], node["launcher"]["ssh"]["host"]) for node in nodes] == [
        ("pull-request", "agent-pull-request"),
        ("line", "agent-line"),
        ("line-stage", "agent-line"),
        ("line-prod", "agent-line"),
        ("gpu", "agent-gpu"),
    ]
    assert all(
        node["labelString"] == node["name"] and node["launcher"]["ssh"]["host"] in services
        for node in nodes
    )


def test_machines_in_one_container_keep_their_workspaces_apart() -> None:
    nodes = [node["permanent"] for node in configuration()["jenkins"]["nodes"]]
    rooms = [(node["launcher"]["ssh"]["host"], node["remoteFS"]) for node in nodes]
    assert len(set(rooms)) == len(rooms)


def test_every_agent_has_a_host_key_of_its_own_in_a_volume_of_its_own() -> None:
    services = compose()["services"]
    for node in (node["permanent"] for node in configuration()["jenkins"]["nodes"]):
        ssh = node["launcher"]["ssh"]
        kind = ssh["host"].removeprefix("agent-")
        assert ssh["sshHostKeyVerificationStrategy"] == {
            "manuallyProvidedKeyVerificationStrategy": {"key": f"${{host-key-{kind}}}"}
        }
        assert f"{kind}-keys:/run/agent:ro" in services[ssh["host"]]["volumes"]
        assert f"{kind}-keys:/run/agents/{kind}" in services["init"]["volumes"]


def test_plugins_are_pinned_known_and_not_on_the_list_of_the_denied() -> None:
    names = [line.split(":")[0] for line in PLUGINS]
    assert names == sorted(set(names))
    assert all(re.fullmatch(r"[a-z0-9-]+:[\w.]+", line) for line in PLUGINS)
    assert not DENIED & set(names)


VERSIONS = (ROOT / "tests/jenkins/plugin_versions.txt").read_text().splitlines()
# A list of other plugins, which the bill of materials names one by one.
BESIDE = {"workflow-aggregator:608.v67378e9d3db_1"}


def unknown(plugins: list[str]) -> list[str]:
    """What no bill of materials knows: another version than was tested, or none that there is."""
    return [line for line in plugins if line not in VERSIONS and line not in BESIDE]


def test_every_version_exists_and_was_tested_with_the_others() -> None:
    assert unknown(PLUGINS) == []
    assert re.search(r"bill of materials for 2\.568\.x as it stood on \d{4}-\d\d-\d\d", VERSIONS[0])
    assert "jenkins/jenkins:2.568." in (ROOT / "jenkins/Dockerfile").read_text()


@pytest.mark.parametrize(
    "wrong",
    [
        "pipeline-input-step:560.vf56198a_642157",
        "job-restrictions:216.v0732cc7fb_076",
        "input-step:1.0",
    ],
)
def test_a_version_that_does_not_exist_is_found(wrong: str) -> None:
    assert unknown([*PLUGINS, wrong]) == [wrong]


NEEDS = {
    "globalMatrix": "matrix-auth",
    "basicSSHUserPrivateKey": "ssh-credentials",
    "launcher": "ssh-slaves",
    "jobs": "job-dsl",
    "jobRestrictionProperty": "job-restrictions",
    "usernamePassword": "credentials",
}
JOBS_NEED = {
    "folder(": "cloudbees-folder",
    "multibranchPipelineJob": "workflow-multibranch",
    "github {": "github-branch-source",
    "git {": "git",
    "stringCredentialsImpl": "plain-credentials",
    "pipelineJob": "workflow-job",
}


def test_what_the_configuration_uses_is_installed() -> None:
    names = {line.split(":")[0] for line in PLUGINS} | {"configuration-as-code"}
    text, jobs = (
        (ROOT / "jenkins/jenkins.yaml").read_text(),
        (ROOT / "jenkins/job.groovy").read_text(),
    )
    assert {plugin for word, plugin in NEEDS.items() if word in text} <= names
    assert {plugin for word, plugin in JOBS_NEED.items() if word in jobs} <= names


def config(compose_program: str, *profiles: str) -> dict[str, Any]:
    words = [word for profile in profiles for word in ("--profile", profile)]
    done = subprocess.run(
        [compose_program, "compose", *words, "config"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower() + done.stdout[:0]
    read: dict[str, Any] = yaml.safe_load(done.stdout)
    return read


@pytest.mark.parametrize(
    ("profiles", "services"),
    [
        (
            (),
            {
                "init",
                "controller",
                "agent-line",
                "agent-pull-request",
                "repository",
                "repository-push",
            },
        ),
        (("gpu",), {"agent-gpu"}),
        (("site",), {"router", "blue", "green"}),
        (("ledger",), {"ledger"}),
        (("watch",), {"prometheus", "alertmanager", "node-exporter", "grafana", "alarms"}),
    ],
)
def test_compose_reads_every_profile(
    compose_program: str, profiles: tuple[str, ...], services: set[str]
) -> None:
    started = config(compose_program, *profiles)["services"]
    assert services <= set(started)
    assert profiles or set(started) == services
    for name, service in started.items():
        assert service.get("mem_limit") or name == "init", f"{name} has no limit"


def test_pull_requests_have_no_socket_no_secret_and_no_way_to_push(compose_program: str) -> None:
    services = config(compose_program, "ledger")["services"]
    agent = services["agent-pull-request"]
    mounts = {v["target"]: v.get("read_only", False) for v in agent["volumes"]}
    assert "/var/run/docker.sock" not in mounts
    assert (mounts["/store"], mounts["/run/agent"]) == (True, True)
    assert not agent.get("secrets")
    assert not any("secret" in target for target in mounts)
    for kept in ("repository-push", "ledger"):
        assert set(agent["networks"]) & set(services[kept]["networks"]) == set(), kept


def test_machines_that_hold_something_take_no_pull_request() -> None:
    """A Jenkinsfile may name any label, and a pull request brings its own: the machine itself
    must say no."""
    assert labels("line/branches/stage") == [
        "pull-request",
        "line",
        "line-stage",
        "line-prod",
        "gpu",
    ]
    for job in (
        "pull-requests/PR-1",
        "pull-requests/line%2Fx",
        "other",
        "pull-requests/line/branches/stage",
    ):
        assert labels(job) == ["pull-request"], job
    services = compose()["services"]
    for label in labels("pull-requests/PR-1"):
        assert not [
            v
            for v in services[f"agent-{label}"]["volumes"]
            if v.startswith(("/var/run/docker.sock", "secrets"))
        ]


def test_the_ledger_is_for_this_machine_and_for_agents_that_are_trusted(
    compose_program: str,
) -> None:
    services = config(compose_program, "ledger", "gpu")["services"]
    (port,) = services["ledger"]["ports"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "5000", 5000)
    assert [v["type"] for v in services["ledger"]["volumes"]] == ["volume"]
    for node in configuration()["jenkins"]["nodes"]:
        named = [e["key"] for e in node["permanent"]["nodeProperties"][0]["envVars"]["env"]]
        trusted = node["permanent"]["name"] != "pull-request"
        assert ("MLFLOW_TRACKING_URI" in named) == trusted
        assert (
            not trusted
            or "line" in services[node["permanent"]["launcher"]["ssh"]["host"]]["networks"]
        )


def test_a_team_without_secrets_needs_no_step_before(compose_program: str) -> None:
    assert {s["file"] for s in config(compose_program)["secrets"].values()} == {"/dev/null"}


def test_what_runs_is_not_root_and_gains_nothing(compose_program: str) -> None:
    services = config(compose_program, "site", "gpu", "ledger", "watch")["services"]
    for name, service in services.items():
        if name == "init":
            assert service["network_mode"] == "none"
            continue
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        agent = name.startswith("agent-")
        assert set(service.get("cap_add") or []) == (
            {"SETUID", "SETGID", "SYS_CHROOT"} if agent else set()
        ), name


def test_the_tutorial_says_which_controller_was_seen() -> None:
    image = re.search(
        r"^FROM jenkins/jenkins:([\d.]+)-lts",
        (ROOT / "jenkins/Dockerfile").read_text(),
        re.MULTILINE,
    )
    assert image
    tutorial = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    assert re.search(rf"ran on a controller [\d.]+ .*; not on {re.escape(image[1])}", tutorial)
