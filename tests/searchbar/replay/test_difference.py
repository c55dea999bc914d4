"""What one answer has otherwise than another, by hand and against all orders."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.questions import LoggedQuestion
from searchbar.replay.difference import Difference, difference, moved, places

ROW = LoggedQuestion(
    "draw",
    "r1",
    hits=["a", "b", "c", "d"],
    k=10,
    total=4,
    confidence=0.6,
    level=0.25,
    did_you_mean="",
)


def test_an_answer_does_not_differ_from_itself() -> None:
    assert not difference(ROW, replace(ROW, request_id="other", at="later", release="r2"))
    assert difference(ROW, ROW).sentences() == []


@pytest.mark.parametrize(
    ("changes", "expected", "sentences"),
    [
        ({"hits": ["a", "c", "d"]}, Difference(gone=("b",)), ["1 gone: b"]),
        ({"hits": ["x", "a", "b", "c", "d"]}, Difference(come=("x",)), ["1 come: x"]),
        (
            {"hits": ["d", "a", "b", "c"]},
            Difference(moved={"d": (4, 1)}),
            ["1 moved: d from 4 to 1"],
        ),
        (
            {"hits": ["y", "c", "x", "a"]},
            Difference(("b", "d"), ("y", "x"), {"c": (3, 2)}),
            ["2 gone: b, d", "2 come: y, x", "1 moved: c from 3 to 2"],
        ),
        ({"total": 1200}, Difference(total=(4, 1200)), ["total 1,200, was 4"]),
        (
            {"no_good_match": True},
            Difference(no_good_match=(False, True)),
            ["nothing fits any more"],
        ),
        (
            {"confidence": 0.1234},
            Difference(confidence=(0.6, 0.1234)),
            ["confidence 0.123, was 0.600"],
        ),
        (
            {"confidence": None, "level": None},
            Difference(confidence=(0.6, None), level=(0.25, None)),
            ["confidence none, was 0.600", "a good match has none, had 0.250"],
        ),
        (
            {"did_you_mean": "drew"},
            Difference(did_you_mean=("", "drew")),
            ["read as 'drew', was nothing"],
        ),
    ],
)
def test_what_differs_is_told_apart(
    changes: dict[str, object], expected: Difference, sentences: list[str]
) -> None:
    found = difference(ROW, replace(ROW, **changes))  # type: ignore[arg-type]
    assert (found, found.sentences()) == (expected, sentences)
    assert set(found.to_json()) == {n for n in Difference.__dataclass_fields__ if getattr(found, n)}


def test_last_bits_of_a_confidence_are_no_difference() -> None:
    assert not difference(ROW, replace(ROW, confidence=0.6009, level=0.2495))
    assert difference(ROW, replace(ROW, confidence=0.6011))


def test_of_an_older_row_only_that_is_compared_which_it_says() -> None:
    old = LoggedQuestion("draw", "r1", hits=["a", "b"])
    assert not difference(old, replace(ROW, hits=["a", "b"], did_you_mean="drew"))
    assert difference(old, ROW) == Difference(come=("c", "d"))


def test_of_many_ids_the_first_are_named() -> None:
    found = difference(replace(ROW, hits=[f"n{i}" for i in range(1200)]), ROW)
    assert found.sentences()[0] == "1,200 gone: n0, n1, n2, n3, n4, and 1,195 more"


def is_rising(numbers: tuple[int, ...]) -> bool:
    return list(numbers) == sorted(numbers)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.permutations("abcdefg"), st.integers(0, 7), st.lists(st.sampled_from("abcxyz")))
def test_as_few_have_moved_as_can_explain_the_order(
    order: list[str], many: int, others: list[str]
) -> None:
    was, now = list("abcdefg"), order[:many]
    before = places(was)
    numbers = [before[id] for id in now]
    longest = max(n for n in range(many + 1) for few in combinations(numbers, n) if is_rising(few))
    found = moved(was, now)
    assert len(found) == many - longest
    assert is_rising(tuple(before[id] for id in now if id not in found))
    assert all(now[at - 1] == id and was[then - 1] == id for id, (then, at) in found.items())
    assert set(moved(others, now)) <= set(others) & set(now)
