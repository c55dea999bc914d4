"""Catalogues of every kind with hostile cells: what stands in them, and how each is written."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Rows = Sequence[dict[str, Any]]
NAMES = ("id", "title", "description", "topics", "url", "updated_at", "price", "note")


def nested(depth: int) -> Any:
    value: Any = "deep"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


TEXTS = (
    *("\ud800", "a\udfffb", "\udcff", "a\0b", "\0", "\x1b[31mred", "\u202eabc", "\ufeff", "\x85"),
    *("9" * 5_000, "1e999", "-1e-999", "NaN", "Infinity", "-inf", "0x1F", "١٢٣", "1" * 64),
    *("10000-01-01", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "0000-00-00"),
    *("infinity", "0044-03-15 BC", "2026-02-30", "99999999999999", "24:00", "Sat, 99 Foo 10000"),
    *("x" * 1_000_000, "é" * 300_000, "<" * 5_000, "&#x110000;", "<!-- ", "a\r\n\r\nb", "\r", "\n"),
    *('"', "'", '""', ",", ";|,\t", "=1+1", "http://[", "http://\ud800/", "https://a b", "::"),
    *(
        " ",
        "",
        "\u2028",
        "\u0301" * 3_000,
        "👩‍👩‍👧‍👦",
        "null",
        "true",
        "{'a': 1}",
        '{"a":',
        "[" * 400,
    ),
)
VALUES: Sequence[Any] = (
    *TEXTS,
    *(None, True, 10**18, -(10**18), 10**4_000, 1e308, -0.0, 5e-324),
    *(float("nan"), float("inf"), float("-inf"), b"\xff\x00\xfe", bytes(range(256)), b"plain"),
    *([], {}, [None, "\ud800", "a\0"], {"\ud800": "\ud800"}, {"": ""}, [[1], {"a": [b"\xff"]}]),
    *(nested(200), nested(290), nested(310), nested(600), [nested(299)]),
)


def with_cells(count: int, cells: Mapping[tuple[int, str], Any]) -> list[dict[str, Any]]:
    """So many plain rows, with these values at (row, column)."""
    rows = [
        {
            "id": f"item-{number}",
            "title": f"Kettle {number}",
            "description": f"Boils water for {number} cups of tea.",
            "topics": "kitchen|tea",
            "url": f"https://shop.example/{number}",
            "updated_at": f"2026-01-{number % 28 + 1:02}",
            "price": f"{number}.50",
            "note": f"shelf {number % 3}",
        }
        for number in range(count)
    ]
    for (number, name), value in cells.items():
        rows[number][name] = value
    return rows


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else "" if value is None else _json(value)
    return text.encode("utf-8", "surrogatepass")


def _json(value: Any) -> str:
    return json.dumps(value, default=lambda other: other.decode("latin-1"))


def _separated(separator: str) -> Callable[[Path, Rows], None]:
    def write(path: Path, rows: Rows) -> None:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
        writer.writerow(NAMES)
        for row in rows:
            cells = (_bytes(row[name]).decode("utf-8", "surrogateescape") for name in NAMES)
            writer.writerow(cells)
        path.write_bytes(text.getvalue().encode("utf-8", "surrogateescape"))

    return write


def _as_jsonl(path: Path, rows: Rows) -> None:
    path.write_text("".join(f"{_json(row)}\n" for row in rows), encoding="utf-8")


def _as_json(path: Path, rows: Rows) -> None:
    path.write_text(_json({"data": list(rows)}), encoding="utf-8")


def _as_parquet(path: Path, rows: Rows) -> None:
    """Texts as they are, UTF-8 or not; dates and prices in columns of a type of their own."""
    columns = {name: _strings([_bytes(row[name]) for row in rows]) for name in NAMES}
    odd = [row["updated_at"] for row in rows]
    moments = [_number(value) if _is_odd(value) else 1_767_225_600_000_000 for value in odd]
    columns["updated_at"] = pa.array(moments, pa.int64()).cast(pa.timestamp("us", "UTC"))
    prices = [row["price"] if isinstance(row["price"], float) else 1.5 for row in rows]
    columns["price"] = pa.array(prices, pa.float64())
    columns["picture"] = pa.array([_bytes(row["note"]) for row in rows], pa.binary())
    columns["sizes"] = pa.array([[moment] for moment in moments]).cast(pa.list_(pa.timestamp("ms")))
    pq.write_table(pa.table(columns), path)


def _is_odd(value: Any) -> bool:
    return not (isinstance(value, str) and value.startswith("2026-01-"))


def _number(value: Any) -> int:
    """A moment that no date holds, another one for each value."""
    return (2**62 + len(_bytes(value))) * (-1 if value is None else 1)


def _strings(values: Sequence[bytes]) -> Any:
    offsets = pa.array([0, *_ends(values)], pa.int32()).buffers()[1]
    return pa.StringArray.from_buffers(len(values), offsets, pa.py_buffer(b"".join(values)))


def _ends(values: Sequence[bytes]) -> list[int]:
    ends = [len(value) for value in values]
    for place in range(1, len(ends)):
        ends[place] += ends[place - 1]
    return ends


def _as_sqlite(path: Path, rows: Rows) -> None:
    """Any type in any column, texts that are not UTF-8 and bytes."""
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TABLE products ({', '.join(NAMES)})")
        for row in rows:
            places = ["CAST(? AS TEXT)" if isinstance(row[name], str) else "?" for name in NAMES]
            values = [_bound(row[name]) for name in NAMES]
            database.execute(f"INSERT INTO products VALUES ({', '.join(places)})", values)
    database.close()


def _bound(value: Any) -> Any:
    if value is None or isinstance(value, bytes | float):
        return value
    return value if isinstance(value, int) and abs(value) < 2**63 else _bytes(value)


WRITERS: Mapping[str, Callable[[Path, Rows], None]] = {
    "csv": _separated(","),
    "tsv": _separated("\t"),
    "jsonl": _as_jsonl,
    "json": _as_json,
    "parquet": _as_parquet,
    "db": _as_sqlite,
}
