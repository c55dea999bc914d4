"""The report of a week as one HTML page that needs nothing else: no script, no network."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitoring.drift.masking import masked, shown_line
from monitoring.week.clusters import NEAR
from monitoring.week.figures import percent, position
from monitoring.week.report import WeekReport
from release_format.report_page import TEMPLATES
from searchbar.feedback.query_log import REPEATED

TEMPLATE = "week.html.jinja"
MOST_CLUSTERS, MOST_MEMBERS, MOST_TOPICS = 40, 12, 30
_WIDE, _HIGH = 40, 110


def page(report: WeekReport) -> str:
    """Everything in it is text; what questions say of a person is left out."""
    tallest = max([1, *(count for _, *both in report.days for count in both)])
    bars = [
        {
            "day": day,
            "x": 8 + number * (_WIDE + 8),
            "now": now,
            "height": round(_HIGH * now / tallest, 1),
            "before": before,
            "height_before": round(_HIGH * before / tallest, 1),
        }
        for number, (day, now, before) in enumerate(report.days)
    ]
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            r=report,
            bars=bars,
            high=_HIGH,
            wide=_WIDE,
            near=NEAR,
            repeated=REPEATED,
            clusters=report.failed[:MOST_CLUSTERS],
            most_members=MOST_MEMBERS,
            topics=report.topics.topics[:MOST_TOPICS] if report.topics else [],
        )
    )


def _kept(figure: str) -> str:
    """A figure that breaks before its brackets and nowhere else."""
    return figure.replace(" ", "\u00a0").replace("\u00a0[", " [").replace("],\u00a0", "], ")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([Path(__file__).parent, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "masked": masked,
        "line": shown_line,
        "kept": _kept,
        "percent": percent,
        "position": position,
        "number": "{:,}".format,
    }
    return environment
