"""Branch policy: where a branch may go, which tests it needs, how it reaches the hosts. (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from release_format.listing import listed

STAGE, PROD = "stage", "prod"
ROLLING, DAILY = "catalogue/", "catalogue/daily"
# On a plain git remote these branches are what a pull request to stage would be.
PROPOSED = ("feature/", "fix/", "experiment/", "change/", ROLLING, "pipeline/")
TO_STAGE = (*PROPOSED, "hotfix/")
LINE_FILES = (
    "Jenkinsfile",
    ".gitlab-ci.yml",
    "Makefile",
    "docker-compose.yml",
    "jenkins/",
    "airflow/",
    "forge/",
    ".github/",
    ".pre-commit-config.yaml",
    "buildspec.yml",
    "buildspec.prod.yml",
    "infra/",
)
ANSWER_FILES = ("catalogue/", "index_builder/")
IMAGE_FILES = ("searchbar/", "release_format/")
RUN_TESTS = re.compile(r"\brun tests\b", re.IGNORECASE)


@dataclass(frozen=True)
class Change:
    """What a branch wants: `base` is empty for a branch that is built by itself."""

    head: str
    base: str
    files: Sequence[str]
    message: str = ""
    from_prod: bool = True


def refusals(change: Change) -> list[str]:
    """Why this change may not go its way, a sentence each with what to do; empty when it may."""
    reasons = []
    if change.base == STAGE and not change.head.startswith(TO_STAGE):
        reasons.append(
            f"{change.head!r} may not go to stage: name it {', '.join(p + '…' for p in TO_STAGE)}."
        )
    elif change.base == PROD and change.head != STAGE:
        reasons.append(
            f"{change.head!r} may not go to prod: merge it into stage, whose release is then"
            " promoted."
        )
    elif change.base not in ("", STAGE, PROD):
        reasons.append(
            f"nothing goes from {change.head!r} to {change.base!r}: propose it to stage."
        )
    if change.head.startswith("hotfix/"):
        reasons += _hotfix_refusals(change)
    elif change.base == STAGE and not change.head.startswith("pipeline/"):
        reasons += _line_file_refusals(change)
    return reasons


def _hotfix_refusals(change: Change) -> list[str]:
    reasons = []
    if not change.from_prod:
        reasons.append(
            f"{change.head!r} does not start from prod: branch it off prod, and cherry-pick the"
            " fix."
        )
    if touched := _touched(change.files, ANSWER_FILES):
        reasons.append(
            f"a hotfix keeps the live release, but this one changes {touched}: take that to stage"
            " on a fix/… branch."
        )
    return reasons


def _line_file_refusals(change: Change) -> list[str]:
    if not (touched := _touched(change.files, LINE_FILES)):
        return []
    sentence = f"{change.head!r} changes {touched}, which the line itself runs on"
    return [f"{sentence}: put that alone on a pipeline/… branch, where the code owners review it."]


def _touched(files: Sequence[str], protected: Sequence[str]) -> str:
    """The first of the files that are protected, or lie in a protected folder; empty for none."""
    folders = tuple(name for name in protected if name.endswith("/"))
    touched = [name for name in files if name in protected or name.startswith(folders)]
    return listed(touched, 3)


def tests_for(change: Change) -> str:
    """`full` or `quick`.

    Everything that reaches hosts is tested in full, a proposal when its last message says so.
    """
    is_proposal = change.base != "" or change.head.startswith(PROPOSED)
    return "quick" if is_proposal and not RUN_TESTS.search(change.message) else "full"


def reach(files: Sequence[str]) -> str:
    """How a change of these files reaches the hosts: a new release, a new image, or not at all."""
    ways = []
    if any(name.startswith((*ANSWER_FILES, "locks/")) for name in files):
        ways.append("a new release")
    if any(name.startswith(IMAGE_FILES) or name == "locks/serve.txt" for name in files):
        ways.append("a new image")
    if not ways:
        return "Nothing of it reaches the hosts."
    return f"It reaches the hosts by {' and '.join(ways)}."
