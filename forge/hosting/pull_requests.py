"""Pull requests (GitLab's merge requests), and what the line asks and tells wherever they lie."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from forge.errors import ForgeError
from release_format.progress import say

T = TypeVar("T")


@dataclass(frozen=True)
class PullRequest:
    """A pull request: its branches, the commit that it ends in, and where people find it."""

    number: int
    head: str
    base: str
    commit: str
    address: str


@dataclass(frozen=True)
class EndedPullRequest:
    """When a pull request was closed or merged, and what it said."""

    at: datetime
    body: str


class Hosting(Protocol):
    """One repository where it is hosted: GitHub and GitLab answer the same questions."""

    def open_or_update(
        self, head: str, base: str, title: str, body: str, *, may_open: bool = True
    ) -> PullRequest | None:
        """The one pull request from head to base, with this title and body.

        None where there is none and none may be opened.
        """

    def pull_request(self, number: int) -> PullRequest:
        """The pull request of this number."""

    def open_pull_request(self, head: str) -> PullRequest | None:
        """The open pull request of a branch of this repository, wherever it goes."""

    def last_ended(self, head: str, base: str) -> EndedPullRequest | None:
        """The one from head to base that was closed or merged last; None where none ever was."""

    def files(self, pull: PullRequest) -> list[str]:
        """What a pull request touches, old names included."""

    def comment(self, pull: PullRequest, text: str, marker: str) -> str:
        """Write the one comment that carries the marker; write it anew when it is there.

        Returns its address.
        """

    def status(self, commit: str, context: str, state: str, sentence: str, link: str) -> None:
        """Say how one gate ended, at the commit: `success`, `failure` (no) or `error`."""

    def merge_by_itself(self, pull: PullRequest) -> None:
        """Let it be merged as soon as what is required of it is green."""


class ReportKeeper(Protocol):
    """A hosting that keeps what each pull request's newest build left behind."""

    def open_pull_requests(self, base: str) -> list[PullRequest]:
        """Every open pull request to a branch."""

    def reports(self, pull: PullRequest, folder: Path) -> bool:
        """Put the reports about its last commit into a folder; False where there are none yet."""


class TransientError(ForgeError):
    """The hosting failed in a way that may pass."""


def find_or_create(write: Callable[[], T], name: str, tries: int = 3) -> T:
    """Look and write, and look again when the hosting failed in between: never two of a thing."""
    for left in reversed(range(tries)):
        try:
            return write()
        except TransientError:
            if not left:
                raise
            say(f"forge: {name} stumbled; looking again.")
            time.sleep(0.3)
    raise AssertionError("the last try returns or raises")


def cut(sentence: str, longest: int) -> str:
    """A sentence that fits where only so many letters do."""
    return sentence if len(sentence) <= longest else sentence[: longest - 1] + "…"
