"""Answers by several weights are those that a server by each weight would give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index_builder.fitting import weighted_answers
from index_builder.fitting.weighted_answers import answer_weighted
from index_builder.quality.judgments import JudgedQuestion, read_judgments
from index_builder.quality.metrics import MAIN, per_question
from index_builder.quality.query_runner import ask_judged
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.relevance.estimate import Relevance
from searchbar.retrieval.fusion import Fusion
from searchbar.retrieval.retriever import Retriever

JUDGMENTS = Path(__file__).parents[3] / "catalogue/judgments.jsonl"
WEIGHTS = (0.0, 0.3, 1.7)


@pytest.fixture(scope="module")
def judged() -> Sequence[JudgedQuestion]:
    return read_judgments(JUDGMENTS)[:60]


def test_each_weight_answers_as_a_server_by_it_would(
    bundled_release: Release, judged: Sequence[JudgedQuestion]
) -> None:
    answers = answer_weighted(Engine.open(bundled_release), judged, Fusion(), WEIGHTS)
    assert answers.values.shape == (len(WEIGHTS), len(answers.judged))
    assert len(answers.judged) > 20
    for weight, values in zip(WEIGHTS, answers.values, strict=True):
        own = Retriever(bundled_release, fusion=Fusion(words=weight))
        served = ask_judged(Engine(bundled_release, own, Relevance()), answers.judged)
        expected = per_question(answers.judged, {id: one.ids for id, one in served.items()})[MAIN]
        np.testing.assert_allclose(values, expected, atol=1e-9)
    assert np.ptp(answers.values, axis=0).any(), "the weight changes something"


def test_what_says_nothing_of_words_is_left_out(
    bundled_release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine.open(bundled_release)
    item = bundled_release.items[7]
    asked = {
        "named": item.title,
        "phrase": f'"{item.title}" for teams',
        "without": "editor -video",
        "gone": "something to draw with",
        "unanswerable": "dog food",
        "kept": "something to draw diagrams with",
    }
    gone: dict[str, dict[str, int]] = {"gone": {"no-such-item": 1}, "unanswerable": {}}
    judged = [JudgedQuestion(id, text, gone.get(id, {item.id: 1})) for id, text in asked.items()]
    answers = answer_weighted(engine, judged, Fusion(), WEIGHTS)
    assert [question.id for question in answers.judged] == ["kept"]
    nobody = answer_weighted(engine, judged[:1], Fusion(), WEIGHTS)
    assert nobody.values.shape == (3, 0)
    many = [JudgedQuestion(f"q{n}", asked["kept"], {item.id: 1}) for n in range(9)]
    monkeypatch.setattr(weighted_answers, "MOST", 4)
    first, again = (answer_weighted(engine, many[::step], Fusion(), (0.3,)) for step in (1, -1))
    assert [question.id for question in first.judged] == [question.id for question in again.judged]
    assert len(first.judged) == 4
