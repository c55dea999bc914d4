"""The level of no good match: where it lies by hand, and what it does on the bundled catalogue."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from index_builder.quality.calibration import prior_of
from index_builder.quality.evaluate import Evaluation, evaluate
from index_builder.quality.judgments import JudgedQuestion, read_judgments
from index_builder.quality.known_items import known_items
from index_builder.quality.query_runner import QueryResult
from index_builder.quality.threshold import ASSUMED, JUDGED, MOST_REFUSED, VERSION, calibrate
from release_format.items import Item
from release_format.release import LEXICAL, REPORT, Release
from release_format.verdict import Outcome, Severity
from searchbar.engine import Engine
from searchbar.query.question import Question
from searchbar.relevance.estimate import Relevance
from searchbar.relevance.relevant_set import LEAST
from searchbar.retrieval.words.lexical import Lexical
from tests.index_builder.conftest import Admit, Line, catalogue_items
from tests.index_builder.made_catalogues import Row, variants

JUDGMENTS = Path(__file__).parents[3] / "catalogue/judgments.jsonl"
DRAW = random.Random(1)
PRIOR, _ = prior_of("sentence-transformers/all-MiniLM-L6-v2")


def items_of(rows: list[Row]) -> list[Item]:
    """Made-up rows as items, sorted by id."""
    items = (
        Item(row["id"], row["title"], row["description"], language=row.get("language", ""))
        for row in rows
    )
    return sorted(items, key=lambda item: item.id)


def evaluated(judged: Mapping[str, QueryResult], unanswerable: Sequence[float] = ()) -> Evaluation:
    """Judged questions with their answers, of which the first hit is relevant."""
    good = [JudgedQuestion(id, "lamp", {answer.ids[0]: 1}) for id, answer in judged.items()]
    bad = [JudgedQuestion(f"bad {n}", "wine", {}) for n in range(len(unanswerable))]
    answers = dict(judged) | {
        question.id: QueryResult(["x"], [value], False, drops=[0.0])
        for question, value in zip(bad, unanswerable, strict=True)
    }
    return Evaluation("r", good, bad, answers, {}, {}, {}, None)


def answers_of(confidences: Sequence[float]) -> dict[str, QueryResult]:
    return {
        f"q{n}": QueryResult([f"a{n}", "b"], [value, 0.2], False, drops=[0.0, 0.4])
        for n, value in enumerate(confidences)
    }


def test_judges_put_the_level_between_what_is_answered_and_what_is_not(engine: Engine) -> None:
    good = [0.7 + n / 500 for n in range(60)]
    told = calibrate(engine, evaluated(answers_of(good), [0.1 + n / 500 for n in range(60)]))
    assert 0.3 < told.level < 0.6
    assert (told.false_accept, told.false_reject) == (0, 0)
    assert (told.source, told.judged, told.unanswerable, told.bad) == (JUDGED, 60, JUDGED, 60)
    assert told.sentence().startswith(
        f"Nothing fits under a confidence of {told.level:.3f}, measur"
    )


def test_a_level_above_the_prior_refuses_few_judged_questions(engine: Engine) -> None:
    """Nonsense that looks as good as answers is no reason to refuse them."""
    good = [0.5 + n / 200 for n in range(100)]
    told = calibrate(engine, evaluated(answers_of(good), [0.9] * 50))
    assert told.false_reject is not None
    assert told.false_reject <= MOST_REFUSED
    assert told.false_accept == 1


def test_the_file_says_what_the_engine_reads_and_how_often_it_errs(engine: Engine) -> None:
    told = calibrate(engine, evaluated(answers_of([0.8] * 30), [0.1] * 12))
    table = json.loads(told.to_json())
    assert table["version"] == VERSION
    assert table["said"] == told.sentence()
    nothing = table["no_good_match"]
    assert (nothing["score"], nothing["from"], nothing["pairs"]) == ("confidence", JUDGED, 42)
    assert Relevance.from_json(table) == Relevance(told.level, told.curve)
    error = table["relevant_set"]["calibration_error"]
    assert error == pytest.approx(told.calibration_error, abs=1e-4)


def test_named_answers_tell_nothing_of_confidence(engine: Engine) -> None:
    named = {id: replace(each, named=True) for id, each in answers_of([0.1] * 40).items()}
    told = calibrate(engine, evaluated(named, [0.1] * 12))
    assert (told.judged, told.false_reject) == (0, None)
    assert told.level <= PRIOR.level


@pytest.fixture(scope="module")
def engine(bundled_release: Release) -> Engine:
    return Engine.open(bundled_release)


@pytest.mark.parametrize("judged", [True, False])
def test_the_bundled_catalogue_tells_good_from_foreign(engine: Engine, judged: bool) -> None:
    evaluation = evaluate(engine, read_judgments(JUDGMENTS)) if judged else None
    told = calibrate(engine, evaluation)
    assert told.source == (JUDGED if judged else ASSUMED)
    assert told.false_accept is not None
    assert told.false_accept <= 0.15
    assert (told.false_reject is None) == (not judged)
    assert (told.false_reject or 0) <= 0.15
    assert ("measured by" if judged else "assumed (measured on cacm") in told.sentence()
    relevance = Relevance(told.level, told.curve)
    levelled = Engine(engine.release, engine.retriever, relevance)
    foreign = levelled.search(Question("which wine goes with roast duck"))
    assert foreign.no_good_match
    assert foreign.hits, "the nearest are still offered"
    fitting = levelled.search(Question("edit a video"))
    assert not fitting.no_good_match
    assert LEAST <= fitting.total < 100
    assert fitting.less_likely


def test_known_items_ask_by_words_that_the_title_lacks_and_the_same_every_time(
    engine: Engine,
) -> None:
    asked = known_items(engine.release.items, engine.retriever.lexical)
    assert asked == known_items(engine.release.items, engine.retriever.lexical)
    assert len(asked) >= 100
    for one in asked:
        item = engine.item(next(iter(one.relevant)))
        assert len(one.question.split()) == 4
        words = one.question.split()
        assert set(words) <= set(engine.retriever.lexical.reader.plain_words(item.description))
        assert not set(words) & set(engine.retriever.lexical.reader.plain_words(item.title))
        assert max(engine.retriever.lexical.occurs(word) for word in words) <= 0.02 * len(
            engine.release.items
        )


def test_what_every_item_says_is_nothing_to_ask_for_one_by(line: Line, admit: Admit) -> None:
    """Shirts of every colour and cloth, each with the same terms of delivery: what is known of the
    encoder is all that there is to go by, and it is said so."""
    release = line.release(admit(items_of(variants(DRAW))).id)
    engine = Engine.open(release)
    assert known_items(release.items, engine.retriever.lexical) == []
    assert engine.level == PRIOR.level
    (threshold,) = [c for c in release.verdict.conditions if c.name == "threshold"]
    assert (threshold.answer, threshold.severity) == (Outcome.NO, Severity.WARN)
    asked = {c.name: c.answer for c in release.verdict.conditions}
    assert (asked["false-accept"], asked["false-reject"]) == (Outcome.YES, Outcome.NOT_ASKED)
    assert engine.search(Question("how deep should tulip bulbs be planted")).no_good_match
    assert not engine.search(Question("green wool scarf")).no_good_match
    text = re.sub(
        r"\s+", " ", re.sub("<[^>]*>", "", (release.path / REPORT).read_text(encoding="utf-8"))
    )
    assert release.levels["said"] in text
    assert "assumed (measured on" in release.levels["said"]


def test_boilerplate_in_every_description_costs_no_threshold(line: Line, admit: Admit) -> None:
    terms = " Free returns within fourteen days, delivery to every country, two years of warranty."
    items = [replace(item, description=item.description + terms) for item in catalogue_items(60)]
    release = line.release(admit(items).id)
    assert release.levels["no_good_match"]["level"] <= PRIOR.level
    questions = known_items(release.items, Lexical.open(release.path / LEXICAL))
    assert len(questions) >= 20
    assert not {"warranty", "fourteen", "delivery"} & {
        word for one in questions for word in one.question.split()
    }
