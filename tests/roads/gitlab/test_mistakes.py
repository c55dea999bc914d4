"""Mistakes planted into .gitlab-ci.yml are found; GitLab's own schema finds its part of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.roads.gitlab.conftest import Run
from tests.roads.gitlab.faults import faults
from tests.roads.gitlab.pipeline import ROOT, TEXT, read

PAGES = "pages:\n  stage: tell\n  script: make comment\n"
IMAGE = "image:\n  stage: container\n  script: make image\n"


def planted(old: str, new: str) -> str:
    assert old in TEXT, f"{old!r} no longer stands in .gitlab-ci.yml"
    return TEXT.replace(old, new, 1)


def schema_refuses(*paths: Path) -> dict[str, str]:
    """What GitLab's schema, as check-jsonschema brings it, has against each file, or ""."""
    program = Path(sys.executable).with_name("check-jsonschema")
    words = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", "-o", "json"]
    done = subprocess.run([program, *words, *map(str, paths)], capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert told["parse_errors"] == []
    refused: dict[str, str] = {str(path): "" for path in paths}
    for error in told["errors"]:
        refused[error["filename"]] += json.dumps(error)
    return refused


def test_nothing_is_wrong_with_ours() -> None:
    assert faults(read()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            planted("  stage: build\n", "  stage: build\n  needs: [admitt]\n"),
            "build needs 'admitt'",
        ),
        (planted("  stage: build\n", "  stage: buidl\n"), "build is of the stage 'buidl'"),
        (TEXT + PAGES, "a job must not be called 'pages'"),
        (TEXT + IMAGE, "a job must not be called 'image'"),
        (
            planted(
                "admit:\n  extends: .line\n", "admit:\n  extends: .line\n  environment: forge\n"
            ),
            "admit of a merge request has the environment 'forge'",
        ),
        (
            planted(
                "        LIVE_STORE:", "        FORGE_TOKEN: $FORGE_TOKEN\n        LIVE_STORE:"
            ),
            "check of a merge request sees FORGE_TOKEN",
        ),
        (
            planted("variables:\n  # The", "variables:\n  KEY: $ROLLOUT_KEY\n  # The"),
            "check of a merge request sees ROLLOUT_KEY",
        ),
        (planted("  resource_group: prod\n", ""), "rollout-prod has no resource_group"),
        (planted("  resource_group: stage\n  interr", "  interr"), "promote has no resource_group"),
        (
            planted("  stage: rollout\n  interruptible: false\n", "  stage: rollout\n"),
            "rollout-stage may be cut off",
        ),
        (
            planted(' && $CI_PIPELINE_SOURCE != "schedule" && $CI_P', " && $CI_P"),
            "the schedule daily runs admit, build, check, container",
        ),
        (
            planted("      when: manual\n      allow_failure: false\n", ""),
            "rollout-prod rolls hotfix out unasked",
        ),
        (
            planted("  script: make admit\n", "  script: [make admit, curl x | sh]\n"),
            "admit is not one make line",
        ),
        (
            planted("expose_as: Report of the line", "expose_as: The line's report"),
            'report exposes "The line\'s report"',
        ),
        (
            planted(" && $LINE_SCHEDULE =~ /^(daily|comments)$/", ""),
            "",
        ),
    ],
)
def test_a_planted_mistake_is_found(text: str, told: str) -> None:
    found = faults(read(text))
    # Jobs ask for LINE_SCHEDULE themselves: without the first guard an unknown one runs nothing.
    assert found == [] if not told else any(one.startswith(told) for one in found), found


def test_the_schema_takes_ours_and_no_unknown_keyword(tmp_path: Path) -> None:
    mistaken = tmp_path / ".gitlab-ci.yml"
    mistaken.write_text(planted("  resource_group: prod", "  resourcegroup: prod"))
    ours, theirs = schema_refuses(ROOT / ".gitlab-ci.yml", mistaken).values()
    assert ours == ""
    assert "resourcegroup" in theirs


@pytest.mark.proof
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (planted("  stage: build\n", "  stage: build\n  needs: [admitt]\n"), "admitt"),
        (planted("  stage: build\n", "  stage: buidl\n"), "buidl"),
        (planted("  resource_group: prod", "  resourcegroup: prod"), "resourcegroup"),
    ],
)
def test_gitlab_ci_local_refuses_what_gitlab_would(run: Run, text: str, told: str) -> None:
    ran = run("stage", text=text)
    assert ran.code != 0
    assert told in ran.said
    assert ran.lines == []
