"""How often drift is told where there is none, and how soon where there is: a dated table.

Run by `make proof`.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_builder.quality.judgments import read_judgments
from monitoring.drift.drift import drift_verdict
from monitoring.drift.windows import Window
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.shop.products import products

ROOT = Path(__file__).parents[3]
PROOF = ROOT / "docs/proofs/drift.md"
PARAPHRASES = ("{}", "{}?", "how do I {}", "tool to {}", "{} on linux", "best {}", "{} for free")
# Lower: what people ask wobbles more from window to window.
STEADY, RESTLESS = 300.0, 60.0
ASKED, EARLIER = 200, 29
QUIET_RUNS, SHIFTED_RUNS = 300, 60
# A day's window is one of 30 a month.
DAYS = 30


@dataclass(frozen=True)
class Questions:
    """Threads of questions that mean the same, as often as Zipf says, and another subject's; how
    far the first hit's confidence lies above the level, where anything is found."""

    threads: Sequence[Sequence[str]]
    foreign: Sequence[str]
    vectors: dict[str, NDArray[np.float32]]
    margins: dict[str, float]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self.vectors[text] for text in texts])

    def window(
        self, number: int, wobble: float, share: float, generator: np.random.Generator
    ) -> Window:
        """One window: how popular each thread is wobbles by a Dirichlet distribution."""
        usual = 1 / np.arange(1, len(self.threads) + 1)
        usual /= usual.sum()
        popular = generator.dirichlet(usual * wobble + 1e-9)
        window = Window(datetime.date(2026, 1, 5) + datetime.timedelta(days=7 * number), 7)
        for place in generator.choice(len(self.threads), ASKED, p=popular):
            thread = self.threads[place]
            text = thread[int(generator.integers(len(thread)))]
            if generator.random() < share:
                text = self.foreign[int(generator.integers(len(self.foreign)))]
            window.questions[text] = text
            if text in self.margins:
                window.margins[text] = self.margins[text]
            window.asked += 1
        return window


@cache
def questions(release: Path) -> Questions:
    judged = [j.question for j in read_judgments(ROOT / "catalogue/judgments.jsonl")]
    threads = [[form.format(text) for form in PARAPHRASES] for text in judged]
    foreign = sorted({product.title for product in products(800)})
    every = [text for thread in threads for text in thread] + foreign
    engine = Engine.open(Release.open(release))
    vectors = engine.retriever.encoder.encode_query(every)
    margins = {
        text: answer.confidence - engine.level
        for text in every
        if (answer := engine.search(Question(text, 1))).confidence is not None
        and engine.level is not None
    }
    return Questions(threads, foreign, dict(zip(every, vectors, strict=True)), margins)


def alarms(asked: Questions, wobble: float, share: float, runs: int, seed: int) -> int:
    """In how many of so many histories the last window is called drift."""
    generator = np.random.default_rng(seed)
    found = 0
    for _ in range(runs):
        history = [asked.window(n, wobble, 0.0, generator) for n in range(EARLIER)]
        last = asked.window(EARLIER, wobble, share, generator)
        verdict = drift_verdict("live", [*history, last], asked.encode, lambda _: True)
        found += verdict.exit_code == 1
    return found


@pytest.mark.proof
def test_drift_is_told_where_it_is_and_seldom_where_it_is_not(bundled_release: Release) -> None:
    asked = questions(bundled_release.path)
    rows, rates = [], {}
    for name, wobble in (("steady", STEADY), ("restless", RESTLESS)):
        quiet = alarms(asked, wobble, 0.0, QUIET_RUNS, seed=1)
        shifted = {
            share: alarms(asked, wobble, share, SHIFTED_RUNS, seed=2) for share in (0.1, 0.3)
        }
        rates[name] = quiet / QUIET_RUNS, *(found / SHIFTED_RUNS for found in shifted.values())
        found = " | ".join(f"{many} of {SHIFTED_RUNS}" for many in shifted.values())
        rows.append(f"| {name} | {quiet} of {QUIET_RUNS} | {DAYS * rates[name][0]:.1f} | {found} |")
    PROOF.write_text(page(rows), encoding="utf-8")
    for quiet_rate, tenth, third in rates.values():
        assert DAYS * quiet_rate <= 1.0 + DAYS * 2 * (quiet_rate / QUIET_RUNS) ** 0.5
        # A tenth within a week of days, a third within a day.
        assert 1 - (1 - tenth) ** 7 >= 0.9
        assert third >= 0.9


def page(rows: Sequence[str]) -> str:
    day = datetime.datetime.now(datetime.UTC).date()
    head = (
        "Written by `make proof` (tests/monitoring/drift/test_false_alarms.py) on"
        f" {day}: {ASKED} questions a window, of\nthreads whose popularity changes from window to"
        f" window (the bundled catalogue's judged questions in {len(PARAPHRASES)} forms each),"
        f" {EARLIER}\nearlier windows; some are of another subject (titles of the demo shop) in the"
        " last window alone. Vectors by the bundled\nrelease's encoder."
    )
    columns = (
        "| popularity | alarms with nothing new | a month of days | a tenth is foreign"
        " | three tenths are |\n|---|--:|--:|--:|--:|"
    )
    title, words = (
        "# Drift: false alarms, and what is found",
        "Words: the [glossary](../glossary.md).",
    )
    return "\n".join([title, "", head, "", words, "", columns, *rows, ""])
