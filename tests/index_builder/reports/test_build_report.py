"""The page of a build's verdict: figures as tables and plots, and nothing that runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from index_builder.fitting.agreement import Agreements, LanguageAgreement
from index_builder.fitting.words import WordsFit
from index_builder.quality.evaluate import evaluate
from index_builder.quality.judgments import read_judgments
from index_builder.quality.text_stats import TextStats
from index_builder.quality.threshold import calibrate
from index_builder.reports.build_report import page
from release_format.release import REPORT, Release
from release_format.verdict import Condition, Outcome, Verdict
from searchbar.engine import Engine

JUDGMENTS = Path(__file__).parents[3] / "catalogue/judgments.jsonl"
EVIL = "</td><script>alert(1)</script>"


def plots(html: str) -> dict[str, ElementTree.Element]:
    """Every plot of a page, by what it says it shows; each is well-formed."""
    drawn = re.findall("<svg.*?</svg>", html, re.DOTALL)
    return {element.attrib["aria-label"]: element for element in map(ElementTree.fromstring, drawn)}


def bars(plot: ElementTree.Element) -> list[float]:
    return [float(rect.attrib["height"]) for rect in plot.iter("rect")]


@pytest.fixture(scope="module")
def judged(bundled_release: Release) -> str:
    """The page of a refused build that judged the bundled questions."""
    engine = Engine.open(bundled_release)
    evaluation = evaluate(engine, read_judgments(JUDGMENTS))
    level = calibrate(engine, evaluation)
    texts = TextStats(items=592, several=3, passages=595)
    quality = {
        "evaluation": evaluation.to_json(),
        "level": level.to_facts(),
        "texts": texts.to_json(),
    }
    french = LanguageAgreement(120, 40, 0.7, 0.98)
    quality["languages"] = Agreements({"fr": french, EVIL: french}, 592).to_json()
    curve = [(0.3, 0.71), (0.5, 0.74)]
    quality["words"] = WordsFit(0.5, 0.3, 0.5, 52, f"judges say so {EVIL}", None, curve).to_json()
    conditions = [
        Condition(
            "ndcg", Outcome.NO, "0.3", "at least 0.5", why=f"Look at the worst questions {EVIL}"
        ),
        Condition("memory", Outcome.YES, "100", "at most 200"),
    ]
    facts = {
        "quality": quality,
        "vectors_seconds": 2.5,
        "judge_seconds": 5.0,
        EVIL: EVIL,
        "engine": "",
    }
    return page(Verdict("quality", "ab" * 32, "", conditions, facts))


def test_everybody_can_read_the_page(judged: str, page_faults: Callable[[str], list[str]]) -> None:
    assert page_faults(judged) == []


def test_the_page_shows_what_was_measured(judged: str) -> None:
    text = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", judged))
    assert "The quality gate says no. ndcg : Look at the worst questions" in text
    assert "3 texts of 592 became several passages; nothing was cut." in text
    assert re.search(r"Nothing fits under a confidence of 0\.\d{3}, measured by \d+ judged", text)
    assert "over the judged hits the estimate is off by 0.0" in text
    assert "Words count 0.5: judges say so" in text
    assert "fr: words count double, meaning finds 71% of what words find" in text
    assert "fr 120 40 0.70 0.98 0.5" in text
    assert "ndcg@10 0.710 0.740" in text
    drawn = plots(judged)
    spread, seconds = drawn["histogram of ndcg@10"], drawn["seconds of each step"]
    assert len(bars(spread)) == 10
    assert max(bars(spread)) == bars(spread)[9] == 135, "most are answered perfectly"
    assert [float(bar.attrib["width"]) for bar in seconds.iter("rect")] == [280, 560]
    assert [
        len(list(drawn[f"ndcg@10 by {group}"].iter("circle"))) > 3
        for group in ("kind of question", "topic")
    ]
    assert len(bars(drawn["confidence in good answers, above, and in bad ones, below"])) == 2 * 26
    assert len(list(drawn["estimates, and the shares that were wanted"].iter("circle"))) > 3


def test_the_page_runs_nothing_and_asks_nobody(judged: str) -> None:
    assert EVIL not in judged
    assert judged.count("&lt;/td&gt;&lt;script&gt;") == 6
    assert not re.search(r"<script|\s(?:on\w+|style)=|https?:|url\(", judged)


def test_a_release_carries_its_page(bundled_release: Release) -> None:
    html = (bundled_release.path / REPORT).read_text(encoding="utf-8")
    assert bundled_release.id[:12] in html
    assert len(plots(html)) == 7
    assert bundled_release.verdict.facts["quality"]["texts"]["items"] == len(bundled_release.items)


def test_without_judgments_the_page_says_how_to_have_some() -> None:
    html = page(Verdict("quality", "ab" * 32, "", [], {}))
    assert "Judge some at /judge" in html
    assert plots(html) == {}
