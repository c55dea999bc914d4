"""What a changed row lost or mixed up."""

from __future__ import annotations

import pytest

from data_checks.comparison.faults import faults

BEFORE = {
    "id": "k-1",
    "title": "Kännchen für Tee",
    "description": "A small pot of enamelled steel for tea.",
    "url": "http://pots.example/k-1",
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"title": ""}, ["titles-lost"]),
        ({"title": "k-1"}, ["titles-are-ids"]),
        ({"title": "Pot"}, []),
        (
            {"title": BEFORE["description"][:20], "description": BEFORE["title"]},
            ["titles-swapped", "descriptions-replaced"],
        ),
        ({"title": "K?nnchen f?r Tee"}, ["letters-lost"]),
        ({"title": "Kannchen fur Tee"}, []),
        ({"description": "12.90 EUR"}, ["descriptions-replaced"]),
        ({"description": ""}, []),
        ({"description": BEFORE["description"] + " Now with a lid."}, []),
        ({"url": "https://pots.example/k-1/"}, []),
        ({"url": "http://pots.example/k-2"}, ["links-moved"]),
        ({"url": ""}, ["links-moved"]),
    ],
)
def test_a_changed_row_has_these_faults(changed: dict[str, str], expected: list[str]) -> None:
    assert list(faults(BEFORE, BEFORE | changed)) == expected


def test_a_row_that_had_nothing_loses_nothing() -> None:
    bare = {"id": "k-2", "title": "", "description": "", "url": ""}
    assert list(faults(bare, BEFORE | {"id": "k-2"})) == []


def test_a_field_that_is_not_there_is_an_empty_one() -> None:
    assert list(faults({"id": "k-3"}, {"id": "k-3", "title": "k-3"})) == ["titles-are-ids"]
    assert list(faults({"id": "k-3"}, {"id": "k-3"})) == []
