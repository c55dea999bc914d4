"""A file of values is read however it was written, and no file stops the reader."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchbar.retrieval.values.table import SILENT, read_table

KNOWN = ("price", "stock", "Größe")


def read(content: str | bytes) -> dict[str, dict[str, Any]]:
    """What a file says, by id and column."""
    table = read_table(content.encode() if isinstance(content, str) else content, KNOWN)
    return {
        id: {n: cell for n, cell in zip(table.names, row, strict=False) if cell is not SILENT}
        for id, row in table.rows.items()
    }


PLAIN = "id,price,stock\na-1,9.5,3\nb,,7\n"
MEANT = {"a-1": {"price": "9.5", "stock": "3"}, "b": {"stock": "7"}}
WRITTEN: dict[str, bytes] = {
    "plain": PLAIN.encode(),
    "with the mark of UTF-8": PLAIN.encode("utf-8-sig"),
    "UTF-16 as PowerShell writes": b"\xff\xfe" + PLAIN.encode("utf-16-le"),
    "lines of Windows": PLAIN.replace("\n", "\r\n").encode(),
    "lines of old Macs": PLAIN.replace("\n", "\r").encode(),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "its separator told": ("sep=|\n" + PLAIN.replace(",", "|")).encode(),
    "quotes": b'"id","price","stock"\n"a-1","9.5","3"\n"b","","7"\n',
    "spaces and blank lines": b"\n id , Price,STOCK \n\n a-1 , 9.5 ,3\n\n b,,7 \n",
    "the id last": b"price,stock,id\n9.5,3,a-1\n,7,b\n",
    "an id twice: the last counts": (PLAIN + "b,1,1\nb,,7\n").encode(),
    "no end of line": PLAIN.strip().encode(),
    "a short row": b"id,stock,price\na-1,3,9.5\nb,7\n",
}


@pytest.mark.parametrize("way", WRITTEN)
def test_csv_is_read_however_it_was_written(way: str) -> None:
    assert read(WRITTEN[way]) == MEANT


def test_json_lines_keep_their_types_and_say_what_they_name() -> None:
    lines = '{"id": "a-1", "price": 9.5, "stock": null}\n\n{"id": 7, "Stock": true}\r\n'
    assert read(lines) == {"a-1": {"price": 9.5, "stock": None}, "7": {"stock": True}}


def test_ids_and_columns_are_known_in_any_unicode_form() -> None:
    assert read("id;gr\u00f6\u00dfe\nu\u0308-1;XL\n") == {"\u00fc-1": {"Größe": "XL"}}


def test_what_is_no_row_is_counted_and_other_columns_are_named() -> None:
    table = read_table(b"id,price,title\n,1,x\na,2,y,z\nb,3,z\n", KNOWN)
    assert (table.broken, set(table.others), list(table.rows)) == (2, {"title"}, ["b"])
    lines = '{"id": "a", "title": 1}\n[]\n7\n{"price": 1}\n{"id": true}\n{"id": "b"'
    table = read_table(lines.encode(), KNOWN)
    assert (table.broken, set(table.others), list(table.rows)) == (5, {"title"}, ["a"])


def test_an_empty_file_says_nothing() -> None:
    for content in (b"", b"\n \n", b"\xef\xbb\xbf", b"id,price\n"):
        assert read(content) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"sku,price\na,1\n", "column `id`"),
        (b"price\n1\n", "column `id`"),
        (b"sep=;\n", "column `id`"),
        ("id,größe\na,1\n".encode("latin-1"), "utf-8"),
        ("id,price\n".encode("utf-16-le"), "NUL"),
        (b"\xff\xfei", "truncated"),
        (b"id,price\na," + b"1" * 200_000, "field larger"),
    ],
)
def test_what_is_no_such_file_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(content)


def test_a_line_without_end_of_brackets_or_digits_is_one_broken_line() -> None:
    lines = (b'{"id": "a", "price": ' + b"[" * 100_000, b'{"id": ' + b"9" * 10_000 + b"}")
    table = read_table(b"\n".join((*lines, b'{"id": "a", "id": "b", "price": 1}')), KNOWN)
    assert (table.broken, dict(table.rows)) == (2, {"b": [1]})


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(str.encode),
        st.text('id,;"\n\r\t|{}[]:=sep 0\u0308', max_size=120).map(lambda t: f"id{t}".encode()),
        st.recursive(st.none() | st.text() | st.integers(), st.lists).map(
            lambda value: b'{"id": "a", "price": ' + json.dumps(value).encode() + b"}"
        ),
    )
)
def test_no_file_does_anything_but_say_something_or_why_not(content: bytes) -> None:
    try:
        table = read_table(content, KNOWN)
    except ValueError:
        return
    assert set(table.names) <= set(KNOWN)
    assert all(0 < len(id) <= 200 and len(row) <= 3 for id, row in table.rows.items())


CELL = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=8)
ID = CELL.filter(lambda text: text.isascii() and text != "")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.dictionaries(ID, st.tuples(CELL, CELL), max_size=8), st.sampled_from(",;\t|"))
def test_what_is_written_is_read(rows: dict[str, tuple[str, str]], separator: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([("id", "price", "stock"), *((id, *cells) for id, cells in rows.items())])
    meant = {
        id: {name: cell for name, cell in zip(("price", "stock"), cells, strict=True) if cell}
        for id, cells in rows.items()
    }
    assert read(text.getvalue()) == meant
