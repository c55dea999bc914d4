"""What columns are called elsewhere, and what their values must look like."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_checks.errors import CatalogueError
from data_checks.sources.mapping.columns import guessed_columns
from data_checks.sources.mapping.common_names import candidates, common_names, plain
from data_checks.sources.mapping.dates import reader_of
from data_checks.sources.mapping.made_ids import made_id
from data_checks.sources.mapping.mapped import mapped
from data_checks.sources.mapping.markup import is_markup, without_markup
from data_checks.sources.mapping.nested import flattened
from data_checks.sources.row import ReadOptions, Row
from release_format.items import FIELDS


def read(*rows: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """The rows under our words."""
    given = (Row(f"row {number}", row) for number, row in enumerate(rows))
    return [
        dict(row.values) for row in mapped(given, ReadOptions(**{"columns": {}, **options}), "x")
    ]


def test_the_table_names_ours_first_and_nothing_twice() -> None:
    assert set(common_names()) == {*FIELDS, "thing"}
    for word, names in common_names().items():
        assert word == "thing" or names[0] == plain(word)
        assert len(names) >= 10
        doubles = {name for name in names if names.count(name) > 1}
        assert not doubles, word


@pytest.mark.parametrize(
    ("word", "names", "first"),
    [
        ("title", ["Produkt-Name", "PRODUKTNAME"], "Produkt-Name"),
        ("title", ["Beschreibung", "Überschrift"], "Überschrift"),
        ("title", ["name_de", "label"], "label"),
        ("title", ["Titel (de)", "x"], "Titel (de)"),
        ("id", ["movieId", "imdbId"], "movieId"),
        ("id", ["Kunden ID", "x"], "Kunden ID"),
        ("id", ["paid", "x"], ""),
        ("id", ["Art.-Nr.", "EAN"], "Art.-Nr."),
        ("description", ["Body (HTML)", "Text"], "Body (HTML)"),
        ("url", ["Adresse web", "Lien"], "Lien"),
    ],
)
def test_a_name_is_known_in_any_letters(word: str, names: list[str], first: str) -> None:
    assert next(iter(candidates(word, names)), "") == first


def test_a_column_must_hold_what_ours_would_hold() -> None:
    values: dict[str, list[Any]] = {
        "sku": ["a", "", "", ""],
        "reference": ["1", "2", "3", "4"],
        "Name": ["A", "B", "C", "D"],
        "image": ["/a.jpg", "/b.jpg", "", ""],
        "photo": ["https://x/a.jpg", "", "", ""],
        "published": ["TRUE", "FALSE", "TRUE", "TRUE"],
        "date": ["01.02.2026", "", "", ""],
    }
    assert guessed_columns([*values], values, ()) == {
        "id": "reference",
        "title": "Name",
        "image_url": "photo",
        "updated_at": "date",
    }
    assert guessed_columns([*values], values, ("id", "title", "reference"), ("id", "title")) == {}


def test_our_own_name_is_never_mapped_over_and_what_is_told_goes_first() -> None:
    row = {"id": 1, "title": "T", "name": "N", "body": "B", "text": "X"}
    assert read(row) == [{"id": 1, "title": "T", "name": "N", "description": "B", "text": "X"}]
    assert read(row, columns={"description": "text", "price": "name"})[0] == {
        "id": 1,
        "title": "T",
        "price": "N",
        "body": "B",
        "description": "X",
    }
    assert read(row, as_is=True) == [row]
    assert read({"name": "N"}, columns={"id": "name", "title": "Name"}) == [
        {"id": "N", "title": "N"}
    ]
    with pytest.raises(CatalogueError, match=r"no column 'nam'; it has 'id', 'title'") as refused:
        read(row, columns={"title": "nam"})
    assert refused.value.exit_code == 2


def test_a_thing_is_a_title_only_where_it_names_each_row() -> None:
    films = [{"Film": "Heat", "Country": "US"}, {"Film": "Ran", "Country": "JP"}]
    assert [row["title"] for row in read(*films)] == ["Heat", "Ran"]
    texts = [{"id": n, "text": f"{n} " + "words " * 30, "Country": "US"} for n in range(3)]
    assert all("title" not in row for row in read(*texts))


def test_ids_are_made_of_an_address_or_a_title_where_each_differs() -> None:
    pages = [{"title": "Same", "link": f"https://x.example/p/{n}?a=1"} for n in range(2)]
    assert [row["id"] for row in read(*pages)] == ["x-example-p-0-a-1", "x-example-p-1-a-1"]
    packages = [{"name": name, "homepage": f"https://{name}.org"} for name in ("vue", "react")]
    assert [row["id"] for row in read(*packages)] == ["vue", "react"]
    assert [row["id"] for row in read({"name": "A"}, {"name": "A"}, {"name": "B"})] == [*"aab"]
    with pytest.raises(CatalogueError, match="neither its titles nor its addresses"):
        read({"title": "A"}, {"title": "A"}, as_is=True)


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_made_id_is_one_short_line(one: str, other: str) -> None:
    assert len(made_id(one)) <= 150
    assert not set(made_id(one)) & set(" \t\r\n/?#%")
    assert made_id(one) == made_id(f" {one} ".strip()) or one != one.strip()
    assert made_id(f"{one}+") != made_id(f"{one}#")


def test_languages_of_programmers_stay_apart() -> None:
    names = ["C", "C++", "C#", ".NET", "Net", "Node.js", "F*", "Ä. Ö.", "A&B"]
    assert len({made_id(name) for name in names}) == len(names)
    assert made_id("Node.js: The Guide (2nd ed.)") == "node-js-the-guide-2nd-ed"
    assert made_id("https://www.shop.example/tea/") == made_id("http://shop.example/tea")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (["01.11.2026", "30.11.2026 08:15"], ["2026-11-01", "2026-11-30T08:15:00Z"]),
        (["25/12/2025", "03/04/2026"], ["2025-12-25", "2026-04-03"]),
        (["12/25/2025", "03/04/2026"], ["2025-12-25", "2026-03-04"]),
        (["03/04/2026", "05/06/2026"], None),
        ([1700000000, 1700000001.0], ["2023-11-14T22:13:20Z", "2023-11-14T22:13:21Z"]),
        (["1700000000000"], ["2023-11-14T22:13:20Z"]),
        (["Mon, 30 Nov 2026 08:34:43 +0100"], ["2026-11-30T07:34:43Z"]),
        (["November 3, 2026 3:04 PM"], ["2026-11-03T15:04:00Z"]),
        (["2026-03-01 10:00:00 +0200", "2026-03-01"], ["2026-03-01T08:00:00Z", "2026-03-01"]),
        (["2026-03-01T10:00:00", "20260301"], ["2026-03-01T10:00:00", "20260301"]),
        (["31.12.2026", "soon"], None),
        (["31.12.2026"] * 30 + ["soon"], ["2026-12-31"] * 30 + ["soon"]),
    ],
)
def test_dates_are_read_where_a_column_agrees(
    written: list[Any], read_as: list[str] | None
) -> None:
    rows = [{"id": n, "title": "T", "updated_at": value} for n, value in enumerate(written)]
    expected = written if read_as is None else read_as
    assert [row["updated_at"] for row in read(*rows)] == expected


@given(st.lists(st.one_of(st.text(max_size=30), st.dates().map(str)), max_size=6))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_text_breaks_the_reading_of_dates(values: list[str]) -> None:
    if reader := reader_of(values):
        for value in values:
            assert isinstance(reader(value), str)


def test_objects_are_flattened_by_one_level() -> None:
    assert flattened({"price": {"amount": 5, "in": {"x": 1}}, "a": []}) == {
        "price.amount": 5,
        "price.in": {"x": 1},
        "a": [],
    }
    named = flattened(
        {"tags": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "l": [1, {"name": "x"}]}
    )
    assert named == {"tags": ["a", "b"], "l": [1, {"name": "x"}]}
    assert flattened({"_id": 1, "_source": {"title": "T", "_id": 2}}) == {
        "_id": 1,
        "title": "T",
        "_source._id": 2,
    }
    assert flattened({"images": [{"src": "https://x/1"}], "price": {"a": 1}, "price.a": 2}) == {
        "images": ["https://x/1"],
        "price.a": 2,
    }


def test_a_column_of_html_is_read_as_a_page_shows_it() -> None:
    page = "<p>Soft &amp; <b>warm</b>.</p>\\n<ul><li>Wool</li></ul><script>alert(1)</script>"
    assert without_markup(page) == "Soft & warm.\nWool"
    assert is_markup([page, "", None, 5])
    assert not is_markup([page, "5 < 6", "plain"])
    (row,) = read({"id": 1, "title": "A &amp; B", "description": page, "care": "<p>Cold</p>"})
    assert (row["title"], row["description"], row["care"]) == (
        "A & B",
        "Soft & warm.\nWool",
        "Cold",
    )


@pytest.mark.parametrize(
    ("images", "first"),
    [
        ("https://x/1.jpg, https://x/2.jpg", "https://x/1.jpg"),
        ("//cdn.x/1.jpg", "https://cdn.x/1.jpg"),
        ("a.png (https://x/1.png)", "https://x/1.png"),
        (["", "https://x/1.jpg"], "https://x/1.jpg"),
        ([], None),
    ],
)
def test_of_several_pictures_the_first_is_shown(images: Any, first: str | None) -> None:
    (row,) = read({"id": 1, "title": "T", "image_url": images})
    assert row["image_url"] == first
