"""Here is a branch, where it wants to go and what it touches: may it, and which tests does it need? (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

STAGE, PROD = "stage", "prod"
ROLLING, DAILY = "catalogue/", "catalogue/daily"
# On a plain git remote these branches are what a pull request to stage would be.
PROPOSED = ("feature/", "fix/", "experiment/", "change/", ROLLING, "pipeline/")
TO_STAGE = (*PROPOSED, "hotfix/")
LINE_FILES = (
    "Jenkinsfile", "Makefile", "docker-compose.yml", "jenkins/", "forge/", ".github/", ".pre-commit-config.yaml",
)  # fmt: skip
ANSWER_FILES = ("catalogue/", "index_builder/")
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
    """Why this change may not go its way: one sentence each, ending with what to do; empty when it may."""
    said = []
    if change.base == STAGE and not change.head.startswith(TO_STAGE):
        said.append(f"{change.head!r} may not go to stage: name it {', '.join(p + '…' for p in TO_STAGE)}.")
    elif change.base == PROD and change.head != STAGE:
        said.append(f"{change.head!r} may not go to prod: merge it into stage, whose release is then promoted.")
    elif change.base not in ("", STAGE, PROD):
        said.append(f"nothing goes from {change.head!r} to {change.base!r}: propose it to stage.")
    if change.head.startswith("hotfix/"):
        said += _hotfix(change)
    elif change.base == STAGE and not change.head.startswith("pipeline/"):
        said += _line_files(change)
    return said


def _hotfix(change: Change) -> list[str]:
    said = []
    if not change.from_prod:
        said.append(f"{change.head!r} does not start from prod: branch it off prod, and cherry-pick the fix.")
    if touched := _touched(change.files, ANSWER_FILES):
        said.append(
            f"a hotfix keeps the live release, but this one changes {touched}: take that to stage on a fix/… branch."
        )
    return said


def _line_files(change: Change) -> list[str]:
    if not (touched := _touched(change.files, LINE_FILES)):
        return []
    sentence = f"{change.head!r} changes {touched}, which the line itself runs on"
    return [f"{sentence}: put that alone on a pipeline/… branch, where the code owners review it."]


def _touched(files: Sequence[str], places: Sequence[str]) -> str:
    found = [f for f in files if any(f == p or (p.endswith("/") and f.startswith(p)) for p in places)]
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")


def tests_for(change: Change) -> str:
    """`full` or `quick`: everything that reaches hosts is tested in full, a proposal when its last message asks."""
    proposal = change.base != "" or change.head.startswith(PROPOSED)
    return "quick" if proposal and not RUN_TESTS.search(change.message) else "full"


def reach(files: Sequence[str]) -> str:
    """How this change reaches the hosts: by a new release, by a new image, by both, or not at all."""
    release = any(f.startswith(ANSWER_FILES) or f.startswith("locks/") for f in files)
    image = any(f.startswith(("searchbar/", "release_format/")) or f == "locks/serve.txt" for f in files)
    ways = [way for way, yes in (("a new release", release), ("a new image", image)) if yes]
    if not ways:
        return "Nothing of it reaches the hosts."
    return f"It reaches the hosts by {' and '.join(ways)}."
