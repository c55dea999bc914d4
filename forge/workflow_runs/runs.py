"""Runs of GitHub Actions as GitHub knows them: their pull requests, and the archives they left."""

from __future__ import annotations

from dataclasses import dataclass

from forge.errors import ForgeError
from forge.hosting.github import as_value, connect, github_errors
from forge.hosting.pull_requests import PullRequest
from release_format.config.forge import ForgeSettings

AGENT = "searchbar-forge"
PATIENCE = 20


@dataclass(frozen=True)
class WorkflowRun:
    """One run: what started it, the branch and commit that it was about, and where people find it.

    `repository` is that of the branch: a fork's, where a fork proposes; "" where it is gone.
    """

    number: int
    event: str
    repository: str
    branch: str
    commit: str
    address: str


class WorkflowRuns:
    """The runs of one repository."""

    def __init__(self, settings: ForgeSettings) -> None:
        self._token = settings.token
        self._repository = connect(settings).get_repo(settings.repository)

    def run(self, number: int) -> WorkflowRun:
        with github_errors():
            run = self._repository.get_workflow_run(number)
            source = run.head_repository.full_name if run.head_repository else ""
            return WorkflowRun(
                run.id, run.event, source, run.head_branch, run.head_sha, run.html_url
            )

    def pull_request_of(self, run: WorkflowRun, base: str) -> PullRequest | None:
        """The open pull request that a run was about, if it still ends in the run's commit."""
        owner = run.repository.split("/")[0]
        wanted = (run.repository, run.branch, run.commit, base)
        with github_errors():
            pulls = self._repository.get_pulls(
                state="open", head=f"{owner}:{run.branch}", base=base
            )
            for pull in pulls:
                source = pull.head.repo.full_name if pull.head.repo else ""
                if source and (source, pull.head.ref, pull.head.sha, pull.base.ref) == wanted:
                    return as_value(pull)
        return None

    def artifact(self, run: WorkflowRun, name: str, largest: int) -> bytes | None:
        """The newest archive of this name that a run left; None where it left none.

        Raises:
            ForgeError: it has more bytes than `largest`, whatever it says of itself.
        """
        with github_errors():
            artifacts = self._repository.get_workflow_run(run.number).get_artifacts()
            named = [each for each in artifacts if each.name == name and not each.expired]
            if not named:
                return None
            newest = max(named, key=lambda each: each.id)
            content = self._download(newest.archive_download_url, largest + 1)
        if len(content) > largest:
            raise ForgeError(
                f"the reports of run {run.number} are larger than {largest:,} bytes: nothing was"
                " written. Let the pull request leave less in var/reports, then build it again."
            )
        return content

    def _download(self, address: str, most: int) -> bytes:
        """The first bytes of a file; GitHub leads to where it is kept, which sees no token."""
        import requests

        headers = {"Authorization": f"Bearer {self._token.reveal()}", "User-Agent": AGENT}
        with requests.get(address, headers=headers, stream=True, timeout=PATIENCE) as response:
            response.raise_for_status()
            content = b""
            for part in response.iter_content(1 << 20):
                content += part
                if len(content) >= most:
                    break
            return content
