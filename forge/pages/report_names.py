"""What the gates' files are called where people read of them."""

from __future__ import annotations

import re

_NAMES = {
    "data-report.md": "The data gate's report: what it read, and every condition",
    "compare.md": "The search diff: the questions that change most, side by side",
    "data-report.html": "the data gate's report",
    "data-deepchecks.html": "what Deepchecks saw",
    "compare.html": "the search diff",
    "report.html": "the release's report",
    "week.html": "the week of searches",
}
_BETWEEN = re.compile(r"[-_./\s]+")


def report_name(path: str) -> str:
    """The name of a report in words; one that is not of our own gates by its file's name."""
    name = path.rpartition("/")[2]
    if name in _NAMES:
        return _NAMES[name]
    stem = path.removeprefix("../reports/").rpartition(".")[0]
    words = _BETWEEN.sub(" ", stem or name).strip()
    return f"Report: {words[:80]}"
