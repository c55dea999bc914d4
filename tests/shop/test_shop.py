"""The demo shop is the same wherever it is made, and is a shop: variants, codes, pictures."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

from release_format.fields import FieldType, Rank
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.conftest import ROOT, last_line, run_line
from tests.searchbar.conftest import MakeRelease, encoder_directory, make_release
from tests.shop.files import CATALOGUE, PICTURES, VALUES, write_shop
from tests.shop.products import products, vocabulary

# The session's fixtures of the server's tests serve here, too.
__all__ = ["encoder_directory", "make_release"]
ADDRESS = "http://127.0.0.1:8000"
Row = dict[str, str]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder, products(2_000), ADDRESS)
    return folder


@pytest.fixture(scope="module")
def rows(shop: Path) -> list[Row]:
    with (shop / CATALOGUE).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_same_bytes_are_made_each_time(shop: Path, tmp_path: Path) -> None:
    elsewhere = {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    command = [sys.executable, "-m", "tests.shop", str(tmp_path / "again")]
    subprocess.run(
        command, cwd=ROOT, env={**os.environ, **elsewhere}, check=True, capture_output=True
    )
    again = contents(tmp_path / "again")
    assert again == contents(shop)
    assert sum(map(len, again.values())) < 5_000_000


def test_what_has_not_changed_keeps_its_time(shop: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in shop.rglob("*")}
    write_shop(shop, products(2_000), ADDRESS)
    assert {path: path.stat().st_mtime_ns for path in shop.rglob("*")} == before


def test_two_thousand_rows_have_names_of_their_own(rows: list[Row]) -> None:
    assert len(rows) == 2_000
    for column in ("Artikelnummer", "EAN", "Link"):
        assert len({row[column] for row in rows}) == 2_000
    assert len({row["Bezeichnung"] for row in rows}) > 1_950
    languages = [row["Sprache"] for row in rows]
    assert min(languages.count("de"), languages.count("en")) > 800


def test_every_kind_of_thing_comes_in_both_languages() -> None:
    kinds = {(product.style.kind["name"], product.style.language) for product in products(2_000)}
    assert kinds == {
        (kind["name"], language) for kind in vocabulary()["kinds"] for language in ("de", "en")
    }


def test_every_ean_has_its_check_digit(rows: list[Row]) -> None:
    weights = [1, 3] * 6 + [1]
    for row in rows:
        digits = [int(digit) for digit in row["EAN"]]
        assert sum(w * d for w, d in zip(weights, digits, strict=True)) % 10 == 0, row["EAN"]


def test_variants_of_a_style_differ_in_colour_and_size_only(rows: list[Row]) -> None:
    styles = defaultdict(list)
    for row in rows:
        styles[row["Modell"]].append(row)
    assert 300 < len(styles) < 800
    for variants in styles.values():
        for column in ("Marke", "Beschreibung", "Kategorie", "Sprache", "Erschienen", "Preis"):
            assert len({row[column] for row in variants}) == 1, column
        kinds = [(row["Farbe"], row["Groesse"]) for row in variants]
        assert len(set(kinds)) == len(kinds)


def test_every_value_is_of_its_kind(rows: list[Row]) -> None:
    kinds = {
        "Preis": r"\d+\.\d\d",
        "Bestand": r"\d+",
        "Angebot": "true|false",
        "Erschienen": r"202\d-\d\d-\d\d",
        "Bewertung": r"([1-5]\.\d)?",
        "Waehrung": "EUR",
    }
    for column, kind in kinds.items():
        values = {row[column] for row in rows}
        assert not [value for value in values if not re.fullmatch(kind, value)], column
        assert len(values) > 1 or column == "Waehrung"


def test_every_picture_is_there_and_draws_only(shop: Path, rows: list[Row]) -> None:
    named = {row["Bild"].removeprefix(f"{ADDRESS}/pictures/") for row in rows}
    assert named == {path.name for path in (shop / PICTURES).iterdir()}
    for name in sorted(named)[:200]:
        root = ElementTree.fromstring((shop / PICTURES / name).read_bytes())
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags <= {"svg", "g", "path", "rect", "circle", "ellipse"}


def test_the_values_that_change_are_those_of_the_rows(shop: Path, rows: list[Row]) -> None:
    with (shop / VALUES).open(encoding="utf-8", newline="") as file:
        values = list(csv.DictReader(file))
    assert [tuple(row.values()) for row in values] == [
        (row["Artikelnummer"], row["Preis"], row["Bestand"]) for row in rows
    ]


@pytest.fixture(scope="module")
def snapshot(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The shop, admitted as a newcomer's `make up` admits it."""
    folder = tmp_path_factory.mktemp("admitted")
    report = ("--report", str(folder / "report"))
    line = ("data_checks", "admit", str(shop / CATALOGUE), *report)
    id = last_line(run_line(*line, store=folder / "store"))
    return Snapshot.open(Folder(folder / "store").path("snapshot", id))


def test_the_data_gate_takes_all_of_it_with_the_types_that_it_declares(snapshot: Snapshot) -> None:
    assert (len(snapshot.items), snapshot.quarantine()) == (2_000, [])
    schema = snapshot.schema
    assert schema is not None
    kinds = {
        "price": FieldType.NUMBER,
        "sale": FieldType.BOOLEAN,
        "released": FieldType.DATE,
        "ean": FieldType.KEYWORD,
    }
    assert {name: schema.fields[name].type for name in kinds} == kinds
    assert (schema.group_by, schema.rank) == ("style", Rank("-sold", 0.02))
    item = snapshot.items[0]
    assert isinstance(item.extra["price"], int | float)
    assert isinstance(item.extra["sale"], bool)


QUESTIONS = {
    "Regenjacke fürs Fahrrad": "Regenjacke",
    "waterproof jacket for cycling": "Rain jacket",
    "etwas um Löcher in die Wand zu bohren": "Akkuschrauber",
    "make coffee with milk foam": "Espresso machine",
    "Messer zum Zwiebeln schneiden": "Kochmesser",
    "sleep outdoors in the cold": "Sleeping bag",
}


@pytest.fixture(scope="module")
def engine(snapshot: Snapshot, make_release: MakeRelease) -> Engine:
    """The first styles of the shop as a release, one variant of most of them."""
    styles = defaultdict(list)
    for item in snapshot.items:
        styles[int(str(item.extra["style"])[3:])].append(item)
    items = [i for n in range(1, 103) for i in styles[n][: 99 if n < 10 else 1]]
    return Engine.open(make_release(items, schema=snapshot.schema))


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_people_mean_is_found_first_in_either_language(engine: Engine, question: str) -> None:
    first, *_ = engine.search(Question(question)).hits
    assert QUESTIONS[question] in first.title


def test_codes_filters_and_variants_are_those_of_a_shop(engine: Engine) -> None:
    item = engine.retriever.items[0]
    for code in (str(item.extra["ean"]), item.id):
        hit, *_ = engine.search(Question(code)).hits
        assert (hit.id, hit.matched) == (item.id, "exact")
    answer = engine.search(Question("jacket", k=100, filters={"price": ["50..150"]}))
    assert answer.hits
    assert all(50 <= hit.fields["price"] <= 150 for hit in answer.hits)
    styles = [hit.fields["style"] for hit in answer.hits]
    assert len(set(styles)) == len(styles)
    assert max(hit.variants for hit in answer.hits) > 1
