"""Columns of a release, read as they lie on disk."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from release_format.fields import FieldType
from searchbar.errors import Cause, SearchError
from searchbar.retrieval.columns import NO_RANK, TABLE, Columns, number_of

PRICE = {"name": "price", "type": "number", "file": "0.npy"}
BRAND = {"name": "brand", "type": "keyword", "file": "1.rank.npy"}


def laid_out(folder: Path, table: Any = (PRICE, BRAND), items: int = 3) -> Path:
    folder.mkdir(exist_ok=True)
    np.save(folder / "0.npy", np.array([1.5, math.nan, -2][:items], np.float64))
    np.save(folder / "1.rank.npy", np.array([1, 0, NO_RANK][:items], np.uint32))
    text = table if isinstance(table, str) else json.dumps(list(table))
    (folder / TABLE).write_text(text, encoding="utf-8")
    return folder


def test_columns_are_mapped_and_named_by_their_fields(tmp_path: Path) -> None:
    columns = Columns.open(laid_out(tmp_path / "columns"), 3)
    price, brand = columns.values("price"), columns.ranks("brand")
    assert price is not None
    assert brand is not None
    np.testing.assert_array_equal(price, [1.5, math.nan, -2])
    np.testing.assert_array_equal(brand, [1, 0, NO_RANK])
    assert isinstance(price.base, np.memmap)
    assert not price.flags.writeable
    assert (list(columns), len(columns)) == (["price", "brand"], 3)
    assert ("price" in columns, "size" in columns) == (True, False)
    assert (columns.ranks("price"), columns.values("brand")) == (None, None)


def test_an_older_release_has_no_columns(tmp_path: Path) -> None:
    columns = Columns.open(tmp_path / "columns", 7)
    assert (list(columns), len(columns), columns.values("price")) == ([], 7, None)


@pytest.mark.parametrize(
    ("table", "items"),
    [
        ((PRICE, BRAND), 2),
        ((PRICE, BRAND), 4),
        ("{", 3),
        ("7", 3),
        ("[7]", 3),
        ([{"name": "price", "type": "number"}], 3),
        ([PRICE | {"type": "money"}], 3),
        ([PRICE | {"file": "7.npy"}], 3),
        ([PRICE | {"file": "../columns/0.npy"}], 3),
        ([PRICE | {"file": TABLE}], 3),
        ([PRICE | {"type": "keyword"}], 3),
        ([BRAND | {"type": "date"}], 3),
    ],
)
def test_columns_that_do_not_fit_are_refused(tmp_path: Path, table: Any, items: int) -> None:
    folder = laid_out(tmp_path / "columns", table)
    with pytest.raises(SearchError, match=r"the columns in .* Fetch or build the release") as told:
        Columns.open(folder, items)
    assert told.value.cause is Cause.BROKEN_RELEASE


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00v\x00{'descr': '|O'}"])
def test_a_damaged_column_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = laid_out(tmp_path / "columns")
    (folder / "0.npy").write_bytes(content)
    with pytest.raises(SearchError, match="columns"):
        Columns.open(folder, 3)


@pytest.mark.parametrize(
    ("value", "kind", "number"),
    [
        (89.9, "number", 89.9),
        (-3, "number", -3.0),
        (True, "number", math.nan),
        ("89.9", "number", math.nan),
        (10**400, "number", math.nan),
        (math.inf, "number", math.nan),
        ([1], "number", math.nan),
        (None, "number", math.nan),
        (True, "boolean", 1.0),
        (False, "boolean", 0.0),
        (1, "boolean", math.nan),
        ("true", "boolean", math.nan),
        ("1970-01-02", "date", 86_400.0),
        ("1970-01-01T00:00:01Z", "date", 1.0),
        ("1970-01-01T01:00:00+01:00", "date", 0.0),
        ("1969-12-31", "date", -86_400.0),
        ("0001-01-01", "date", -62_135_596_800.0),
        ("9999-12-31T23:59:59Z", "date", 253_402_300_799.0),
        ("01.02.1970", "date", math.nan),
        ("", "date", math.nan),
        (0, "date", math.nan),
    ],
)
def test_a_value_of_its_type_has_a_number(value: object, kind: str, number: float) -> None:
    np.testing.assert_equal(number_of(value, FieldType(kind)), number)
