"""Tables of other people: where they begin, what stands between their rows, broken quotes."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_checks.errors import CatalogueError
from data_checks.sources.reader import source_rows
from data_checks.sources.row import ReadOptions
from data_checks.sources.table.header import TablePlace, table_place


def read(text: str, folder: Path) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """The rows, the reasons of broken ones, and what was said."""
    (path := folder / "c.csv").write_text(text, encoding="utf-8")
    options = ReadOptions({})
    rows = list(source_rows(str(path), options))
    whole = [dict(row.values) for row in rows if not row.broken]
    return whole, [row.broken for row in rows if row.broken], options.notes.sentences()


@pytest.mark.parametrize(
    ("text", "start", "has_header"),
    [
        ("id,title\n1,Tea\n2,Pot", 0, True),
        ("foo,bar,baz\nx,1,y\nz,2,w", 0, True),
        ("Catalogue 2026,,\n,,\nName,Size,Price\nTea,1 kg,2.50\nPot,2 l,12", 2, True),
        ("Shop:,Bonn,,,\nAm:,30.11.2026,,,\nArt.-Nr.,Name,Farbe,Preis\n1,Tee,rot,2\n2,Topf,grün,3",
         2, True),
        ("Tea,img/tea.png,1,2.50\nPot,img/pot.png,1,12.00\nCup,img/cup.png,2,3.00", 0, False),
        ("Tea,hot,2.50\nPot,cold,12.00\nCup,hot,3.00\nJug,hot,4", 0, False),
        ("Product,2024,2025\nTea,1,2\nPot,3,4", 0, True),
        ("Stuff,2024,2025\nTea,2024,2\nPot,3,4\nCup,1,2", 0, False),
        ("Word\nTea\nPot", 0, True),
        ("only,one,line", 0, True),
        ("", 0, True),
    ],
)  # fmt: skip
def test_a_table_begins_where_its_columns_are_named(
    text: str, start: int, has_header: bool
) -> None:
    lines = list(csv.reader(io.StringIO(text)))
    assert table_place(lines) == TablePlace(start, has_header)


def test_headings_between_rows_become_a_column(tmp_path: Path) -> None:
    text = (
        "\ufeff  OUR PANTRY — CATALOGUE,,,\nProduct name,Pack size,Stock status,\nRICE,,,\n"
        "Red rice,1 kg,In stock,\nBlack rice,5 kg,In stock,Only 11.50!\n,,,\nMILLETS,,,\n"
        "Finger millet,500 g,In stock,\nPearl millet,1 kg,Sold out,\n"
    )
    rows, broken, said = read(text, tmp_path)
    assert not broken
    assert [(row["section"], row["Product name"]) for row in rows] == [
        ("RICE", "Red rice"),
        ("RICE", "Black rice"),
        ("MILLETS", "Finger millet"),
        ("MILLETS", "Pearl millet"),
    ]
    assert rows[1]["column 4"] == "Only 11.50!"
    assert said[0] == "The header is line 2; before it stands 'OUR PANTRY — CATALOGUE'."
    assert "2 × heading, which became the column section" in said[-1]


def test_titles_without_anything_else_are_no_headings(tmp_path: Path) -> None:
    rows, _, _ = read("id,title,text\n1,,\n2,Pot,Hot\n3,,\n4,Cup,Blue\n5,Jug,Red\n", tmp_path)
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5"]
    few = "name,size,text\nPot,1,Hot\nTea,,\nCup,1,Blue\nTin,,\nJug,2,Red\nMug,3,A\nLid,3,A\n"
    assert len(read(few, tmp_path)[0]) == 7
    rows, _, _ = read("name,size,text\nTea,,\nPot,,\nCup,1,Blue\nJug,2,Red\nMug,3,A\n", tmp_path)
    assert len(rows) == 5


def test_totals_are_no_rows(tmp_path: Path) -> None:
    text = "Name,Colour,Size,Price\nTea,red,1,2.50\nTotal,blue,3,4\nTotal:,,,6.50\n"
    rows, _, said = read(text, tmp_path)
    assert [row["Name"] for row in rows] == ["Tea", "Total"]
    assert said == ["Left out, since they are no rows: 1 × line of totals."]


def test_a_table_without_a_header_gets_names(tmp_path: Path) -> None:
    rows, broken, said = read("Tea,hot,2.50\nPot,cold,12.00\nCup,hot,3.00\n", tmp_path)
    assert rows[0] == {"column 1": "Tea", "column 2": "hot", "column 3": "2.50"}
    assert (len(rows), broken) == (3, [])
    assert said[0].startswith("No line names the columns")


def test_columns_of_one_name_are_told_apart_but_never_ours(tmp_path: Path) -> None:
    rows, broken, said = read("id,title,skill,skill\n1,Cook,fish,meat\n2,Maid,dust\n", tmp_path)
    assert rows[0] == {"id": "1", "title": "Cook", "skill": "fish", "skill 2": "meat"}
    assert (rows[1]["skill"], broken) == ("dust", [])
    assert said == ["Several columns have one name, so their names got numbers: 'skill'."]
    with pytest.raises(CatalogueError, match="column 'title' twice"):
        read("id,title,title\n1,a,b\n", tmp_path)


def test_a_stray_quote_breaks_no_other_line(tmp_path: Path) -> None:
    text = 'id,title,text\n1,"Tea, green",a\n2,"19" rack",b\n3,"Pot "big"",c\n4,"Two\nlines",d\n'
    rows, broken, said = read(text, tmp_path)
    assert [row["title"] for row in rows] == ["Tea, green", '19" rack', 'Pot "big"', "Two\nlines"]
    assert not broken
    assert len(said) == 1
    assert said[0].startswith("A quote stands inside of a field at line 3, which was read as")


def test_codes_that_a_spreadsheet_guards_are_unguarded(tmp_path: Path) -> None:
    rows, _, _ = read('model,title\n"=""007-1""",Tea\n"=""A""""B""",Pot\n', tmp_path)
    assert [row["model"] for row in rows] == ["007-1", 'A"B']


cells = st.lists(st.text(max_size=12), max_size=5)


@given(st.lists(cells, max_size=25))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_lines_have_a_beginning_within_them(lines: list[list[str]]) -> None:
    place = table_place(lines)
    assert 0 <= place.start < max(len(lines), 1)


@given(st.lists(st.tuples(st.integers(1, 10**6), st.text("abc \"',;\n", min_size=1)), min_size=1))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_no_line_is_lost_whatever_its_quotes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "c.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("id", "title"), *rows])
    read_back = list(source_rows(str(path), ReadOptions({})))
    expected = [(str(id), title) for id, title in rows]
    assert [(row.values["id"], row.values["title"]) for row in read_back] == expected
