"""Separators, quotes and encodings, told from a file itself."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data_checks.errors import CatalogueError
from data_checks.sources.dialect.encoding import CHUNK, is_western
from data_checks.sources.dialect.separator import SEPARATORS, CsvDialect, dialect_of
from data_checks.sources.fields_file import read_fields
from data_checks.sources.reader import source_rows
from data_checks.sources.row import ReadOptions


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("id,title\n1,a; b; c\n2,d; e; f\n", CsvDialect(",")),
        ("id;title;price\n1;Tea, green;9,90\n2;Pot, red;1,50\n", CsvDialect(";")),
        ("sep=;\r\nid;title\r\n", CsvDialect(";", skipped=1)),
        ('"sep=|"\nid|title\n', CsvDialect("|", skipped=1)),
        ('"id","a;b";"c"\n', CsvDialect(",")),
        ('id\ttitle\n1\t12" record\n2\t"Alien" cut\n', CsvDialect("\t", quoted=False)),
        ('id\ttitle\n1\t"A ""big"" one"\n2\t"two\nlines"\n', CsvDialect("\t")),
        ("title\nOne; two\n", CsvDialect(",")),
        ("", CsvDialect(",")),
    ],
)
def test_the_first_lines_tell_the_dialect(text: str, dialect: CsvDialect) -> None:
    assert dialect_of(text.splitlines(keepends=True)) == dialect


def unguarded(cell: str) -> str:
    """A cell as Excel reads it: what a program guards as `="007"` is 007."""
    is_guarded = len(cell) > 2 and cell.startswith('="') and cell.endswith('"')
    return cell[2:-1].replace('""', '"') if is_guarded else cell


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=12)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8),
    separator=st.sampled_from(SEPARATORS),
)
@example(rows=[["", "", '=""'], ['="a""b"', "", "c"]], separator=";")
@settings(max_examples=150, deadline=None, derandomize=True)
def test_what_a_program_writes_is_read_back(
    rows: list[list[str]], separator: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("csv") / "c.csv"
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([["id", "title", "url"], *rows])
    path.write_bytes(text.getvalue().encode())
    read = [[unguarded(cell) for cell in row] for row in rows]
    whole = [row for row in read if any(cell.strip() for cell in row)]
    expected = [row for row in whole if [cell.strip() for cell in row] != ["id", "title", "url"]]
    assert [list(row.values.values()) for row in source_rows(str(path))] == expected


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"]
)
def test_an_encoding_is_told_from_the_bytes(encoding: str, tmp_path: Path) -> None:
    rows = [["1", "Käse", "Ein großer Käse für Gäste – „fein“"]] * 3
    text = "id;title;description\n" + "".join(";".join(row) + "\n" for row in rows)
    (path := tmp_path / "c.csv").write_bytes(text.encode(encoding))
    options = ReadOptions({})
    assert [list(row.values.values()) for row in source_rows(str(path), options)] == rows
    assert bool(options.notes.sentences()) is (encoding not in ("utf-8", "utf-8-sig"))


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman", "cp1251", "shift_jis", "cp1250"])
def test_other_code_pages_are_refused_and_read_where_they_are_named(
    encoding: str, tmp_path: Path
) -> None:
    words = {
        "cp1251": "Красный чайник",
        "shift_jis": "赤い急須です",
        "cp1250": "Żółta łódź, książka",
    }
    title = words.get(encoding, "Ein großer Bücherschrank für Äpfel")
    (path := tmp_path / "c.csv").write_bytes(f'id,title\n1,"{title}"\n'.encode(encoding))
    with pytest.raises(CatalogueError, match="neither UTF-8 nor Windows-1252"):
        list(source_rows(str(path)))
    (row,) = source_rows(str(path), ReadOptions({}, encoding=encoding))
    assert row.values["title"] == title


def test_a_stray_byte_among_many_lines_is_its_rows_trouble(tmp_path: Path) -> None:
    lines = [f"{number},Tea {number}\n".encode() for number in range(200)]
    (path := tmp_path / "c.csv").write_bytes(b"id,title\n" + b"".join(lines) + b"x,T\x81a\n")
    options = ReadOptions({})
    *rows, last = source_rows(str(path), options)
    assert [row.values["title"] for row in rows] == [f"Tea {number}" for number in range(200)]
    assert "\udc81" in last.values["title"] or last.broken
    (note,) = options.notes.sentences()
    assert note.startswith("Some lines are neither UTF-8 nor Windows-1252")


def test_western_texts_are_western() -> None:
    texts = ["Ça coûte 5 € – «bon»", "El niño año", "Smørrebrød på dansk", "don’t “quote” it’s"]
    assert all(is_western(text.encode("cp1252")) for text in texts)


def test_letters_behind_the_first_chunk_decide_too(tmp_path: Path) -> None:
    plain = "".join(f"{number},Tea {number}\n" for number in range(40_000))
    (path := tmp_path / "c.csv").write_bytes(f"id,title\n{plain}x,Café\n".encode("latin-1"))
    *_, last = source_rows(str(path))
    assert last.values["title"] == "Café"


def test_a_file_may_be_one_long_line(tmp_path: Path) -> None:
    rows = [{"id": n, "title": f"Größe {n}"} for n in range(40_000)]
    (path := tmp_path / "a.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    assert path.stat().st_size > 4 * CHUNK
    assert sum(1 for _ in source_rows(str(path))) == 40_000


def test_empty_columns_lines_and_fields_of_a_spreadsheet_are_no_rows(tmp_path: Path) -> None:
    options = ReadOptions({})
    text = "\n id , title ,,\n1,Tea,,\n,,,\n\n2,Pot\n3,Cup,,,,\nid,title,,\n"
    (path := tmp_path / "c.csv").write_text(text)
    seen = [(row.values, row.broken) for row in source_rows(str(path), options)]
    assert seen == [
        ({"id": str(n), "title": t}, "") for n, t in ((1, "Tea"), (2, "Pot"), (3, "Cup"))
    ]
    assert options.notes.sentences() == [
        "Left out, since they are no rows: 1 × line of empty fields, 1 × the header again."
    ]


def test_a_separator_that_is_told_counts(tmp_path: Path) -> None:
    (path := tmp_path / "c.csv").write_text("id~title\n1~a,b;c\n")
    (row,) = source_rows(str(path), ReadOptions({}, separator="~"))
    assert row.values == {"id": "1", "title": "a,b;c"}


def test_an_archive_holds_one_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "c.csv.zip", "w") as archive:
        archive.writestr("a.csv", "id,title\n1,Tea\n")
        for aside in ("__MACOSX/a.csv", ".DS_Store", "x/.DS_Store", "x/._a.csv", "x/Thumbs.db"):
            archive.writestr(aside, "x")
    (row,) = source_rows(str(tmp_path / "c.csv.zip"))
    assert row.values["title"] == "Tea"
    with zipfile.ZipFile(tmp_path / "c.csv.zip", "a") as archive:
        archive.writestr("b.csv", "id,title\n2,Pot\n")
    with pytest.raises(CatalogueError, match=r"holds 2 \('a.csv', 'b.csv'\)"):
        list(source_rows(str(tmp_path / "c.csv.zip")))


def test_a_parquet_column_twice_is_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays(
        [pa.array(["1"]), pa.array(["a"]), pa.array(["b"])], ["id", "t", "t"]
    )
    pq.write_table(table, tmp_path / "c.parquet")
    with pytest.raises(CatalogueError, match="column 't' twice"):
        list(source_rows(str(tmp_path / "c.parquet")))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": 1}', r"holds 0 \(none\)"),
        ('{"a": [{}], "b": {"c": [{}]}}', r"holds 2 \('a', 'b.c'\)"),
        ("[1, 2", "is not JSON"),
        ('{"a": [{"id": 1}], "a": [{"id": 2}]}', "has the key 'a' twice"),
        ("[" * 5_000, "lie too deep inside each other. Export it as JSON lines"),
        ("5", r"holds 0 \(none\)"),
    ],
)
def test_json_without_one_list_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    (path := tmp_path / "c.json").write_text(text)
    with pytest.raises(CatalogueError, match=sentence):
        list(source_rows(str(path)))


SEVERAL = '{"shop": {"items": [{"id": 1}], "tags": [{"id": "t"}]}, "pages": [{"id": "p"}]}'


def test_one_of_several_lists_is_chosen_by_its_path(tmp_path: Path) -> None:
    (path := tmp_path / "c.json").write_text(SEVERAL)
    hint = r"holds 3 \('shop.items', 'shop.tags', 'pages'\). Say which: `list = 'shop.items'` under"
    with pytest.raises(CatalogueError, match=hint):
        list(source_rows(str(path)))
    for chosen, id in (("shop.items", 1), ("shop.tags", "t"), ("pages", "p")):
        (fields := tmp_path / "fields.toml").write_text(f"[read]\nlist = '{chosen}'\n")
        options = ReadOptions({}, list=read_fields(fields).read.list)
        assert [row.values for row in source_rows(str(path), options)] == [{"id": id}]


@pytest.mark.parametrize("text", [SEVERAL, '[{"id": 1}]', '{"item": {"id": 1}}'])
def test_a_list_that_is_not_there_is_refused_with_the_nearest(text: str, tmp_path: Path) -> None:
    (path := tmp_path / "c.json").write_text(text)
    there = "Did you mean 'shop.items'" if text == SEVERAL else "Known: none"
    with pytest.raises(
        CatalogueError, match=rf"no list of objects 'shop.item'. {there}"
    ) as refused:
        list(source_rows(str(path), ReadOptions({}, list="shop.item")))
    assert refused.value.exit_code == 2


def test_what_is_no_object_in_a_list_is_no_lost_row(tmp_path: Path) -> None:
    (path := tmp_path / "c.json").write_text('{"data": {"items": [{"id": 1}, 5]}}')
    whole, broken = source_rows(str(path))
    assert (whole.values, broken.broken) == ({"id": 1}, "is JSON, but not an object")


@pytest.mark.parametrize(
    "text",
    [
        '{"columns": ["id", "title"], "index": [0, 1], "data": [["a", "Tea"], ["b", "Pot"]]}',
        '{"id": {"0": "a", "1": "b"}, "title": {"0": "Tea", "1": "Pot"}}',
        '{"a": {"id": "a", "title": "Tea"}, "b": {"id": "b", "title": "Pot"}}',
    ],
)
def test_json_of_columns_or_by_key_is_read_as_rows(text: str, tmp_path: Path) -> None:
    (path := tmp_path / "c.json").write_text(text)
    rows = [row.values for row in source_rows(str(path))]
    assert [(row["id"], row["title"]) for row in rows] == [("a", "Tea"), ("b", "Pot")]
