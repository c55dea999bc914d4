"""The hosting that the settings name."""

from __future__ import annotations

from forge.errors import ForgeError
from forge.hosting.address import GITLAB, hosting_kind
from forge.hosting.github import GitHub
from forge.hosting.gitlab import GitLab
from forge.hosting.gitlab_reports import GitLabReports
from forge.hosting.pull_requests import Hosting, ReportKeeper
from release_format.config.forge import ForgeSettings
from release_format.exit_codes import USAGE


def connect(settings: ForgeSettings) -> Hosting:
    """The repository on GitHub or GitLab; asks nothing yet."""
    return GitLab(settings) if hosting_kind(settings) == GITLAB else GitHub(settings)


def report_keeper(settings: ForgeSettings) -> ReportKeeper:
    """The hosting that keeps what builds left.

    Raises:
        ForgeError: it is GitHub, to which whoever builds brings the reports.
    """
    if hosting_kind(settings) != GITLAB:
        raise ForgeError(
            "`--pull all` reads what GitLab keeps of each pipeline, and this is GitHub. Give one"
            " number, and FORGE_REPORTS.",
            USAGE,
        )
    return GitLabReports(GitLab(settings))
