"""Links of a comment: the build that left the reports, and the gates' own pages there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from forge.pages.report_names import report_name

MOST = 6
# A run of GitHub Actions keeps an archive, in which no page has an address of its own.
_ON_GITHUB = "/actions/runs/"
_ON_GITLAB = "/-/jobs/"


def links(build: str, reports: Path | None = None) -> dict[str, str]:
    """Addresses by what is read there; none where no build left them.

    `reports` is the folder that the build kept: each page in it is named.
    """
    if not build.startswith("http"):
        return {}
    build = quote(build, safe=":/?&=%#-._~@+,;")
    if _ON_GITHUB in build:
        return {"build": build, "reports": f"{build}#artifacts"}
    browse, file = "artifact/var/reports/", "artifact/var/reports/"
    if _ON_GITLAB in build:
        browse, file = "/artifacts/browse/var/reports/", "/artifacts/file/var/reports/"
    pages = {report_name(name): f"{build}{file}{quote(name)}" for name in _pages(reports)}
    return {**pages, "build": build, "reports": f"{build}{browse}"}


def _pages(reports: Path | None) -> list[str]:
    """The names of the HTML pages that lie in the folder itself."""
    if reports is None or not reports.is_dir():
        return []
    paths = (path for path in sorted(reports.glob("*.html")) if not path.is_symlink())
    return [path.name for path in paths if path.is_file()][:MOST]
