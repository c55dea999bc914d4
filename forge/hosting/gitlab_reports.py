"""What the newest pipeline of each merge request reports, as GitLab keeps it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from forge.errors import ForgeError
from forge.hosting.gitlab import GitLab, gitlab_errors
from forge.hosting.gitlab_values import as_value
from forge.hosting.pull_requests import PullRequest
from forge.hosting.report_archive import unpack

# The job of .gitlab-ci.yml whose artifacts are the reports.
REPORT_JOB = "report"
LARGEST_ARCHIVE = 100_000_000


class GitLabReports:
    """The reports of one project's pipelines."""

    def __init__(self, gitlab: GitLab) -> None:
        self._api, self._project = gitlab.api, gitlab.project

    def open_pull_requests(self, base: str) -> list[PullRequest]:
        """Every open merge request to a branch, those of forks included."""
        with gitlab_errors():
            requests = self._project.mergerequests.list(
                state="opened", target_branch=base, iterator=True, per_page=100
            )
            return [as_value(request) for request in requests]

    def reports(self, pull: PullRequest, folder: Path) -> bool:
        """Put what the newest pipeline of a merge request reports into a folder.

        False where that one has left no reports yet.
        """
        with gitlab_errors(), tempfile.TemporaryFile() as archive:
            request = self._project.mergerequests.get(pull.number, lazy=True)
            pipeline = next(iter(request.pipelines.list(iterator=True, per_page=1)), None)
            if pipeline is None:
                return False
            # A fork's pipelines and their jobs are the fork's.
            project = self._api.projects.get(pipeline.project_id, lazy=True)
            jobs = project.pipelines.get(pipeline.id, lazy=True).jobs.list(iterator=True)
            job = next((job for job in jobs if job.name == REPORT_JOB), None)
            if job is None or not job.attributes.get("artifacts_file"):
                return False

            def keep(chunk: bytes) -> None:
                archive.write(chunk)
                if archive.tell() > LARGEST_ARCHIVE:
                    raise ForgeError(f"what job {job.id} left is too large. Look at that job.")

            project.jobs.get(job.id, lazy=True).artifacts(streamed=True, action=keep)
            unpack(archive, folder, "var/reports/")
        return True
