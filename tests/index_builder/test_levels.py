"""The level of no good match: where it lies by hand, and what it does on the bundled catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index_builder.asking import Asked
from index_builder.evaluate import evaluate
from index_builder.judgments import Judged, read_judgments
from index_builder.known_items import known_items
from index_builder.levels import NEVER, between, calibrate, random_pairs
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.question import Question

JUDGMENTS = Path(__file__).parents[2] / "catalogue/judgments.jsonl"


def test_the_level_lies_halfway_where_fewest_are_mistaken() -> None:
    level = between([0.5, 0.6, 0.7, 0.2], [0.1, 0.3], "judgments", "judgments")
    assert level.level == pytest.approx(0.4)
    assert (level.false_accept, level.false_reject, level.pairs) == (0, 0.25, 6)


def test_without_questions_of_both_kinds_nothing_is_called_a_bad_match() -> None:
    assert between([], [0.1], "judgments", "judgments").level == NEVER
    assert between([0.9], [], "judgments", "judgments").level == NEVER


def test_the_file_says_what_the_engine_compares_and_how_often_it_errs() -> None:
    told = json.loads(between([0.5], [0.1], "known items", "judgments").to_json())["no_good_match"]
    pairs = {"pairs", "random_pairs", "random_accept"}
    assert set(told) == {"level", "score", "false_accept", "false_reject", "unanswerable", "from", *pairs}
    assert (told["score"], told["from"]) == ("confidence", "known items")


def test_random_pairs_hold_the_level_up() -> None:
    good, bad = [0.5, 0.6, 0.7, 0.8], [0.1, 0.2]
    assert between(good, bad, "judgments", "judgments").level == pytest.approx(0.35)
    level = between(good, bad, "judgments", "judgments", [0.1] * 98 + [0.55] * 2)
    assert (level.level, level.false_reject) == (0.5501, 0.25)
    assert (level.random_pairs, level.random_accept) == (100, 0.0)
    level = between(good, bad, "judgments", "judgments", [0.1] * 199 + [0.55])
    assert level.level == pytest.approx(0.35)
    assert level.random_accept == 0.005


def test_a_random_pair_is_a_question_with_what_answers_another_one() -> None:
    asked = [
        (Judged("a", "lamp", {"l": 1}), Asked(["l", "t"], [0.9, 0.4], False)),
        (Judged("b", "torch", {"t": 1}), Asked(["t"], [0.8], False)),
        (Judged("c", "chair", {"c": 1}), Asked([], [], False)),
        (Judged("d", "table", {"d": 1}), Asked(["d"], [0.9], True)),
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
    engine.level = level.level
    assert engine.search(Question("which wine goes with roast duck")).no_good_match
    assert not engine.search(Question("edit a video")).no_good_match
    assert engine.search(Question("which wine goes with roast duck")).hits, "the nearest are still offered"


def test_known_items_ask_by_words_that_the_title_lacks_and_the_same_every_time(engine: Engine) -> None:
    asked = known_items(engine.release.items)
    assert asked == known_items(engine.release.items)
    assert len(asked) >= 100
    for one in asked:
        item = engine.item(next(iter(one.relevant)))
        assert len(one.question.split()) == 4
        assert set(one.question.split()) <= set(
            "".join(c if c.isalpha() else " " for c in item.description.casefold()).split()
        )
