"""Pull requests, comments and statuses on GitHub. (The only import of PyGithub.)

PyGithub is imported late: who writes a page needs neither its time nor its presence.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from forge.errors import ForgeError
from forge.hosting.pull_requests import (
    EndedPullRequest,
    PullRequest,
    TransientError,
    cut,
    find_or_create,
)
from forge.remote_reasons import GITHUB, refusal, seconds_to_wait, told_by_connection
from release_format.config.forge import ForgeSettings
from release_format.exit_codes import USAGE
from release_format.run_log import RunLog
from release_format.untrusted_json import parse_json

if TYPE_CHECKING:
    from github import Github, GithubRetry
    from github.IssueComment import IssueComment
    from github.PullRequest import PullRequest as GithubPull

T = TypeVar("T")
SHORT = 140


class GitHub:
    """One repository on GitHub.

    Reads are repeated when GitHub stumbles, writes only after looking again.
    """

    def __init__(self, settings: ForgeSettings) -> None:
        self._owner = settings.repository.split("/")[0]
        self._api = connect(settings)
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
            return as_value(pull)

        return _find_or_create(write)

    def pull_request(self, number: int) -> PullRequest:
        with github_errors():
            return as_value(self._repository.get_pull(number))

    def open_pull_request(self, head: str) -> PullRequest | None:
        """The open pull request of a branch, wherever it goes."""
        with github_errors():
            pulls = self._repository.get_pulls(state="open", head=f"{self._owner}:{head}")
            return next((as_value(pull) for pull in pulls if pull.head.ref == head), None)

    def last_ended(self, head: str, base: str) -> EndedPullRequest | None:
        """The one from head to base that was closed or merged last."""
        with github_errors():
            label = f"{self._owner}:{head}"
            pulls = self._repository.get_pulls(state="closed", head=label, base=base)
            ended = [
                EndedPullRequest(pull.closed_at, pull.body or "")
                for pull in pulls
                if pull.head.ref == head and pull.closed_at
            ]
        return max(ended, key=lambda each: each.at, default=None)

    def files(self, pull: PullRequest) -> list[str]:
        """What a pull request touches, old names included."""
        with github_errors():
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

        with github_errors(), contextlib.suppress(GithubException):
            return self._api.get_user().login
        return ""

    def status(self, commit: str, context: str, state: str, sentence: str, link: str) -> None:
        """Say how one stage ended, at the commit."""
        short = cut(sentence, SHORT)
        with github_errors():
            target = self._repository.get_commit(commit)
            # An address is optional, and GitHub refuses an empty one.
            if link:
                target.create_status(state, target_url=link, description=short, context=context)
            else:
                target.create_status(state, description=short, context=context)

    def merge_by_itself(self, pull: PullRequest) -> None:
        """Let GitHub merge it as soon as its required checks are green."""
        with github_errors():
            github_pull = self._repository.get_pull(pull.number)
            if not github_pull.raw_data.get("auto_merge"):
                github_pull.enable_automerge(merge_method="MERGE")


def connect(settings: ForgeSettings) -> Github:
    try:
        from github import Auth, Github
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
    return Github(
        auth=Auth.Token(settings.token.reveal()),
        base_url=settings.api,
        retry=_retry(settings.give_up),
        timeout=20,
        seconds_between_requests=None,
        seconds_between_writes=None,
        user_agent="searchbar-forge",
        lazy=True,
    )


def _retry(patience: float) -> GithubRetry:
    """Asks again, at most `patience` seconds later; what asks for more is an error at once."""
    from github import GithubException, GithubRetry

    class PatientRetry(GithubRetry):
        """The library's, which would sleep for as long as Retry-After says."""

        def increment(self, *args: Any, **kwargs: Any) -> Any:
            response = kwargs.get("response") or (args[2] if len(args) > 2 else None)
            if response is not None and "Retry-After" in response.headers:
                seconds = seconds_to_wait(response.headers, datetime.now(UTC))
                if seconds is not None and seconds > patience:
                    answer = _parsed(self.get_content(response, ""))
                    raise GithubException(response.status, answer, response.headers)
            return super().increment(*args, **kwargs)

    return PatientRetry(
        total=3,
        backoff_factor=0.2,
        max_rate_limit_wait=patience,
        secondary_rate_wait=min(60, patience),
        allowed_methods={"GET", "PUT", "PATCH", "DELETE"},
        respect_retry_after_header=True,
    )


def _parsed(content: bytes) -> Any:
    try:
        return parse_json(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def as_value(pull: GithubPull) -> PullRequest:
    """The library's object, which may ask GitHub at any touch, as a value."""
    return PullRequest(pull.number, pull.head.ref, pull.base.ref, pull.head.sha, pull.html_url)


def _is_ours(comment: IssueComment, login: str) -> bool:
    """Whether we wrote it; without a login, whether any bot did."""
    return comment.user.login == login if login else comment.user.type == "Bot"


def _find_or_create(write: Callable[[], T]) -> T:
    def attempt() -> T:
        with github_errors():
            return write()

    return find_or_create(attempt, "GitHub")


@contextlib.contextmanager
def github_errors() -> Iterator[None]:
    """Turn the libraries' exceptions into one sentence each."""
    import requests
    from github import BadAttributeException, GithubException

    try:
        yield
    except GithubException as error:
        _write_down(f"{error.status} {error.data} {error.headers}")
        text, code = refusal(
            GITHUB, error.status, error.data, error.headers or {}, datetime.now(UTC)
        )
        may_pass = error.status >= 500 or error.status in (409, 422)
        raise (TransientError if may_pass else ForgeError)(text, code) from error
    except (BadAttributeException, AttributeError, KeyError, TypeError, ValueError) as error:
        # It came with 200, and it is not what GitHub answers.
        _write_down(repr(error))
        raise ForgeError(
            "what answers in GitHub's place gives no answers of GitHub's, but perhaps a page of a"
            " proxy. Look at FORGE_API and at the proxy."
        ) from error
    except requests.RequestException as error:
        _write_down(str(error))
        raise TransientError(
            f"GitHub cannot be reached, or keeps failing ({told_by_connection(error)}). Run this"
            " again when it can."
        ) from error


def _write_down(answer: str) -> None:
    """Keep the whole of what GitHub answered in the run's log."""
    RunLog("forge").write("github", answer=answer[:20_000])
