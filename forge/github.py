"""Here is a repository on GitHub: give me one pull request, one comment, one status a gate. (Only here: PyGithub.)"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import github
import requests
from github.GithubException import GithubException, RateLimitExceededException, UnknownObjectException
from github.IssueComment import IssueComment
from github.PullRequest import PullRequest

from forge.error import ForgeError, refuse
from forge.settings import Settings
from release_format.program import USAGE, say

T = TypeVar("T")
SHORT = 140
_USED_UP = "GitHub's rate limit is used up. Run this again in an hour, or use an app's token."


@dataclass(frozen=True)
class Pull:
    """A pull request: where it comes from, where it goes, the commit it ends in, and where people find it."""

    number: int
    head: str
    base: str
    commit: str
    address: str


class Hub:
    """One repository on GitHub. Reads are repeated when GitHub stumbles, writes only after looking again."""

    def __init__(self, settings: Settings) -> None:
        if not settings.token:
            raise ForgeError("there is no GitHub token. Set FORGE_TOKEN_FILE (README, connect GitHub).", USAGE)
        patience = settings.give_up
        retry = github.GithubRetry(
            total=3, backoff_factor=0.2, max_rate_limit_wait=patience, secondary_rate_wait=min(60, patience),
            allowed_methods={"GET", "PUT", "PATCH", "DELETE"}, respect_retry_after_header=patience >= 60,
        )  # fmt: skip
        api = github.Github(
            auth=github.Auth.Token(settings.token.reveal()), base_url=settings.api, retry=retry, timeout=20,
            seconds_between_requests=None, seconds_between_writes=None, user_agent="searchbar-forge", lazy=True,
        )  # fmt: skip
        self._owner = settings.repository.split("/")[0]
        self._api = api
        self._repository = api.get_repo(settings.repository)

    def open_or_update(self, head: str, base: str, title: str, body: str, *, may_open: bool = True) -> Pull | None:
        """The one pull request from head to base, with this title and body; None when there is and may be none."""

        def write() -> Pull | None:
            found = self._repository.get_pulls(state="open", head=f"{self._owner}:{head}", base=base)
            theirs = next((p for p in found if (p.head.ref, p.base.ref) == (head, base)), None)
            if theirs is None and not may_open:
                return None
            if theirs is None:
                return _pull(self._repository.create_pull(base=base, head=head, title=title, body=body))
            if (theirs.title, theirs.body) != (title, body):
                theirs.edit(title=title, body=body)
            return _pull(theirs)

        return _after_looking(write)

    def numbered(self, number: int) -> Pull:
        with _told():
            return _pull(self._repository.get_pull(number))

    def of_branch(self, head: str) -> Pull | None:
        """The open pull request of a branch, wherever it goes."""
        with _told():
            found = self._repository.get_pulls(state="open", head=f"{self._owner}:{head}")
            return next((_pull(p) for p in found if p.head.ref == head), None)

    def files(self, pull: Pull) -> list[str]:
        """What a pull request touches, old names included."""
        with _told():
            names = [(f.filename, f.previous_filename) for f in self._repository.get_pull(pull.number).get_files()]
        return [name for pair in names for name in pair if name]

    def comment(self, pull: Pull, text: str, marker: str) -> str:
        """Write the one comment that carries the marker; write it anew when it is there. Returns its address."""
        me = self._login()

        def write() -> str:
            theirs = self._repository.get_pull(pull.number)
            ours = [c for c in theirs.get_issue_comments() if marker in (c.body or "") and _is_ours(c, me)]
            if not ours:
                return theirs.create_issue_comment(text).html_url
            if ours[0].body != text:
                ours[0].edit(text)
            for twin in ours[1:]:
                twin.delete()
            return ours[0].html_url

        return _after_looking(write)

    def _login(self) -> str:
        """Whom the token speaks for; an app's token may not ask: any bot's marked comment is ours then."""
        with _told(), contextlib.suppress(GithubException):
            return self._api.get_user().login
        return ""

    def status(self, commit: str, context: str, state: str, sentence: str, link: str) -> None:
        """Say how one stage ended, at the commit."""
        short = sentence if len(sentence) <= SHORT else sentence[: SHORT - 1] + "…"
        with _told():
            subject = self._repository.get_commit(commit)
            # An address is optional, and GitHub refuses an empty one.
            if link:
                subject.create_status(state, target_url=link, description=short, context=context)
            else:
                subject.create_status(state, description=short, context=context)

    def merge_by_itself(self, pull: Pull) -> None:
        """Let GitHub merge it as soon as its required checks are green."""
        with _told():
            if not (theirs := self._repository.get_pull(pull.number)).raw_data.get("auto_merge"):
                theirs.enable_automerge(merge_method="MERGE")


def _pull(theirs: PullRequest) -> Pull:
    """The library's object, which may ask GitHub at any touch, as a value."""
    return Pull(theirs.number, theirs.head.ref, theirs.base.ref, theirs.head.sha, theirs.html_url)


def _is_ours(comment: IssueComment, me: str) -> bool:
    return comment.user.login == me if me else comment.user.type == "Bot"


def _after_looking(write: Callable[[], T], tries: int = 3) -> T:
    """Do a find-or-create, again from the look when GitHub stumbled in between: never two of a thing."""
    for left in reversed(range(tries)):
        try:
            with _told():
                return write()
        except _StumbledError:
            if not left:
                raise
            say("forge: GitHub stumbled; looking again.")
            time.sleep(0.3)
    raise AssertionError("the last try returns or raises")


class _StumbledError(ForgeError):
    """GitHub failed in a way that may pass."""


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """GitHub's troubles as one sentence each."""
    try:
        yield
    except RateLimitExceededException as error:
        raise ForgeError(
            "GitHub's rate limit is used up. Run this again in an hour, or use an app's token."
        ) from error
    except UnknownObjectException as error:
        raise ForgeError(
            "GitHub knows no such repository, pull request or commit, or the token may not see it."
            " Check FORGE_REPOSITORY and the token's permissions.", USAGE,
        ) from error  # fmt: skip
    except GithubException as error:
        raise _sentence(error) from error
    except requests.RequestException as error:
        raise _StumbledError(
            f"GitHub cannot be reached, or keeps failing ({type(error).__name__}). Run this again when it can."
        ) from error


def _sentence(error: GithubException) -> ForgeError:
    said = str((error.data or {}).get("message", "") if isinstance(error.data, dict) else error.data)[:200]
    if error.status == 401:
        return ForgeError("GitHub refuses the token. Make a new one and put it where FORGE_TOKEN_FILE points.", USAGE)
    if error.status in (403, 429) and "rate limit" in said.lower():
        return ForgeError(_USED_UP)
    if error.status == 403:
        return ForgeError(
            f"the token may not do this ({said}). Give it contents, pull requests and statuses: write.", USAGE
        )
    if error.status >= 500 or error.status == 422:
        return _StumbledError(
            f"GitHub answered {error.status} ({said or 'no reason'}). Look there, then run this again."
        )
    return refuse(f"GitHub refuses: {said or error.status}. Mend that, then run this again.")
