"""The subject of a folder of reports: the pull request and commits that they are about."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from forge.errors import ForgeError
from forge.git import Git
from release_format.untrusted_json import parse_json

NAME = "change.json"
LARGEST = 10_000


@dataclass(frozen=True)
class Subject:
    """A pull request's number (0: none), the commits of its build, and that build's address."""

    number: int
    commits: Sequence[str]
    build: str = ""

    @classmethod
    def of_tree(cls, git: Git) -> Subject:
        """What is checked out here, and its parents.

        Jenkins builds a merge of the pull request's last commit with its target.
        """
        number = os.environ.get("CHANGE_ID", "")
        return cls(
            int(number) if number.isdecimal() else 0,
            [git.commit(), *git.parents()],
            os.environ.get("BUILD_URL", ""),
        )


def write_subject(reports: Path, git: Git) -> None:
    """Write next to the reports which change they are about."""
    reports.mkdir(parents=True, exist_ok=True)
    (reports / NAME).write_text(json.dumps(asdict(Subject.of_tree(git))) + "\n", encoding="utf-8")


def check_subject(reports: Path, git: Git, number: int, commit: str) -> Subject:
    """What the reports are about, if that is a pull request as it is now.

    Reports without a subject are about this work tree.

    Raises:
        ForgeError: they are about another pull request, or about an older commit of it, or their
        subject cannot be read.
    """
    subject = _read(reports / NAME) or Subject.of_tree(git)
    if subject.number not in (0, number):
        raise ForgeError(
            f"the reports in {reports} are about pull request {subject.number}, not {number}:"
            f" nothing was written. Name the folder of {number} in FORGE_REPORTS."
        )
    if commit not in subject.commits:
        raise ForgeError(
            f"the reports in {reports} are about commit {subject.commits[0][:12]}, and pull request"
            f" {number} ends in {commit[:12]}: nothing was written. Wait for its build, which"
            " leaves new ones, then run this again."
        )
    return subject


def _read(path: Path) -> Subject | None:
    if not path.exists() or path.is_symlink() or path.stat().st_size > LARGEST:
        return None
    try:
        raw = parse_json(path.read_text(encoding="utf-8", errors="replace"))
        number, commits = raw["number"], raw["commits"]
        are_commits = bool(commits) and all(isinstance(commit, str) for commit in commits)
        if not isinstance(number, int) or not are_commits:
            raise ValueError("a number and commits are wanted")
    except (ValueError, TypeError, KeyError) as error:
        raise ForgeError(
            f"{path} cannot be read ({error}). Build the pull request again."
        ) from error
    return Subject(number, commits, _on_this_server(str(raw.get("build", ""))))


def _on_this_server(address: str) -> str:
    """The address of a build on the Jenkins or in the GitLab project that runs this: a pull request
    may claim any."""
    project = os.environ.get("CI_PROJECT_URL", "")
    home = os.environ.get("JENKINS_URL", "") or (f"{project}/-/jobs/" if project else "")
    is_ours = home and address.startswith(home) and re.fullmatch(r"[\w:/.%~+-]+", address)
    return address if is_ours else ""
