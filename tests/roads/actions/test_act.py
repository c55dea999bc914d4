"""act runs the workflows: what they type is what the Jenkinsfile types, for each kind of build."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.roads.actions.act import Ran, run_act, scratch_repository
from tests.roads.stub_make import StubMake, recorded_lines, stub_make

HEAD = {"ref": "feature/x", "sha": "a" * 40, "repo": {"full_name": "team/searchbar", "fork": False}}
PULL_REQUEST = {"number": 7, "pull_request": {"number": 7, "head": HEAD, "base": {"ref": "stage"}}}
RUN = {"id": 31, "event": "pull_request", "conclusion": "success", "head_branch": "feature/x"}
COMMENT = {"action": "completed", "workflow_run": RUN}
EVIDENCE = {"make -s approve": "RELEASE IMAGE EVIDENCE\n"}
# What must never be seen where it is not said to be.
SECRETS = {
    "GITHUB_TOKEN": "the-tokens-of-this-run",
    "FORGE_TOKEN": "a-token-that-writes",
    "FORGE_NOTIFY": "mailto-somebody",
    "SEARCHBAR_SQL_PASSWORD": "a-password",
}


def pushed(branch: str) -> dict[str, Any]:
    return {"ref": f"refs/heads/{branch}"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scratch_repository(tmp_path_factory.mktemp("actions"))


def ran(
    tree: Path,
    make: StubMake,
    workflow: str,
    event: str,
    payload: Mapping[str, Any],
    **more: Mapping[str, str],
) -> Ran:
    """One event, which ended well; `gh` is a stub, too."""
    gh = make.folder / "gh"
    gh.write_text(f'#!/bin/sh\necho "gh $*" >>{make.folder}/gh.log\n')
    gh.chmod(0o755)
    result = run_act(tree, make, workflow, event, payload, **{"secrets": SECRETS, **more})
    assert result.code == 0, result.log[-4000:]
    return result


def environments(make: StubMake) -> dict[str, Mapping[str, str]]:
    return {typed.line: typed.env for typed in make.typed()}


def test_a_pull_request_of_a_fork_types_its_lines_and_reaches_no_secret(
    tree: Path, tmp_path: Path
) -> None:
    """Its branch may be called anything; a shell never reads the name."""
    name = f"feature/$(touch${{IFS}}{tmp_path}/pwned)`touch${{IFS}}{tmp_path}/pwned`"
    fork = {"ref": name, "sha": "a" * 40, "repo": {"full_name": "mallory/copy", "fork": True}}
    opened = {"number": 7, "pull_request": {**PULL_REQUEST["pull_request"], "head": fork}}  # type: ignore[dict-item]
    make = stub_make(tmp_path / "bin")
    result = ran(tree, make, "line", "pull_request", opened)
    assert make.lines() == recorded_lines("pull request")
    assert result.jobs == ["pull-request"]
    assert not (tmp_path / "pwned").exists()
    for typed in make.typed():
        assert typed.env["CHANGE_BRANCH"] == name
        assert (typed.env["CHANGE_TARGET"], typed.env["CHANGE_ID"]) == ("stage", "7")
        assert typed.env["BRANCH_NAME"] not in ("stage", "prod", name)
        assert typed.env.get("FORGE_TOKEN", "") in ("", SECRETS["GITHUB_TOKEN"])
        assert not {"FORGE_REPOSITORY", "FORGE_NOTIFY", "SEARCHBAR_STORE"} & set(typed.env)


def test_stage_types_its_lines_and_only_the_rollout_sees_the_hosts_key(
    tree: Path, tmp_path: Path
) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "hosts", "-f", tmp_path / "key"],
        check=True,
    )
    key = (tmp_path / "key").read_text()
    make = stub_make(tmp_path / "bin")
    ran(tree, make, "line", "push", pushed("stage"), secrets={**SECRETS, "ROLLOUT_KEY": key})
    assert make.lines() == recorded_lines("stage")
    env = environments(make)
    with_agent = [line for line, one in env.items() if "SSH_AUTH_SOCK" in one]
    assert with_agent == ["make rollout ENVIRONMENT=stage"]
    assert not [line for line, one in env.items() if "ROLLOUT_KEY" in one]
    writing = [line for line, e in env.items() if e.get("FORGE_TOKEN") == SECRETS["FORGE_TOKEN"]]
    assert writing == ["make compare promote ENVIRONMENT=prod"]
    assert env["make notify"]["TEXT"].startswith("SUCCESS: https://github.com/team/searchbar/")


def test_prod_rolls_out_what_was_shown_to_whoever_approved(tree: Path, tmp_path: Path) -> None:
    make = stub_make(tmp_path / "bin", prints=EVIDENCE)
    result = ran(tree, make, "line", "push", pushed("prod"))
    assert make.lines() == recorded_lines("prod")
    assert result.jobs == ["evidence", "notify", "rollout"]
    rollout = environments(make)["make approve rollout ENVIRONMENT=prod"]
    assert rollout["EVIDENCE"] == "RELEASE IMAGE EVIDENCE"


@pytest.mark.proof
def test_what_the_daily_run_asks_for_again_is_the_same_line(tree: Path, tmp_path: Path) -> None:
    make = stub_make(tmp_path / "bin")
    ran(tree, make, "line", "workflow_dispatch", pushed("stage"))
    assert make.lines() == recorded_lines("stage")
    other = stub_make(tmp_path / "other")
    assert ran(tree, other, "line", "workflow_dispatch", pushed("feature/x")).jobs == []


@pytest.mark.proof
def test_a_hotfix_goes_back_to_stage(tree: Path, tmp_path: Path) -> None:
    make = stub_make(tmp_path / "bin", prints=EVIDENCE)
    ran(tree, make, "line", "push", pushed("hotfix/label"))
    assert make.lines() == recorded_lines("hotfix")
    env = environments(make)["make back comment"]
    assert (env["BRANCH_NAME"], env["FORGE_TOKEN"]) == ("hotfix/label", SECRETS["FORGE_TOKEN"])


@pytest.mark.proof
def test_the_comment_names_the_run_and_nothing_else(tree: Path, tmp_path: Path) -> None:
    make = stub_make(tmp_path / "bin")
    ran(tree, make, "comment", "workflow_run", COMMENT)
    assert make.lines() == recorded_lines("comment")
    env = make.typed()[0].env
    assert env["WORKFLOW_RUN"] == "31"
    assert env["FORGE_TOKEN"] == SECRETS["GITHUB_TOKEN"]
    assert not [name for name in env if name.startswith("CHANGE_")]


@pytest.mark.proof
@pytest.mark.parametrize("lost", ["", "prod is built again\n"])
def test_the_daily_run_sweeps_and_proposes(tree: Path, tmp_path: Path, lost: str) -> None:
    make = stub_make(tmp_path / "bin", prints={"make -s sweep": lost})
    ran(tree, make, "daily", "schedule", {})
    told = ["make notify"] if lost else []
    sweep, *rest = recorded_lines("daily")
    assert make.lines() == [sweep, *told, *rest]
    asked = (make.folder / "gh.log").read_text().splitlines()
    prod = ["gh workflow run line.yml --ref prod"] if lost else []
    assert asked == [*prod, "gh workflow run line.yml --ref stage"]


@pytest.mark.proof
@pytest.mark.parametrize("chosen", ["", "jenkins", "codepipeline"])
def test_nothing_runs_where_another_line_was_chosen(
    tree: Path, tmp_path: Path, chosen: str
) -> None:
    make = stub_make(tmp_path / "bin")
    cases = [
        ("line", "push", pushed("stage")),
        ("line", "push", pushed("prod")),
        ("line", "pull_request", PULL_REQUEST),
        ("comment", "workflow_run", COMMENT),
        ("daily", "schedule", {}),
    ]
    for workflow, event, payload in cases:
        assert ran(tree, make, workflow, event, payload, variables={"LINE": chosen}).jobs == []
    assert make.lines() == []


@pytest.mark.proof
def test_a_gate_that_says_no_keeps_the_rest_from_running(tree: Path, tmp_path: Path) -> None:
    """People are told all the same, and the reports become a page."""
    make = stub_make(tmp_path / "bin", fails=["make build compare"])
    result = run_act(tree, make, "line", "push", pushed("stage"), secrets=SECRETS)
    assert result.code != 0
    lines = recorded_lines("stage")
    failed = lines.index("make build compare")
    assert make.lines() == [*lines[: failed + 1], "make comment", "make notify"]
    assert make.typed()[-1].env["TEXT"].startswith("FAILURE: ")


@pytest.mark.proof
@pytest.mark.parametrize("failing", ["make verify", "make -s approve"])
def test_without_evidence_nobody_is_asked_and_nothing_rolled_out(
    tree: Path, tmp_path: Path, failing: str
) -> None:
    make = stub_make(tmp_path / "bin", prints=EVIDENCE, fails=[failing])
    result = run_act(tree, make, "line", "push", pushed("prod"), secrets=SECRETS)
    assert result.code != 0
    assert result.jobs == ["evidence", "notify"]
    assert not [line for line in make.lines() if "rollout" in line]
