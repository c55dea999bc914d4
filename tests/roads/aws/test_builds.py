"""Here are the pipelines and their buildspecs: run, they type what the Jenkinsfile types."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.roads.aws.codebuild import buildspec
from tests.roads.aws.pipeline import APPROVED, PUSH, PUSHED, Pipeline, pipeline
from tests.roads.aws.templates import template
from tests.roads.stub_make import recorded_lines

PULL_REQUEST, STAGE, PROD = "PullRequestPipeline", "StagePipeline", "ProdPipeline"
SOURCES = {
    "pull request": (PULL_REQUEST, {"PullRequestId": "7", "BranchName": "feature/a b'\\\\c"}),
    "stage": (STAGE, {"BranchName": "stage"}),
    "prod": (PROD, {"BranchName": "prod"}),
    "hotfix": (PROD, {"BranchName": "hotfix/label"}),
}
# What is typed after any failure: reports and a notice, nothing that goes on.
AFTERWARDS = {
    "pull request": ["make comment"],
    "stage": ["make comment", "make notify"],
    "prod": ["make notify"],
    "hotfix": ["make notify"],
}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A private key for rollouts, as SSM holds it."""
    path = tmp_path_factory.mktemp("key") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.read_text(encoding="utf-8")


def run(folder: Path, kind: str, key: str, fails: str = "", **specs: Any) -> tuple[Pipeline, bool]:
    name, source = SOURCES[kind]
    made = pipeline(folder, name, key, fails=fails, specs=specs.get("specs"))
    return made, made.run(source)


def going_on(kind: str) -> list[str]:
    """The lines that do something, in order; reports and notices come whatever happened."""
    return [line for line in recorded_lines(kind) if line not in AFTERWARDS[kind]]


@pytest.mark.parametrize("kind", SOURCES)
def test_a_pipeline_types_what_the_jenkinsfile_types(tmp_path: Path, kind: str, key: str) -> None:
    made, ended = run(tmp_path, kind, key)
    assert ended, made.output
    assert made.lines() == recorded_lines(kind)


@pytest.mark.parametrize(
    ("kind", "line"), [(kind, line) for kind in SOURCES for line in going_on(kind)]
)
def test_a_line_that_fails_is_the_last_one_but_for_what_tells_of_it(
    tmp_path: Path, kind: str, line: str, key: str
) -> None:
    made, ended = run(tmp_path, kind, key, fails=line)
    lines = going_on(kind)
    assert not ended
    assert made.lines() == [*lines[: lines.index(line) + 1], *AFTERWARDS[kind]]
    if kind != "pull request":
        assert made.make.typed()[-1].env["TEXT"] == "FAILURE: https://console.example/build"


def test_a_push_that_fails_rolls_nothing_out(tmp_path: Path, key: str) -> None:
    made, ended = run(tmp_path, "stage", key, fails=PUSH)
    assert not ended
    assert made.make.lines()[-3:] == [PUSH, "make comment", "make notify"]


def test_a_comment_that_fails_is_told_too(tmp_path: Path, key: str) -> None:
    made, ended = run(tmp_path, "stage", key, fails="make comment")
    assert not ended
    assert made.lines() == recorded_lines("stage")


def test_without_a_key_nothing_is_rolled_out(tmp_path: Path) -> None:
    made, ended = run(tmp_path, "stage", "no key")
    assert not ended
    assert "make rollout ENVIRONMENT=stage" not in made.lines()
    assert made.lines()[-1] == "make notify"


def test_a_person_sees_the_pair_and_its_evidence_and_the_rollout_is_of_these(
    tmp_path: Path, key: str
) -> None:
    made, _ = run(tmp_path, "prod", key)
    [question] = made.asked
    assert all(word in question for word in APPROVED.split())
    assert len(question) < 1000
    first, second = made.environments
    assert (first["RELEASE"], first["IMAGE"]) == ("rel1234", PUSHED)
    assert second["EVIDENCE"] == APPROVED, "`make approve` reads the third word of it"
    approve = [typed for typed in made.make.typed() if typed.line.startswith("make approve")]
    assert [typed.env["EVIDENCE"] for typed in approve] == [APPROVED]


def test_who_says_no_rolls_nothing_out(tmp_path: Path, key: str) -> None:
    made = pipeline(tmp_path, PROD, key)
    assert not made.run({"BranchName": "prod"}, approves=lambda question: not question)
    assert made.lines() == ["make verify", "make -s approve"]


def test_names_come_from_the_event_and_not_from_the_clone(tmp_path: Path, key: str) -> None:
    made, _ = run(tmp_path, "pull request", key)
    env = made.make.typed()[0].env
    assert env["CHANGE_BRANCH"] == "feature/a b'\\c"
    assert (env["CHANGE_ID"], env["CHANGE_TARGET"], env["BRANCH_NAME"]) == ("7", "stage", "PR-7")
    assert env["SEARCHBAR_STORE"] != env["LIVE_STORE"]
    assert not {"FORGE_TOKEN", "ROLLOUT_KEY"} & set(made.environments[0])


def test_hosts_get_the_image_by_the_digest_of_the_registry(tmp_path: Path, key: str) -> None:
    made, _ = run(tmp_path, "stage", key)
    [environment] = made.environments
    assert environment["IMAGE"] == PUSHED
    assert (tmp_path / "build0/var/line/image").read_text(encoding="utf-8").strip() == PUSHED


def test_the_key_is_an_agents_and_in_no_programs_environment(tmp_path: Path, key: str) -> None:
    made = pipeline(tmp_path, STAGE, key)
    program = made.make.folder / "make"
    asked = "line, 'ROLLOUT_KEY' in os.environ, 'SSH_AUTH_SOCK' in os.environ"
    telling = f"print({asked}, file=open({str(tmp_path / 'told')!r}, 'a'))\n"
    text = program.read_text(encoding="utf-8")
    program.write_text(text.replace("sys.exit(plan", f"{telling}sys.exit(plan"), encoding="utf-8")
    assert made.run({"BranchName": "stage"})
    told = (tmp_path / "told").read_text(encoding="utf-8").splitlines()
    assert "make rollout ENVIRONMENT=stage False True" in told


def test_the_comment_is_written_by_stages_code_of_what_the_build_left(
    tmp_path: Path, key: str
) -> None:
    project = template("line")["Resources"]["CommentProject"]["Properties"]
    assert project["SourceVersion"] == "refs/heads/stage"
    made = pipeline(tmp_path, PULL_REQUEST, key)
    asked = "arn:aws:codebuild:eu-central-1:111122223333:build/searchbar-pr:0a1b"
    assert made.build("CommentProject", {"ASKED": asked}) is not None, made.output
    assert made.lines() == recorded_lines("comment")
    assert made.environments[0]["PULL_REQUEST"] == "7"
    called = (tmp_path / "aws.txt").read_text(encoding="utf-8")
    assert "batch-get-builds --ids searchbar-pr:0a1b " in called
    assert "sync --quiet s3://store/pull-requests/reports/0a1b var/reports" in called


@pytest.mark.parametrize("number", ["None", "", "7; rm -rf /"])
def test_a_build_of_no_pull_request_is_not_commented(tmp_path: Path, key: str, number: str) -> None:
    made = pipeline(tmp_path, PULL_REQUEST, key)
    aws = made.make.folder / "aws"
    aws.write_text(f"#!/bin/sh\necho '{number}'\n", encoding="utf-8")
    assert made.build("CommentProject", {"ASKED": "a/searchbar-pr:0a1b"}) is None
    assert made.lines() == []


def test_reports_lie_where_the_comment_looks_for_them(tmp_path: Path, key: str) -> None:
    run(tmp_path, "pull request", key)
    called = (tmp_path / "aws.txt").read_text(encoding="utf-8")
    assert called == "aws s3 sync --quiet var/reports s3://store/pull-requests/reports/0\n"


def _commands(spec: dict[str, Any]) -> list[str]:
    commands: list[str] = spec["phases"]["build"]["commands"]
    return commands


def _rollout_afterwards(spec: dict[str, Any]) -> None:
    rollout = next(c for c in _commands(spec) if "rollout" in c)
    _commands(spec).remove(rollout)
    spec["phases"]["post_build"]["commands"].insert(0, rollout)


def _failure_swallowed(spec: dict[str, Any]) -> None:
    _commands(spec)[_commands(spec).index("make admit")] = "make admit || true"


def _joined(spec: dict[str, Any]) -> None:
    commands = _commands(spec)
    commands[:3] = ["; ".join(commands[:3])]


def _in_finally(spec: dict[str, Any]) -> None:
    spec["phases"]["build"]["finally"] = [_commands(spec).pop()]


@pytest.mark.parametrize("plant", [_rollout_afterwards, _failure_swallowed, _joined, _in_finally])
def test_a_build_that_goes_on_after_a_failure_is_found(
    tmp_path: Path, key: str, plant: Callable[[dict[str, Any]], None]
) -> None:
    spec = copy.deepcopy(dict(buildspec(ROOT / "buildspec.yml")))
    plant(spec)
    made, _ = run(tmp_path, "stage", key, fails="make admit", specs={"buildspec.yml": spec})
    assert made.lines() != ["make verify", "make admit", "make comment", "make notify"]


def test_every_command_is_text() -> None:
    for path in (ROOT / "buildspec.yml", ROOT / "buildspec.prod.yml"):
        for phase in buildspec(path)["phases"].values():
            commands = [*phase.get("commands", ()), *phase.get("finally", ())]
            assert all(isinstance(command, str) for command in commands)
