"""What belongs to a catalogue lies beside it by its name, and nothing else is taken for it."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from data_checks.__main__ import main
from data_checks.sources.fields_file import read_fields
from data_checks.sources.side_files import side_file
from release_format.cli import run_program
from release_format.config.table import ConfigError
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder

ROWS = "Artikelnummer;Name;Rest\n1;Tee;heiß\n2;Topf;rot\n"
FIELDS = '[columns]\nid = "Artikelnummer"\ntitle = "name"\n'
REPAIR = (
    '[[repair]]\nid = "1"\nfield = "title"\nwas = "Tee"\nnow = "Grüner Tee"\nbecause = "It is."\n'
)


class Line:
    """`data_checks admit` as it is typed, with a store of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.store, self._capsys = Folder(folder / "store"), capsys
        self._more = ["--store", str(self.store.root), "--report", str(folder / "report")]

    def admit(self, catalogue: str, *more: str) -> tuple[int, str, list[str]]:
        code = run_program("data_checks", main, ["admit", catalogue, *self._more, *more])
        out, err = self._capsys.readouterr()
        if code:
            return code, err, []
        snapshot = Snapshot.open(self.store.path("snapshot", out.strip()))
        return code, err, [item.title for item in snapshot.items]


@pytest.fixture
def line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Line:
    (work := tmp_path / "work").mkdir()
    monkeypatch.chdir(work)
    return Line(tmp_path, capsys)


def test_beside_a_file_side_files_bear_its_name(line: Line) -> None:
    Path("mine.csv").write_text(ROWS)
    Path("catalogue").mkdir()
    for stray in ("fields.toml", "repairs.toml", "accepted.toml", "other.fields.toml"):
        Path(stray).write_text("[nonsense]\n")
        Path("catalogue", stray).write_text("[nonsense]\n")
    assert line.admit("mine.csv")[2] == ["Tee", "Topf"]
    Path("mine.fields.toml").write_text('[columns]\ntitle = "Rest"\n')
    assert line.admit("mine.csv")[2] == ["heiß", "rot"]
    assert line.admit("mine.csv", "--columns", "title=Name")[2] == ["Tee", "Topf"]
    Path("mine.repairs.toml").write_text(REPAIR)
    assert line.admit("mine.csv", "--columns", "title=Name")[2] == ["Grüner Tee", "Topf"]
    Path("mine.accepted.toml").write_text("[[accepted]]\n")
    code, err, _ = line.admit("mine.csv")
    assert (code, "mine.accepted.toml" in err) == (2, True)


def test_in_a_folder_they_have_their_plain_names(line: Line) -> None:
    (folder := Path("shop")).mkdir()
    (folder / "products.csv").write_text(ROWS)
    (folder / "judgments.jsonl").write_text("{}\n")
    (folder / "fields.toml").write_text(FIELDS)
    (folder / "repairs.toml").write_text(REPAIR)
    assert line.admit("shop")[2] == ["Grüner Tee", "Topf"]
    (folder / "more.csv").write_text(ROWS)
    code, err, _ = line.admit("shop")
    assert (code, "holds 2 (more.csv, products.csv)" in err) == (2, True)


def test_a_side_file_that_comes_or_changes_is_looked_at(line: Line) -> None:
    Path("mine.csv").write_text(ROWS)
    assert "Admitted before" not in line.admit("mine.csv")[1]
    assert "Admitted before" in line.admit("mine.csv")[1]
    Path("mine.fields.toml").write_text(FIELDS)
    assert "Admitted before" not in line.admit("mine.csv")[1]
    assert "Admitted before" in line.admit("mine.csv")[1]
    Path("mine.fields.toml").write_text(f"{FIELDS}[read]\nas_is = true\n")
    assert "Admitted before" not in line.admit("mine.csv")[1]
    Path("mine.repairs.toml").write_text(REPAIR)
    assert line.admit("mine.csv")[2] == ["Grüner Tee", "Topf"]


def test_a_fields_file_decides_how_a_file_is_read(line: Line) -> None:
    Path("mine.csv").write_bytes("id~name\n1~Łódź\n".encode("cp1250"))
    Path("mine.fields.toml").write_text('[read]\nencoding = "cp1250"\nseparator = "~"\n')
    assert line.admit("mine.csv")[2] == ["Łódź"]
    Path("mine.fields.toml").write_text(
        "[read]\nas_is = true\nseparator = '~'\nencoding = 'cp1250'"
    )
    code, err, _ = line.admit("mine.csv")
    assert (code, "no column for a title" in err) == (2, True)


@pytest.mark.parametrize(
    ("catalogue", "place"),
    [
        ("a.csv", "a.fields.toml"),
        ("b.tar.csv.gz", "b.tar.fields.toml"),
        ("C.JSON", "C.fields.toml"),
        ("folder.csv", "folder.csv/fields.toml"),
        ("none.csv", None),
        ("https://x.example/a.csv", None),
        ("debian", None),
    ],
)
def test_where_a_side_file_lies(catalogue: str, place: str | None, line: Line) -> None:
    for name in ("a.csv", "b.tar.csv.gz", "C.JSON"):
        Path(name).touch()
    Path("folder.csv").mkdir()
    assert side_file(catalogue, "fields.toml") == (Path(place) if place else None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colums = {}", "Did you mean 'columns'?"),
        ("[read]\nencoding = 'utf-99'", "there is no encoding 'utf-99'"),
        ("[read]\nencoding = 'base64'", "there is no encoding 'base64'"),
        ("[read]\nseparator = '::'", "'separator' must be one letter"),
        ("[fields.price]\ntype = 'money'", "'type' in [fields.price]"),
        ("[columns]\ntitle = ' '", "'title' in [columns]"),
        ("[rank]\nboost = 0.5", "'by' in [rank] is missing"),
        (f"{codecs.BOM_UTF8.decode()}[columns]", "begins with a byte order mark"),
    ],
)
def test_a_fields_file_that_cannot_be_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    (path := tmp_path / "fields.toml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_fields(path)
    assert str(path) in str(refused.value)
    assert sentence in str(refused.value)


def test_a_pulled_file_is_read_by_the_fields_beside_its_pin(line: Line) -> None:
    rows = ROWS.replace(";", "\t").replace("heiß", "Łódź żółta")
    (source := Path("export.tsv")).write_text(rows, encoding="cp1250")
    assert run_program("data_checks", main, ["pull", str(source)]) == 3, "in no encoding we know"
    Path("catalogue").mkdir()
    fields = '[columns]\ntitle = "Rest"\n[read]\nencoding = "cp1250"\n'
    Path("catalogue/fields.toml").write_text(fields)
    assert run_program("data_checks", main, ["pull", str(source)]) == 0
    source.unlink()
    line._capsys.readouterr()
    assert line.admit("catalogue")[2] == ["Łódź żółta", "rot"]
