"""Pull requests, comments and statuses on GitHub. (The only import of PyGithub.)

PyGithub is imported late: who writes a page needs neither its time nor its presence.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from forge.errors import ForgeError, refuse
from release_format.config.forge import ForgeSettings
from release_format.exit_codes import USAGE
from release_format.progress import say

if TYPE_CHECKING:
    from github import Github, GithubException
    from github.IssueComment import IssueComment
    from github.PullRequest import PullRequest as GithubPull

T = TypeVar("T")
SHORT = 140
_RATE_LIMIT = "GitHub's rate limit is used up. Run this again in an hour, or use an app's token."


@dataclass(frozen=True)
class PullRequest:
    """A pull request: its branches, the commit that it ends in, and where people find it."""

    number: int
    head: str
    base: str
    commit: str
    address: str


class GitHub:
    """One repository on GitHub.

    Reads are repeated when GitHub stumbles, writes only after looking again.
    """

    def __init__(self, settings: ForgeSettings) -> None:
        self._owner = settings.repository.split("/")[0]
        self._api = _connect(settings)
        self._repository = self._api.get_repo(settings.repository)

    def open_or_update(
        self, head: str, base: str, title: str, body: str, *, may_open: bool = True
    ) -> PullRequest | None:
        """The one pull request from head to base, with this title and body.

        None where there is none and none may be opened.
        """

        def write() -> PullRequest | None:
            repository, label = self._repository, f"{self._owner}:{head}"
            pulls = repository.get_pulls(state="open", head=label, base=base)
            pull = next((p for p in pulls if (p.head.ref, p.base.ref) == (head, base)), None)
            if pull is None:
                if not may_open:
                    return None
                pull = repository.create_pull(base=base, head=head, title=title, body=body)
            elif (pull.title, pull.body) != (title, body):
                pull.edit(title=title, body=body)
            return _pull_request(pull)

        return _find_or_create(write)

    def pull_request(self, number: int) -> PullRequest:
        with _github_errors():
            return _pull_request(self._repository.get_pull(number))

    def open_pull_request(self, head: str) -> PullRequest | None:
        """The open pull request of a branch, wherever it goes."""
        with _github_errors():
            pulls = self._repository.get_pulls(state="open", head=f"{self._owner}:{head}")
            return next((_pull_request(pull) for pull in pulls if pull.head.ref == head), None)

    def files(self, pull: PullRequest) -> list[str]:
        """What a pull request touches, old names included."""
        with _github_errors():
            files = self._repository.get_pull(pull.number).get_files()
            names = [name for file in files for name in (file.filename, file.previous_filename)]
        return [name for name in names if name]

    def comment(self, pull: PullRequest, text: str, marker: str) -> str:
        """Write the one comment that carries the marker; write it anew when it is there.

        Returns its address.
        """
        login = self._login()

        def write() -> str:
            issue = self._repository.get_pull(pull.number)
            marked = (c for c in issue.get_issue_comments() if marker in (c.body or ""))
            comments = [comment for comment in marked if _is_ours(comment, login)]
            if not comments:
                return issue.create_issue_comment(text).html_url
            first, *duplicates = comments
            if first.body != text:
                first.edit(text)
            for duplicate in duplicates:
                duplicate.delete()
            return first.html_url

        return _find_or_create(write)

    def _login(self) -> str:
        """Whom the token speaks for; "" for an app's token, which may not read that."""
        from github import GithubException

        with _github_errors(), contextlib.suppress(GithubException):
            return self._api.get_user().login
        return ""

    def status(self, commit: str, context: str, state: str, sentence: str, link: str) -> None:
        """Say how one stage ended, at the commit."""
        short = sentence if len(sentence) <= SHORT else sentence[: SHORT - 1] + "…"
        with _github_errors():
            target = self._repository.get_commit(commit)
            # An address is optional, and GitHub refuses an empty one.
            if link:
                target.create_status(state, target_url=link, description=short, context=context)
            else:
                target.create_status(state, description=short, context=context)

    def merge_by_itself(self, pull: PullRequest) -> None:
        """Let GitHub merge it as soon as its required checks are green."""
        with _github_errors():
            github_pull = self._repository.get_pull(pull.number)
            if not github_pull.raw_data.get("auto_merge"):
                github_pull.enable_automerge(merge_method="MERGE")


def _connect(settings: ForgeSettings) -> Github:
    try:
        from github import Auth, Github, GithubRetry
    except ModuleNotFoundError as error:
        raise ForgeError(
            f"{error.name}, which speaks to GitHub, is not installed here. Type `make comment` (for"
            " one pull request `make comment PULL_REQUEST=NUMBER`) instead: it installs what the"
            " line needs."
        ) from error
    if not settings.token:
        raise ForgeError(
            "there is no GitHub token. Set FORGE_TOKEN_FILE (docs/tutorial.md, Connect GitHub).",
            USAGE,
        )
    retry = GithubRetry(
        total=3,
        backoff_factor=0.2,
        max_rate_limit_wait=settings.give_up,
        secondary_rate_wait=min(60, settings.give_up),
        allowed_methods={"GET", "PUT", "PATCH", "DELETE"},
        respect_retry_after_header=settings.give_up >= 60,
    )
    return Github(
        auth=Auth.Token(settings.token.reveal()),
        base_url=settings.api,
        retry=retry,
        timeout=20,
        seconds_between_requests=None,
        seconds_between_writes=None,
        user_agent="searchbar-forge",
        lazy=True,
    )


def _pull_request(pull: GithubPull) -> PullRequest:
    """The library's object, which may ask GitHub at any touch, as a value."""
    return PullRequest(pull.number, pull.head.ref, pull.base.ref, pull.head.sha, pull.html_url)


def _is_ours(comment: IssueComment, login: str) -> bool:
    """Whether we wrote it; without a login, whether any bot did."""
    return comment.user.login == login if login else comment.user.type == "Bot"


def _find_or_create(write: Callable[[], T], tries: int = 3) -> T:
    """Look and write, and look again when GitHub failed in between: never two of a thing."""
    for left in reversed(range(tries)):
        try:
            with _github_errors():
                return write()
        except _TransientGitHubError:
            if not left:
                raise
            say("forge: GitHub stumbled; looking again.")
            time.sleep(0.3)
    raise AssertionError("the last try returns or raises")


class _TransientGitHubError(ForgeError):
    """GitHub failed in a way that may pass."""


@contextlib.contextmanager
def _github_errors() -> Iterator[None]:
    """Turn the libraries' exceptions into one sentence each."""
    import requests
    from github import GithubException, RateLimitExceededException, UnknownObjectException

    try:
        yield
    except RateLimitExceededException as error:
        raise ForgeError(_RATE_LIMIT) from error
    except UnknownObjectException as error:
        raise ForgeError(
            "GitHub knows no such repository, pull request or commit, or the token may not see it."
            " Check FORGE_REPOSITORY and the token's permissions.",
            USAGE,
        ) from error
    except GithubException as error:
        raise _forge_error(error) from error
    except requests.RequestException as error:
        raise _TransientGitHubError(
            f"GitHub cannot be reached, or keeps failing ({type(error).__name__}). Run this again"
            " when it can."
        ) from error


def _forge_error(error: GithubException) -> ForgeError:
    raw = error.data.get("message", "") if isinstance(error.data, dict) else error.data
    message = str(raw)[:200]
    if error.status == 401:
        return ForgeError(
            "GitHub refuses the token. Make a new one and put it where FORGE_TOKEN_FILE points.",
            USAGE,
        )
    if error.status == 429 or (error.status == 403 and "retry-after" in (error.headers or {})):
        return ForgeError(_RATE_LIMIT)
    if error.status == 403:
        return ForgeError(
            f"the token may not do this ({message}). Give it contents, pull requests and statuses:"
            " write.",
            USAGE,
        )
    if error.status >= 500 or error.status == 422:
        return _TransientGitHubError(
            f"GitHub answered {error.status} ({message or 'no reason'}). Look there, then run this"
            " again."
        )
    return refuse(f"GitHub refuses: {message or error.status}. Mend that, then run this again.")
