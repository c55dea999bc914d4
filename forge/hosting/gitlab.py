"""Merge requests, comments and statuses on GitLab. (The only import of python-gitlab, which is
imported late.)"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from forge.errors import ForgeError
from forge.hosting.address import web_address
from forge.hosting.gitlab_session import GitLabRefusalError, open_session
from forge.hosting.gitlab_values import as_value, ended, is_ours, merges_itself, says
from forge.hosting.pull_requests import (
    EndedPullRequest,
    PullRequest,
    TransientError,
    cut,
    find_or_create,
)
from forge.remote_reasons import GITLAB, refusal, told_by_connection
from release_format.config.forge import ForgeSettings
from release_format.exit_codes import USAGE
from release_format.progress import say
from release_format.run_log import RunLog

if TYPE_CHECKING:
    from gitlab import Gitlab
    from gitlab.v4.objects import ProjectMergeRequest

T = TypeVar("T")
SHORT = 255
# A pipeline of one of these has not ended yet.
_ACTIVE = ("created", "waiting_for_resource", "preparing", "pending", "running", "manual")
# A line that begins so is a command, obeyed with the token's rights: `/merge`, `/approve`, ….
_QUICK_ACTION = re.compile(r"^([^\S\n]*)/(?=[^\s/])", re.MULTILINE)


class GitLab:
    """One project on GitLab.

    Reads are repeated when GitLab stumbles, writes only after looking again.
    """

    def __init__(self, settings: ForgeSettings) -> None:
        self._patience = settings.give_up
        self.api = _connect(settings)
        self.project = self.api.projects.get(settings.repository, lazy=True)

    def open_or_update(
        self, head: str, base: str, title: str, body: str, *, may_open: bool = True
    ) -> PullRequest | None:
        """The one merge request from head to base, with this title and body.

        None where there is none and none may be opened. What a person marked as a draft stays one.
        """
        title, body = cut(title, SHORT), _without_commands(body)

        def write() -> PullRequest | None:
            requests = self._requests(source_branch=head, target_branch=base)
            request = next(requests, None)
            if request is None:
                if not may_open:
                    return None
                ends = {"source_branch": head, "target_branch": base}
                created = self.project.mergerequests.create(
                    {**ends, "title": title, "description": body}
                )
                return as_value(created)
            wanted = f"Draft: {title}" if request.attributes.get("draft") else title
            if (request.title, (request.description or "").strip()) != (wanted, body):
                request.title, request.description = wanted, body
                request.save()
            return as_value(request)

        return _find_or_create(write)

    def pull_request(self, number: int) -> PullRequest:
        with gitlab_errors():
            return as_value(self.project.mergerequests.get(number))

    def open_pull_request(self, head: str) -> PullRequest | None:
        """The open merge request of a branch of this project, wherever it goes."""
        with gitlab_errors():
            return next(map(as_value, self._requests(source_branch=head)), None)

    def last_ended(self, head: str, base: str) -> EndedPullRequest | None:
        """The one from head to base that was closed or merged last."""
        with gitlab_errors():
            requests = self._requests("all", source_branch=head, target_branch=base)
            several = [each for request in requests if (each := ended(request))]
        return max(several, key=lambda each: each.at, default=None)

    def files(self, pull: PullRequest) -> list[str]:
        """What a merge request touches, old names included.

        Raises:
            ForgeError: GitLab has not compared it yet, or lists only a part of it.
        """
        with gitlab_errors():
            request = self.project.mergerequests.get(pull.number)
            count = str(request.attributes.get("changes_count") or "")
            path = f"{request.manager.path}/{pull.number}/diffs"
            diffs = self.api.http_list(path, iterator=True, per_page=100)
            names = [name for diff in diffs for name in (diff["new_path"], diff["old_path"])]
        if not count.isdecimal():
            seen = "has not compared its files yet" if not count else f"lists a part of its {count}"
            what = "Run this again in a minute." if not count else "Split it."
            raise ForgeError(
                f"GitLab {seen}{' files' if count else ''}, so nobody can tell what merge request"
                f" {pull.number} touches. {what}"
            )
        return list(dict.fromkeys(name for name in names if name))

    def comment(self, pull: PullRequest, text: str, marker: str) -> str:
        """Write the one comment that carries the marker; write it anew when it is there.

        Returns its address.
        """
        user, body = self._user(), _without_commands(text)

        def write() -> str:
            notes = self.project.mergerequests.get(pull.number, lazy=True).notes
            every = notes.list(iterator=True, order_by="created_at", sort="asc", per_page=100)
            ours = [note for note in every if marker in (note.body or "") and is_ours(note, user)]
            if not ours:
                return f"{pull.address}#note_{notes.create({'body': body}).id}"
            first, *duplicates = ours
            if first.body.strip() != body:
                first.body = body
                first.save()
            for duplicate in duplicates:
                duplicate.delete()
            return f"{pull.address}#note_{first.id}"

        return _find_or_create(write)

    def _user(self) -> int:
        """Whom the token speaks for; 0 for one that may not read that."""
        with gitlab_errors():
            try:
                return int(self.api.http_get("/user")["id"])  # type: ignore[index]
            except GitLabRefusalError as error:
                if error.status != 403:
                    raise
                return 0

    def status(self, commit: str, context: str, state: str, sentence: str, link: str) -> None:
        """Say how one gate ended, at the commit: a job of the stage `external` in its pipeline.

        The same again is not written again: each is a job of its own.
        """
        state = "success" if state == "success" else "failed"
        fields = {"name": context, "description": cut(sentence, SHORT)}
        if 0 < len(link) <= SHORT:
            fields["target_url"] = link

        def write() -> None:
            statuses = self.project.commits.get(commit, lazy=True).statuses
            known = list(statuses.list(name=context, iterator=True, per_page=100))
            newest = max(known, key=lambda status: int(status.id), default=None)
            if newest is not None and says(newest, {"status": state, **fields}):
                return
            try:
                statuses.create({"state": state, **fields})
            except GitLabRefusalError as error:
                # A fork's commit is on no branch here, and its pipeline is the fork's.
                if error.status != 404:
                    raise
                say(f"forge: GitLab keeps no status of commit {commit[:12]}, on no branch here.")

        _find_or_create(write)

    def merge_by_itself(self, pull: PullRequest) -> None:
        """Let GitLab merge it when the pipeline of its last commit succeeds.

        Without a pipeline some versions would merge at once, so it is waited for.
        """
        until = time.monotonic() + self._patience
        while True:
            with gitlab_errors():
                request = self.project.mergerequests.get(pull.number)
                if merges_itself(request) or request.attributes.get("draft"):
                    return
                pipeline = request.attributes.get("head_pipeline") or {}
                if pipeline and request.sha == pull.commit:
                    break
            if time.monotonic() >= until:
                say(f"forge: {pull.address} has no pipeline yet, so it does not merge itself.")
                return
            time.sleep(min(1.0, self._patience))
        if pipeline.get("status") not in (*_ACTIVE, "success"):
            say(f"forge: the pipeline of {pull.address} is {pipeline.get('status')}: no merge.")
            return
        # GitLab knew the first name until 17.11, and the second from then on.
        how = {"merge_when_pipeline_succeeds": True, "auto_merge": True, "sha": pull.commit}
        with gitlab_errors():
            self.api.http_put(f"{request.manager.path}/{pull.number}/merge", post_data=how)

    def _requests(self, state: str = "opened", **filters: str) -> Iterator[ProjectMergeRequest]:
        """The merge requests from branches of this project: a fork's may have any name."""
        listed = self.project.mergerequests.list(
            state=state, iterator=True, per_page=100, **filters
        )
        return (each for each in listed if each.source_project_id == each.target_project_id)


def _connect(settings: ForgeSettings) -> Gitlab:
    try:
        from gitlab import Gitlab
    except ModuleNotFoundError as error:
        raise ForgeError(
            f"{error.name}, which speaks to GitLab, is not installed here. Type `make comment` (for"
            " one merge request `make comment PULL_REQUEST=NUMBER`) instead: it installs what the"
            " line needs."
        ) from error
    if not settings.token:
        raise ForgeError(
            "there is no GitLab token. Set FORGE_TOKEN_FILE (docs/gitlab.md, The token).", USAGE
        )
    # As `Authorization`, which no redirect takes to another host.
    return Gitlab(
        web_address(settings),
        oauth_token=settings.token.reveal(),
        session=open_session(settings.give_up),
        timeout=20,
        user_agent="searchbar-forge",
        keep_base_url=True,
    )


def _without_commands(text: str) -> str:
    """A text in which no line is a command to GitLab, as GitLab keeps it: without blank ends."""
    return _QUICK_ACTION.sub("\\1\u200b/", text).strip()


def _find_or_create(write: Callable[[], T]) -> T:
    def attempt() -> T:
        with gitlab_errors():
            return write()

    return find_or_create(attempt, "GitLab")


@contextlib.contextmanager
def gitlab_errors() -> Iterator[None]:
    """Turn the libraries' exceptions into one sentence each."""
    import requests
    from gitlab import GitlabError

    try:
        yield
    except GitLabRefusalError as error:
        _write_down(f"{error.status} {error.data} {error.headers}")
        text, code = refusal(GITLAB, error.status, error.data, error.headers, datetime.now(UTC))
        may_pass = error.status >= 500 or error.status in (409, 422)
        raise (TransientError if may_pass else ForgeError)(text, code) from error
    except (GitlabError, AttributeError, KeyError, TypeError, ValueError) as error:
        # It came with 200, and it is not what GitLab answers.
        _write_down(repr(error))
        raise ForgeError(
            "what answers in GitLab's place gives no answers of GitLab's, but perhaps a page of a"
            " proxy. Look at FORGE_API and at the proxy."
        ) from error
    except requests.RequestException as error:
        _write_down(str(error))
        raise TransientError(
            f"GitLab cannot be reached, or keeps failing ({told_by_connection(error)}). Run this"
            " again when it can."
        ) from error


def _write_down(answer: str) -> None:
    """Keep the whole of what GitLab answered in the run's log."""
    RunLog("forge").write("gitlab", answer=answer[:20_000])
