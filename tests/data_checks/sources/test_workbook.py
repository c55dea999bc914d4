"""Workbooks: cells with their types, the right sheet, and files that are none."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_checks.errors import CatalogueError
from data_checks.sources.reader import source_rows
from data_checks.sources.row import ReadOptions
from data_checks.sources.table import workbook as reader
from data_checks.sources.table.sheet_xml import shared_texts, sheet_cells
from data_checks.sources.table.xml_part import SheetError
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from tests.data_checks.conftest import Admit
from tests.data_checks.sources.workbooks import MAIN, raw, workbook

HEADER = ["Artikelnummer", "Bezeichnung", "Preis", "Datum"]


def read(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    options = ReadOptions({})
    return [dict(row.values) for row in source_rows(str(path), options)], options.notes.sentences()


def test_cells_keep_their_types_and_formulas_their_saved_values(tmp_path: Path) -> None:
    lines: list[list[Any]] = [
        HEADER,
        [4006381333931, "Füller & Co", 19.989999999999998, raw('s="1"', "<v>46356</v>")],
        [7, raw('t="inlineStr"', "<is><t>Tinte</t></is>"), raw("", "<f>A1*2</f><v>3.5</v>"), None],
        ["007", raw('t="str"', "<f>X</f><v>Heft</v>"), None, raw('s="2"', "<v>46356.25</v>")],
        [True, raw('t="e"', "<v>#REF!</v>"), raw('s="3"', "<v>1234.5</v>"), raw('s="1"', "<v/>")],
    ]
    rows, _ = read(workbook(tmp_path / "c.xlsx", {"Artikel": lines}))
    assert [list(row.values()) for row in rows] == [
        [4006381333931, "Füller & Co", 19.99, "2026-11-30"],
        [7, "Tinte", 3.5, None],
        ["007", "Heft", None, "2026-11-30T06:00:00"],
        [True, None, 1234.5, None],
    ]


def test_the_first_sheet_with_a_table_is_read_and_the_others_are_told(tmp_path: Path) -> None:
    table: list[list[Any]] = [HEADER[:2], [1, "Tea"], [2, "Pot"]]
    pages: dict[str, list[list[Any]]] = {
        "Hidden": table,
        "Cover": [["Our catalogue"]],
        "Things": table,
        "Old": table,
    }
    rows, said = read(workbook(tmp_path / "c.xlsx", pages, hidden=["Hidden"]))
    assert [row["Bezeichnung"] for row in rows] == ["Tea", "Pot"]
    assert said == ["Read the sheet 'Things'; the others are left out: 'Cover', 'Old'."]


def test_a_merged_heading_and_empty_lines_are_no_rows(tmp_path: Path) -> None:
    lines: list[list[Any]] = [
        ["Spring 2026"],
        [],
        HEADER,
        [1, "Tea", 3.5],
        [],
        [2, "Pot", 12],
        ["Summe", None, 15.5],
    ]
    rows, said = read(workbook(tmp_path / "c.xlsx", {"A": lines}))
    assert [row["Bezeichnung"] for row in rows] == ["Tea", "Pot"]
    assert "The header is line 3; before it stands 'Spring 2026'." in said
    assert "1 × line of totals" in said[-1]


def test_a_workbook_is_admitted_like_any_catalogue(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    lines: list[list[Any]] = [HEADER, [1, "Tea", 3.5, None], [2, "Pot", 12, None]]
    answer = admit(workbook(tmp_path / "mine.xlsx", {"A": lines}))
    assert answer.code == 0, answer.stderr
    first, _ = Snapshot.open(store.path("snapshot", answer.id)).items
    assert (first.id, first.title, first.extra) == ("1", "Tea", {"Preis": 3.5})


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"xl/workbook.xml": "<workbook"}, "not a whole workbook"),
        ({"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"/>'}, "a text that is not there"),
        (
            {"xl/sharedStrings.xml": '<!DOCTYPE a [<!ENTITY b "c">]><sst/>'},
            "declares entities",
        ),
    ],
)
def test_a_broken_workbook_is_refused(parts: dict[str, str], sentence: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "c.xlsx", {"A": [HEADER, [1, "Tea"]]}, parts=parts)
    with pytest.raises(CatalogueError, match=sentence):
        read(path)


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "c.xlsx").write_bytes(b"id,title\n1,Tea\n")
    with pytest.raises(CatalogueError, match="not a whole workbook"):
        read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(CatalogueError, match="not a whole workbook"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(CatalogueError, match="is empty"):
        read(path)
    with pytest.raises(CatalogueError, match="holds no table"):
        read(workbook(path, {"A": []}))


def test_a_part_is_counted_as_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "c.xlsx", {"A": [HEADER, *([n, "Tea " * 9] for n in range(9_000))]})
    monkeypatch.setattr(reader, "LARGEST_PART", 100_000)
    with pytest.raises(CatalogueError, match="a part of it is larger"):
        read(path)


cell = (
    st.none()
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1).filter(str.strip)
)


@given(st.lists(st.lists(cell, min_size=1, max_size=30), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_what_a_program_saves_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[Any]]
) -> None:
    path = workbook(tmp_path_factory.mktemp("book") / "c.xlsx", {"A": lines})
    with zipfile.ZipFile(path) as archive:
        parts = [archive.read(f"xl/{name}.xml") for name in ("worksheets/sheet1", "sharedStrings")]
    texts = list(shared_texts([parts[1]]))
    read_back = dict(sheet_cells([parts[0]], texts, (), is_1904=False))
    for number, line in enumerate(lines, 1):
        while line and line[-1] is None:
            line = line[:-1]
        assert read_back[number] == line


@given(st.binary(max_size=200))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_no_bytes_break_the_reading_of_a_sheet(data: bytes) -> None:
    with pytest.raises(SheetError, match=r"\w"):
        list(sheet_cells([b"<worksheet>", data], [], (), is_1904=False))
