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

from tests.conftest import ROOT
from tests.shop.files import CATALOGUE, PICTURES, VALUES, write_shop
from tests.shop.products import products

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
