"""What was asked lately, as those see it who run the search."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from monitoring.week.page import page
from monitoring.week.report import week_report
from monitoring.week.span import Week, count
from release_format.config.server import ServerSettings
from release_format.questions import read
from release_format.secrets.secret import Secret
from searchbar.engine import Engine
from searchbar.http.app import create_app

KEY = "sesame-sesame-sesame"
ANSWERED, NOTHING = "edit photos", "best mortgage rates"
# No item of the bundled catalogue has both.
ASKED: tuple[Mapping[str, str], ...] = (
    {"q": ANSWERED},
    {"q": ANSWERED, "topic": "no-such-topic"},
    {"q": f"{ANSWERED} topic:no-such-topic"},
    {"q": NOTHING},
    {"q": NOTHING, "topic": "no-such-topic"},
)
FIGURES = ("Questions", "Answered", "No good match", "No result", "Nothing left by filters")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("asked") / "questions.jsonl"


@pytest.fixture(scope="module")
def shown(bundled: Engine, log: Path) -> str:
    """The page after some questions."""
    settings = ServerSettings(questions=str(log), key=Secret(KEY))
    with TestClient(create_app(bundled, settings)) as client:
        for asked in ASKED:
            assert client.get("/search", params=dict(asked)).status_code == 200
        return client.get("/asked", headers={"X-API-Key": KEY}).text


def listed(text: str, heading: str) -> list[str]:
    """The questions under a heading of the page."""
    section = text.split(f"<h2>{heading}</h2>")[1].split("<h2>")[0]
    return sorted(html.unescape(found) for found in re.findall(r"<bdi>(.*?)</bdi>", section))


def counted(text: str) -> dict[str, int]:
    """The number of each row of its table."""
    rows = re.findall(r'<th scope="row">(.*?)<br>.*?</th><td>([\d,]+)</td>', text)
    return {name: int(number.replace(",", "")) for name, number in rows}


def test_what_a_filter_left_nothing_of_stands_apart_from_what_nothing_answers(shown: str) -> None:
    within_filters = [ANSWERED, f"{ANSWERED} topic:no-such-topic"]
    assert listed(shown, "Nothing left by their filters") == within_filters
    assert listed(shown, "Without a result") == [NOTHING]


def test_its_figures_add_up(shown: str) -> None:
    table = counted(shown)
    assert [table[name] for name in FIGURES] == [5, 1, 1, 1, 2]


def test_the_week_says_the_same(shown: str, log: Path) -> None:
    today = datetime.now(UTC).date()
    week = Week(today - timedelta(days=3))
    report = week_report(count(read(log), week), today, None, None)
    named = {figure.name: figure.now for figure in report.figures}
    shares = [f"{100 * counted(shown)[name] / len(ASKED):.1f} %" for name in FIGURES[1:]]
    assert [named[name].split(" [")[0] for name in FIGURES[1:]] == shares
    assert "Nothing left by filters" in page(report)
