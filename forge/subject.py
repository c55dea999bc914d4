"""Here is a folder of reports: write down, or tell, which change they are about."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from forge.error import ForgeError
from forge.git import Git

NAME = "change.json"
LARGEST = 10_000


@dataclass(frozen=True)
class Subject:
    """A pull request's number (0: none), the commits that a build of it stood on (its own, and what it merged), and
    where that build is to be seen."""

    number: int
    commits: Sequence[str]
    build: str = ""

    @classmethod
    def of_tree(cls, git: Git) -> Subject:
        """What is checked out here. Jenkins builds a merge of the pull request's last commit with its target."""
        number = os.environ.get("CHANGE_ID", "")
        return cls(
            int(number) if number.isdecimal() else 0, [git.commit(), *git.parents()], os.environ.get("BUILD_URL", "")
        )


def write_subject(reports: Path, git: Git) -> None:
    """Lay beside the reports which change they are about."""
    reports.mkdir(parents=True, exist_ok=True)
    (reports / NAME).write_text(json.dumps(asdict(Subject.of_tree(git))) + "\n", encoding="utf-8")


def check_subject(reports: Path, git: Git, number: int, commit: str) -> Subject:
    """What reports are about, if it is a pull request as it is now; without a word of theirs it is this work tree.

    Raises:
        ForgeError: they are about another one, or about an older commit of it, or it cannot be told.
    """
    subject = _read(reports / NAME) or Subject.of_tree(git)
    if subject.number not in (0, number):
        raise ForgeError(
            f"the reports in {reports} are about pull request {subject.number}, not {number}: nothing was written."
            f" Name the folder of {number} in FORGE_REPORTS."
        )
    if commit not in subject.commits:
        raise ForgeError(
            f"the reports in {reports} are about commit {subject.commits[0][:12]}, and pull request {number} ends in"
            f" {commit[:12]}: nothing was written. Wait for its build, which leaves new ones, then run this again."
        )
    return subject


def _read(path: Path) -> Subject | None:
    if not path.exists() or path.is_symlink() or path.stat().st_size > LARGEST:
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8", errors="replace"))
        number, commits = raw["number"], raw["commits"]
        if not isinstance(number, int) or not commits or not all(isinstance(commit, str) for commit in commits):
            raise ValueError("a number and commits are wanted")
    except (ValueError, TypeError, KeyError) as error:
        raise ForgeError(f"{path} cannot be read ({error}). Build the pull request again.") from error
    return Subject(number, commits, _on_this_jenkins(str(raw.get("build", ""))))


def _on_this_jenkins(address: str) -> str:
    """The address of a build, if it is one of the Jenkins that runs this: a pull request may write down any."""
    home = os.environ.get("JENKINS_URL", "")
    return address if home and address.startswith(home) and re.fullmatch(r"[\w:/.%~+-]+", address) else ""
