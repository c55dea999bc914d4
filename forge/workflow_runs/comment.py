"""The comment of the pull request that a run of GitHub Actions was about."""

from __future__ import annotations

import dataclasses
import io
import tempfile
from pathlib import Path

from forge.branch_policy import STAGE
from forge.errors import ForgeError, refuse
from forge.git import Git
from forge.hosting.report_archive import unpack
from forge.publish import publish_comment
from forge.workflow_runs.runs import WorkflowRuns
from release_format.config.forge import ForgeSettings
from release_format.exit_codes import USAGE

ARTIFACT = "reports"
LARGEST_ARCHIVE = 50_000_000


def publish_run(settings: ForgeSettings, git: Git, number: int) -> str:
    """Write the comment of a run's pull request from what the run left; returns its address.

    Which pull request that is, GitHub says, never the archive.

    Raises:
        ForgeError: the run was not about a pull request as it is now, or left what are no reports.
    """
    if not (settings.repository and settings.token):
        raise ForgeError(
            "runs are GitHub's. Set FORGE_REPOSITORY and FORGE_TOKEN, then run this again.", USAGE
        )
    runs = WorkflowRuns(settings)
    run = runs.run(number)
    if run.event != "pull_request":
        raise refuse(
            f"run {number} was started by {run.event!r}, not by a pull request. Name the run of a"
            " pull request."
        )
    if (pull := runs.pull_request_of(run, STAGE)) is None:
        raise refuse(
            f"no open pull request to {STAGE} from {run.repository or 'a fork that is gone'} ends"
            f" in commit {run.commit[:12]}: nothing was written. Look whether it was pushed again:"
            " then its newer run writes the comment."
        )
    with tempfile.TemporaryDirectory() as folder:
        if (content := runs.artifact(run, ARTIFACT, LARGEST_ARCHIVE)) is not None:
            unpack(io.BytesIO(content), Path(folder))
        unpacked = dataclasses.replace(settings, reports=Path(folder))
        return publish_comment(unpacked, git, "", pull.number, run.address)
