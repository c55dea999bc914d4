"""The level of no good match: where it lies by hand, and what it does on the bundled catalogue."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from index_builder.quality.evaluate import evaluate
from index_builder.quality.judgments import JudgedQuestion, read_judgments
from index_builder.quality.known_items import known_items
from index_builder.quality.query_runner import QueryResult
from index_builder.quality.threshold import between, calibrate, not_told, random_pairs
from release_format.items import Item
from release_format.release import LEXICAL, REPORT, Release
from release_format.verdict import Outcome, Severity
from searchbar.engine import Engine
from searchbar.query.question import Question
from searchbar.retrieval.lexical import Lexical
from tests.index_builder.conftest import Admit, Line, catalogue_items
from tests.index_builder.made_catalogues import Row, variants

JUDGMENTS = Path(__file__).parents[3] / "catalogue/judgments.jsonl"
DRAW = random.Random(1)


def items_of(rows: list[Row]) -> list[Item]:
    """Made-up rows as items, sorted by id."""
    items = (
        Item(row["id"], row["title"], row["description"], language=row.get("language", ""))
        for row in rows
    )
    return sorted(items, key=lambda item: item.id)


def test_the_level_lies_halfway_where_fewest_are_mistaken() -> None:
    level = between([0.5, 0.6, 0.7] * 8 + [0.2], [0.1, 0.3], "judgments", "judgments")
    assert level.level == pytest.approx(0.4)
    assert (level.false_accept, level.false_reject, level.pairs) == (0, 0.04, 27)


def test_no_level_calls_many_good_answers_bad_whatever_it_lets_pass() -> None:
    good = [0.3 + number / 200 for number in range(100)]
    level = between(good, [0.1] * 20 + [0.5] * 8, "judgments", "judgments", [0.1] * 95 + [0.6] * 5)
    assert level.false_reject == pytest.approx(0.09), "random pairs alone would have asked for 0.61"
    assert (level.false_accept, level.random_accept) == (8 / 28, 0.05)


def test_where_anything_passes_for_an_answer_no_level_is_told() -> None:
    good, bad = [0.5, 0.6, 0.7, 0.8], [0.1, 0.2]
    alike = between(good, bad, "judgments", "judgments", [0.1] * 80 + [0.75] * 20)
    assert alike.level is None
    assert "too little tells the items apart" in alike.cause
    foreign = between(good, [0.65] * 3 + [0.1], "judgments", "questions about daily life")
    assert foreign.level is None
    assert foreign.cause == "answers to questions about daily life look as good as good ones"
    assert json.loads(foreign.to_json())["no_good_match"]["level"] is None


def test_the_file_says_what_the_engine_compares_and_how_often_it_errs() -> None:
    told = json.loads(between([0.5], [0.1], "known items", "judgments").to_json())["no_good_match"]
    pairs = {"pairs", "random_pairs", "random_accept", "cause"}
    assert set(told) == {
        "level",
        "score",
        "false_accept",
        "false_reject",
        "unanswerable",
        "from",
        *pairs,
    }
    assert (told["score"], told["from"]) == ("confidence", "known items")


def test_random_pairs_hold_the_level_up() -> None:
    good, bad = [0.5, *[0.6, 0.7, 0.8] * 10], [0.1, 0.2]
    assert between(good, bad, "judgments", "judgments").level == pytest.approx(0.35)
    level = between(good, bad, "judgments", "judgments", [0.1] * 98 + [0.55] * 2)
    assert (level.level, level.false_reject) == (0.5501, 1 / 31)
    assert (level.random_pairs, level.random_accept) == (100, 0.0)
    level = between(good, bad, "judgments", "judgments", [0.1] * 199 + [0.55])
    assert level.level == pytest.approx(0.35)
    assert level.random_accept == 0.005


def test_a_random_pair_is_a_question_with_what_answers_another_one() -> None:
    asked = [
        (JudgedQuestion("a", "lamp", {"l": 1}), QueryResult(["l", "t"], [0.9, 0.4], False)),
        (JudgedQuestion("b", "torch", {"t": 1}), QueryResult(["t"], [0.8], False)),
        (JudgedQuestion("c", "chair", {"c": 1}), QueryResult([], [], False)),
        (JudgedQuestion("d", "table", {"d": 1}), QueryResult(["d"], [0.9], True)),
    ]
    assert sorted(random_pairs(asked)) == [0, 0, 0, 0, 0, 0.4]


@pytest.fixture(scope="module")
def engine(bundled_release: Release) -> Engine:
    return Engine.open(bundled_release)


@pytest.mark.parametrize("judged", [True, False])
def test_the_bundled_catalogue_tells_good_from_foreign(engine: Engine, judged: bool) -> None:
    evaluation = evaluate(engine, read_judgments(JUDGMENTS)) if judged else None
    level = calibrate(engine, evaluation)
    assert level.source == ("judgments" if judged else "known items")
    assert level.false_accept <= 0.15
    assert level.false_reject <= 0.15
    assert level.random_pairs > 1000
    assert level.random_accept <= 0.01
    levelled = Engine(engine.release, engine.retriever, level.level)
    foreign = levelled.search(Question("which wine goes with roast duck"))
    assert foreign.no_good_match
    assert foreign.hits, "the nearest are still offered"
    assert not levelled.search(Question("edit a video")).no_good_match


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
        assert set(words) <= set(engine.retriever.lexical.plain_words(item.description))
        assert not set(words) & set(engine.retriever.lexical.plain_words(item.title))
        assert max(engine.retriever.lexical.occurs(word) for word in words) <= 0.02 * len(
            engine.release.items
        )


def test_what_every_item_says_is_nothing_to_ask_for_one_by(line: Line, admit: Admit) -> None:
    """Shirts of every colour and cloth, each with the same terms of delivery: nothing but titles
    tells them apart."""
    release = line.release(admit(items_of(variants(DRAW))).id)
    engine = Engine.open(release)
    assert known_items(release.items, engine.retriever.lexical) == []
    told = release.levels["no_good_match"]
    assert told["level"] is None
    assert told["cause"].startswith("only 0 of the items were found by 4 words")
    (threshold,) = [c for c in release.verdict.conditions if c.name == "threshold"]
    assert (threshold.answer, threshold.severity) == (Outcome.NO, Severity.WARN)
    assert threshold.seen == f"not told: {told['cause']}"
    asked = {c.name: c.answer for c in release.verdict.conditions}
    assert (asked["false-accept"], asked["false-reject"]) == (Outcome.NOT_ASKED, Outcome.NOT_ASKED)
    assert engine.level is None
    assert not engine.search(Question("how deep should tulip bulbs be planted")).no_good_match
    text = re.sub(
        r"\s+", " ", re.sub("<[^>]*>", "", (release.path / REPORT).read_text(encoding="utf-8"))
    )
    assert f"No threshold is told: {told['cause']}. Nothing is called a bad match." in text


def test_boilerplate_in_every_description_costs_no_threshold(line: Line, admit: Admit) -> None:
    terms = " Free returns within fourteen days, delivery to every country, two years of warranty."
    items = [replace(item, description=item.description + terms) for item in catalogue_items(60)]
    release = line.release(admit(items).id)
    told = release.levels["no_good_match"]
    assert told["level"] is not None
    assert told["false_reject"] <= 0.1
    questions = known_items(release.items, Lexical.open(release.path / LEXICAL))
    assert len(questions) >= 20
    assert not {"warranty", "fourteen", "delivery"} & {
        word for one in questions for word in one.question.split()
    }


def test_of_languages_that_the_encoder_does_not_know_no_threshold_is_told(engine: Engine) -> None:
    told = calibrate(engine, None, unknown=0.25)
    assert told.level is None
    assert told.cause == "25% of the items are in languages that the encoder does not know"
    assert calibrate(engine, None, unknown=0.05).level is not None
    evaluation = evaluate(engine, read_judgments(JUDGMENTS))
    assert calibrate(engine, evaluation, unknown=1.0).level is not None, (
        "judges know what fits in any language"
    )


def test_too_few_questions_of_a_kind_are_named() -> None:
    told = not_told("only 3 items were found", "known items", "questions about daily life")
    assert (told.level, told.false_accept, told.false_reject) == (None, 1, 0)
    assert json.loads(told.to_json())["no_good_match"]["cause"] == "only 3 items were found"
