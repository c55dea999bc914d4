"""Train, validation and test parts share neither a question nor an item."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from index_builder.quality.judgments import JudgedQuestion
from index_builder.training.holdout_test import (
    digest_of_judged,
)
from index_builder.training.split import Splits, canonical, components, split
from tests.index_builder.training import learning_world as world


def drawn(seed: int, questions: int = 120, items: int = 90) -> list[JudgedQuestion]:
    draw = random.Random(seed)
    made = [
        JudgedQuestion(
            f"q{n}",
            f"Question {n}",
            dict.fromkeys(draw.sample([f"i{k}" for k in range(items)], 1), 3),
        )
        for n in range(questions - 6)
    ]
    # The same words again, and one that joins two others by its items.
    made += [
        replace(made[n], id=f"again{n}", question=f"  question  {n}? ", relevant={f"x{n}": 1})
        for n in range(5)
    ]
    joins = dict.fromkeys([*made[0].relevant, *made[1].relevant], 1)
    return [*made, JudgedQuestion("joins", "both", joins)]


@pytest.mark.parametrize("seed", range(8))
def test_parts_share_neither_a_question_nor_an_item(seed: int) -> None:
    judged = drawn(seed)
    parts = split(judged, 40, seed)
    sides = [parts.train, parts.validation, parts.test]
    assert sorted(one.id for side in sides for one in side) == sorted(one.id for one in judged)
    for names in (lambda one: {canonical(one.question)}, lambda one: set(one.relevant)):
        seen = [set().union(*(names(one) for one in side)) for side in sides]
        assert not seen[0] & seen[1]
        assert not seen[0] & seen[2]
        assert not seen[1] & seen[2]
    assert 0.3 * len(judged) <= len(parts.test) <= 0.4 * len(judged)
    assert len(parts.validation) >= 0.1 * len(judged)


def test_items_of_the_same_text_count_as_one() -> None:
    judged = [
        JudgedQuestion("1", "one", {"a": 1}),
        JudgedQuestion("2", "two", {"copy of a": 1}),
        JudgedQuestion("3", "three", {"b": 1}),
    ]
    assert sorted(map(len, components(judged))) == [1, 1, 1]
    assert sorted(map(len, components(judged, lambda name: name.removeprefix("copy of ")))) == [
        1,
        2,
    ]


def test_a_component_larger_than_the_holdout_is_learned_from() -> None:
    judged = [JudgedQuestion(f"big{n}", f"big {n}", {"hub": 1}) for n in range(60)]
    judged += [JudgedQuestion(f"q{n}", f"small {n}", {f"i{n}": 1}) for n in range(40)]
    parts = split(judged, 30, 1)
    assert {one.id for one in judged if one.id.startswith("big")} <= {one.id for one in parts.train}
    assert len(parts.test) == 30


def test_the_same_questions_are_split_the_same_way_and_another_seed_splits_otherwise() -> None:
    judged = drawn(1)
    assert split(judged, 40, 1) == split(judged, 40, 1)
    assert digest_of_judged(split(judged, 40, 1).test) != digest_of_judged(
        split(judged, 40, 2).test
    )


def test_parts_name_all_that_no_pair_may_come_from() -> None:
    one, two, three = world.judged()[:3]
    assert Splits([one], [two], [three]).unseen == [two, three]
