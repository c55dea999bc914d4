"""A release with values over it is the release that the changed items would have been."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.fields import FieldType
from release_format.items import Item
from searchbar.retrieval.columns import NUMBERS
from searchbar.retrieval.values.state import ValuesState
from tests.searchbar.retrieval.values.made import ITEMS, SCHEMA, Held, held

Row = dict[str, Any]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return held(tmp_path_factory.mktemp("held"))


def with_rows(release: Held, path: Path, rows: Mapping[str, Row]) -> ValuesState:
    lines = (json.dumps({"id": id, **row}) for id, row in rows.items())
    path.write_text("\n".join(lines), encoding="utf-8")
    return release.values(path).state


def changed(item: Item, row: Row) -> Item:
    """The item as it would have been sealed with these values."""
    fields = {**item.extra, **row}
    return replace(item, extra={n: v for n, v in fields.items() if v is not None and v != []})


SHELF = st.sampled_from(["Links", "links", "Oben", "Zuletzt", "x" * 150, "ß", "Ä"])
CELLS = {
    "price": st.none() | st.floats(-1e6, 1e6) | st.integers(-9, 9),
    "stock": st.none() | st.integers(-(10**6), 10**6),
    "weight": st.none() | st.integers(0, 9),
    "sale": st.none() | st.booleans(),
    "due": st.none() | st.dates().map(str) | st.just("2026-01-02T03:04:05Z"),
    "shelf": st.none() | SHELF | st.lists(SHELF, unique=True, min_size=2, max_size=3),
}
ROWS = st.dictionaries(
    st.sampled_from([item.id for item in ITEMS]), st.fixed_dictionaries({}, optional=CELLS)
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ROWS)
def test_all_is_as_if_the_items_had_these_values(
    release: Held, tmp_path_factory: pytest.TempPathFactory, rows: dict[str, Row]
) -> None:
    folder = tmp_path_factory.mktemp("as-if")
    state = with_rows(release, folder / "values", rows)
    items = [changed(item, rows.get(item.id, {})) for item in ITEMS]
    fresh = held(folder / "fresh", items)
    assert (state.left_out, state.unknown) == (0, 0)
    for position, item in enumerate(fresh.items):
        assert state.now(release.items[position], position) == item
        assert facets_at(state, position) == facets_at(fresh, position)
    for name in fresh.columns:
        if SCHEMA.get(name) and SCHEMA.fields[name].type in NUMBERS:
            np.testing.assert_array_equal(state.columns.values(name), fresh.columns.values(name))
        elif (ranks := state.columns.ranks(name)) is not None:
            _, same_order = np.unique(ranks, return_inverse=True)
            fresh_ranks = fresh.columns.ranks(name)
            assert fresh_ranks is not None
            _, expected = np.unique(fresh_ranks, return_inverse=True)
            np.testing.assert_array_equal(same_order, expected)


def facets_at(of: ValuesState | Held, position: int) -> list[tuple[str, str]]:
    facets = of.facets
    start, end = facets.offsets[position : position + 2]
    return sorted(facets.values[number] for number in facets.numbers[start:end].tolist())


def test_the_release_itself_is_left_as_it_is(release: Held, tmp_path: Path) -> None:
    before = [facets_at(release, position) for position in range(len(ITEMS))]
    row = {"price": 1, "shelf": "Oben", "sale": None}
    state = with_rows(release, tmp_path / "values", {"a-1": row})
    assert [facets_at(release, position) for position in range(len(ITEMS))] == before
    prices = release.columns.values("price")
    assert prices is not None
    assert prices[1] == 10.5
    assert (state.columns.number, release.columns.number) == (1, 0)
    assert state.facets.values is not release.facets.values


def test_a_cell_that_does_not_fit_is_left_out_alone(release: Held, tmp_path: Path) -> None:
    row = {"price": "dear", "stock": 7, "sale": "perhaps", "shelf": 1.5, "due": None}
    state = with_rows(release, tmp_path / "values", {"a-1": row, "b": row})
    assert (state.left_out, state.unknown, state.rows) == (3, 1, 2)
    item = state.now(release.items[1], 1)
    own = ITEMS[1].extra
    assert item.extra == {**{n: v for n, v in own.items() if n != "due"}, "stock": 7}


def test_texts_and_columns_of_nobody_are_ignored_by_name(release: Held, tmp_path: Path) -> None:
    row = {"note": "new", "title": "new", "price": 3, "nobody's": 1}
    state = with_rows(release, tmp_path / "values", {"a-1": row})
    assert state.ignored == ["nobody's", "note", "title"]
    item = state.now(release.items[1], 1)
    assert (item.title, item.extra["note"], item.extra["price"]) == ("Lamp 1", "fragile", 3)


def test_every_type_that_can_change_is_tried() -> None:
    tried = {SCHEMA.fields[name].type for name in CELLS}
    assert tried == {*NUMBERS, FieldType.KEYWORD}
