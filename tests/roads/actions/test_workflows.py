"""The workflows are clean, and what is planted into them is found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.roads.actions.act import WORKFLOWS, pinned_actions
from tests.roads.actions.rules import Workflow, events, mistakes
from tests.whole_line.line import ROOT

BIN = Path(sys.executable).parent
NAMES = ["comment", "daily", "line"]


def text_of(name: str) -> str:
    return (WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8")


def read(text: str) -> Workflow:
    workflow: dict[Any, Any] = yaml.safe_load(text)
    return workflow


def linted_by(program: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / program, *words], cwd=ROOT, capture_output=True, text=True)


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    return linted_by("zizmor", "--offline", "--no-progress", "--no-config", folder)


def schema(*files: Path) -> subprocess.CompletedProcess[str]:
    return linted_by("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)


def test_they_are_clean() -> None:
    assert sorted(path.stem for path in WORKFLOWS.iterdir()) == NAMES
    linted = zizmor(WORKFLOWS)
    assert linted.returncode == 0, linted.stdout
    assert "No findings" in linted.stdout
    checked = schema(*WORKFLOWS.glob("*.yml"))
    assert checked.returncode == 0, checked.stdout
    assert linted_by("yamllint", "--strict", WORKFLOWS).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_they_keep_our_own_rules(name: str) -> None:
    assert mistakes(read(text_of(name))) == []


def planted(name: str, old: str, new: str, count: int = 1) -> str:
    text = text_of(name)
    assert old in text, old
    return text.replace(old, new, count)


# What zizmor finds (the name of its audit), and what only our rules do.
BY_ZIZMOR = [
    ("dangerous-triggers", "line", "  pull_request:\n", "  pull_request_target:\n"),
    ("template-injection", "line", "run: make admit", "run: make admit ${{ github.head_ref }}"),
    ("unpinned-uses", "line", "@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "@v6"),
    (
        "excessive-permissions",
        "line",
        "    permissions:\n      contents: read\n",
        "    permissions: write-all\n",
    ),
    ("artipacked", "daily", "          persist-credentials: false\n", ""),
]
BY_RULES = [
    ("a pull request reaches a secret", "line", "github.token", "secrets.FORGE_TOKEN"),
    (
        "a pull request reaches a secret",
        "line",
        "    timeout-minutes: 240\n",
        "    timeout-minutes: 240\n    environment: stage\n",
    ),
    (
        "pull-request: a pull request's token may do more than read",
        "line",
        "      contents: read\n",
        "      contents: read\n      id-token: write\n",
    ),
    ("a secret that no environment guards", "daily", "    environment: line\n", ""),
    ("a secret for every job", "line", "env:\n", "env:\n  KEY: ${{ secrets.ROLLOUT_KEY }}\n"),
    (
        "runs although another line was chosen",
        "line",
        "vars.LINE == 'actions' && github.event_name == 'pull_request'",
        "github.event_name == 'pull_request'",
    ),
    (
        "stage: a pull request reaches a secret",
        "line",
        "github.event_name != 'pull_request' && ",
        "",
    ),
    ("runs although another line was chosen", "daily", "vars.LINE == 'actions' && ", ""),
    (
        "a run may be ended that is no pull request's",
        "line",
        "cancel-in-progress: ${{ github.event_name == 'pull_request' }}",
        "cancel-in-progress: true",
    ),
    (
        "stage: may be ended by a newer one",
        "line",
        "cancel-in-progress: false",
        "cancel-in-progress: true",
    ),
    (
        "rollout: a rollout without its environment, or beside another",
        "line",
        "    environment: prod\n",
        "",
    ),
    (
        "an expression in what a shell runs",
        "comment",
        "run: make comment",
        "run: make comment PULL_REQUEST=${{ github.event.workflow_run.pull_requests[0].number }}",
    ),
    (
        "unpacks an archive without bounds",
        "comment",
        "      - name: Comment",
        f"      - uses: actions/download-artifact@{'3' * 40}\n      - name: Comment",
    ),
    ("pull_request_target", "line", "  pull_request:\n", "  pull_request_target:\n"),
    ("permissions for every job", "line", "permissions: {}", "permissions: write-all"),
    ("no timeout", "daily", "    timeout-minutes: 360\n", ""),
]


@pytest.mark.parametrize(("audit", "name", "old", "new"), BY_ZIZMOR)
def test_a_planted_mistake_is_found_by_zizmor(
    tmp_path: Path, audit: str, name: str, old: str, new: str
) -> None:
    (folder := tmp_path / ".github/workflows").mkdir(parents=True)
    (folder / f"{name}.yml").write_text(planted(name, old, new), encoding="utf-8")
    linted = zizmor(folder)
    assert linted.returncode != 0
    assert audit in linted.stdout


@pytest.mark.parametrize(("mistake", "name", "old", "new"), BY_RULES)
def test_a_planted_mistake_is_found_by_our_rules(
    mistake: str, name: str, old: str, new: str
) -> None:
    found = mistakes(read(planted(name, old, new)))
    assert any(mistake in sentence for sentence in found), found


@pytest.mark.proof
def test_a_misspelt_key_is_found_by_the_schema(tmp_path: Path) -> None:
    (wrong := tmp_path / "line.yml").write_text(planted("line", "timeout-minutes", "timeout"))
    assert schema(wrong).returncode != 0


def test_the_comment_is_written_by_stages_code_after_a_run_of_the_line() -> None:
    workflow = read(text_of("comment"))
    assert events(workflow) == ["workflow_run"]
    assert workflow[True]["workflow_run"]["workflows"] == [read(text_of("line"))["name"]]
    checkout = workflow["jobs"]["comment"]["steps"][0]
    assert checkout["with"]["ref"] == "stage"


def test_every_secret_variable_and_environment_is_explained() -> None:
    page = (ROOT / "docs/github_actions.md").read_text(encoding="utf-8")
    for name in NAMES:
        text = text_of(name)
        named = re.findall(r"\b(?:secrets|vars)\.([A-Z_]+)", text)
        named += re.findall(r"^    environment: (\w+)$", text, re.MULTILINE)
        assert {word for word in named if f"`{word}`" not in page} == set()


def test_the_actions_that_others_wrote_are_few_and_pinned_once_each() -> None:
    owners = sorted(name.partition("@")[0] for name in pinned_actions())
    assert owners == [
        "actions/checkout",
        "actions/upload-artifact",
        "aws-actions/configure-aws-credentials",
    ]
