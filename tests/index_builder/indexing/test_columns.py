"""Typed columns, read back: they are what the items say, whatever those are called and hold."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_builder.indexing import columns
from index_builder.indexing.columns import LiveColumns, write
from index_builder.unchanged import places_in_live
from release_format.fields import Field, FieldType, Rank, Schema
from release_format.items import Item, Items, write_items
from searchbar.query.normalize import fold
from searchbar.retrieval.columns import NO_RANK, TABLE, Columns

BYTES_OF_A_HEADER = 128
SHOP = Schema(
    {
        each.name: each
        for each in (
            Field("price", FieldType.NUMBER, filter=True),
            Field("released", FieldType.DATE, sort=True),
            Field("in_stock", FieldType.BOOLEAN, facet=True),
            Field("brand", FieldType.KEYWORD, sort=True, facet=True),
            Field("series", FieldType.KEYWORD, filter=True),
            Field("sales", FieldType.NUMBER),
            Field("weight", FieldType.NUMBER, search=1),
        )
    },
    group_by="series",
    rank=Rank("-sales"),
)


def opened(folder: Path, items: Sequence[Item], schema: Schema | None) -> Columns:
    write_items(folder, items)
    write(folder / "columns", Items(folder), schema)
    return Columns.open(folder / "columns", len(items))


def values(columns: Columns, name: str) -> list[float | None]:
    held = columns.values(name)
    assert held is not None
    return [None if math.isnan(value) else value for value in held.tolist()]


def ranks(columns: Columns, name: str) -> list[int]:
    held = columns.ranks(name)
    assert held is not None
    return held.tolist()


def test_what_filters_sorts_counts_or_ranks_has_a_column(tmp_path: Path) -> None:
    items = [
        Item("a", "zebra", extra={"price": 9.5, "released": "1970-01-02", "brand": "Zeta"}),
        Item("b", "Apple", updated_at="1970-01-01", extra={"in_stock": False, "brand": "acme"}),
        Item("C", "", language="en", extra={"price": -1, "sales": 3, "brand": "ACME "}),
    ]
    items.sort(key=lambda item: item.id)
    read = opened(tmp_path, items, SHOP)
    names = ["id", "title", "language", "updated_at"]
    assert sorted(read) == sorted(
        [*names, "price", "released", "in_stock", "brand", "sales", "series"]
    )
    assert values(read, "price") == [-1, 9.5, None]
    assert values(read, "released") == [None, 86_400, None]
    assert values(read, "in_stock") == [None, None, 0]
    assert values(read, "updated_at") == [None, None, 0]
    assert ranks(read, "title") == [NO_RANK, 1, 0]
    assert ranks(read, "id") == [2, 0, 1]
    assert ranks(read, "brand") == [0, 1, 0]
    assert ranks(read, "series") == [NO_RANK] * 3


def test_a_catalogue_without_fields_of_its_own_has_ours(tmp_path: Path) -> None:
    assert sorted(opened(tmp_path, [Item("a")], None)) == ["id", "language", "title", "updated_at"]


def test_a_field_called_like_ours_does_not_take_its_place(tmp_path: Path) -> None:
    schema = Schema({"title": Field("title", FieldType.NUMBER, sort=True)})
    read = opened(tmp_path, [Item("a", "b", extra={"title": 7})], schema)
    assert (read.values("title"), ranks(read, "title")) == (None, [0])


def test_a_value_takes_eight_bytes_and_a_place_in_an_order_four(tmp_path: Path) -> None:
    count = 1_000
    opened(
        tmp_path, [Item(f"{n:04}", extra={"price": n, "brand": f"{n}"}) for n in range(count)], SHOP
    )
    for entry in json.loads((tmp_path / "columns" / TABLE).read_bytes()):
        size = (tmp_path / "columns" / entry["file"]).stat().st_size - BYTES_OF_A_HEADER
        assert size == count * (4 if entry["file"].endswith(".rank.npy") else 8)


HOSTILE_NAMES = ["../../etc/passwd", "a/b", "", ".", "..", "CON", "x" * 300, "nul\0", "\ud800", "É"]


def test_no_name_of_a_column_becomes_that_of_a_file(tmp_path: Path) -> None:
    schema = Schema({name: Field(name, FieldType.NUMBER, sort=True) for name in HOSTILE_NAMES})
    row = {name: number for number, name in enumerate(HOSTILE_NAMES) if name != "\ud800"}
    read = opened(tmp_path / "deep/er", [Item("a", extra=row)], schema)
    assert [values(read, name) for name in row] == [[number] for number in row.values()]
    assert {path.name for path in (tmp_path / "deep/er/columns").iterdir()} <= {
        TABLE,
        *(f"{number}{end}" for number in range(20) for end in (".npy", ".rank.npy")),
    }
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_dir()) == [
        "columns",
        "deep",
        "er",
    ]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["a", "A", "ß", "SS"])
ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.lists(TEXTS, max_size=2)
    | st.dates().map(str)
    | st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}Z")
)
USES = st.fixed_dictionaries({name: st.booleans() for name in ("filter", "sort", "facet")})
SCHEMAS = st.dictionaries(TEXTS, st.tuples(st.sampled_from(FieldType), USES), max_size=4).map(
    lambda table: Schema({name: Field(name, kind, **uses) for name, (kind, uses) in table.items()})
)


def number(value: Any, kind: FieldType) -> float | None:
    """What a value is in its column, said another way than the code says it."""
    match kind, value:
        case FieldType.BOOLEAN, bool():
            return int(value)
        case FieldType.NUMBER, int() | float() if not isinstance(value, bool):
            return float(value)
        case FieldType.DATE, str():
            for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
                try:
                    moment = datetime.strptime(value, form).replace(tzinfo=UTC)
                except ValueError:
                    continue
                return (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return None


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(schema=SCHEMAS, rows=st.lists(st.lists(ANYTHING, min_size=4, max_size=4), max_size=6))
def test_columns_are_what_the_items_say(
    tmp_path_factory: pytest.TempPathFactory, schema: Schema, rows: list[list[Any]]
) -> None:
    items = [
        Item(f"{place}", extra=dict(zip(schema.fields, row, strict=False)))
        for place, row in enumerate(rows)
    ]
    read = opened(tmp_path_factory.mktemp("columns"), items, schema)
    for field in schema:
        told = [item.extra.get(field.name) for item in items]
        if field.type in (FieldType.NUMBER, FieldType.DATE, FieldType.BOOLEAN):
            if field.filter or field.sort or field.facet:
                assert values(read, field.name) == [number(value, field.type) for value in told]
        elif field.sort:
            texts = [
                fold("\t".join(map(str, value)) if isinstance(value, list) else str(value))
                if value is not None
                else ""
                for value in told
            ]
            order = sorted(set(texts) - {""})
            assert ranks(read, field.name) == [
                order.index(text) if text else NO_RANK for text in texts
            ]
        else:
            assert field.name not in read


def made(draw: random.Random, id: str) -> Item:
    brands = ["", "acme", "Acme", "Bosch", "Zeta", f"b{draw.randrange(60)}"]
    extra: Mapping[str, Any] = {
        "price": draw.choice([draw.random(), draw.randrange(9)]),
        "released": f"20{draw.randrange(10, 30)}-01-02",
        "in_stock": draw.random() < 0.5,
        "brand": draw.choice(brands),
        "series": draw.choice(brands),
    }
    kept = {name: value for name, value in extra.items() if draw.random() < 0.8}
    return Item(id, draw.choice([f"Title {draw.randrange(99)}", "", "title 7"]), extra=kept)


def days(count: int = 300) -> list[list[Item]]:
    """A catalogue day by day, of which some items change, come and go."""
    draw = random.Random(8)
    days = [[made(draw, f"i{number:04}") for number in range(count)]]
    for day in range(4):
        kept = [
            made(draw, item.id) if draw.random() < 0.02 else item
            for item in days[-1]
            if draw.random() > 0.01
        ]
        days.append([made(draw, f"a{day}"), *kept, replace(kept[0], id=f"z{day}")])
        days[-1].sort(key=lambda item: item.id)
    return days


def test_what_is_written_beside_live_is_what_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogues = days()
    opened(tmp_path / "0", catalogues[0], SHOP)
    monkeypatch.setattr(columns, "_whole", None)
    for day, (before, after) in enumerate(pairwise(catalogues)):
        live, folder = Items(tmp_path / f"{day}"), tmp_path / f"{day + 1}"
        write_items(folder, after)
        held = Columns.open(tmp_path / f"{day}" / "columns", len(before))
        items = Items(folder)
        write(folder / "columns", items, SHOP, LiveColumns(held, live, places_in_live(items, live)))
    monkeypatch.undo()
    opened(tmp_path / "whole", catalogues[-1], SHOP)
    last = tmp_path / f"{len(catalogues) - 1}"
    for path in (tmp_path / "whole/columns").iterdir():
        assert (last / "columns" / path.name).read_bytes() == path.read_bytes(), path.name


def test_only_little_that_changed_is_read_and_much_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = days()[0]
    held = opened(tmp_path / "live", items, SHOP)
    read: list[int] = []
    monkeypatch.setattr(Items, "rows", lambda self: read.append(len(self)) or iter(()))
    for changed, is_whole in ((3, False), (60, True)):
        folder = tmp_path / f"{changed}"
        write_items(
            folder,
            [replace(each, title="x") if n < changed else each for n, each in enumerate(items)],
        )
        places = places_in_live(Items(folder), Items(tmp_path / "live"))
        live = LiveColumns(held, Items(tmp_path / "live"), places)
        read.clear()
        write(folder / "columns", Items(folder), SHOP, live)
        assert bool(read) is is_whole


def test_columns_that_live_does_not_have_are_written_whole(tmp_path: Path) -> None:
    items = days()[0]
    held = opened(tmp_path / "live", items, None)
    live = LiveColumns(held, Items(tmp_path / "live"), np.arange(len(items)))
    write(tmp_path / "columns", Items(tmp_path / "live"), SHOP, live)
    assert values(Columns.open(tmp_path / "columns", len(items)), "price") == [
        item.extra.get("price") for item in items
    ]
