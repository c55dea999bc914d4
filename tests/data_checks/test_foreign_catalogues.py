"""Catalogues of other people on their first day and on the next ones."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from tests.data_checks.conftest import Admit, Admitted

KINDS = ("pot", "cup", "bowl", "jug", "plate", "spoon", "fork", "knife", "tray", "lid")


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=[*rows[0]])
        writer.writeheader()
        writer.writerows(rows)
    return path


def told(answer: Admitted) -> dict[str, str]:
    return {c.name: c.seen for c in (*answer.verdict.refusals(), *answer.verdict.warnings())}


def crockery(count: int = 60, **names: str) -> list[dict[str, Any]]:
    """Things in two sizes, without an id, under foreign names."""
    return [
        {
            names.get("thing", "Feld A"): f"Brown {KINDS[n // 2 % 10]} of clay {n // 20}",
            "Feld B": ("small", "large")[n % 2],
            "Preis": f"{n},90 €",
            "Feld C": f"Made by hand in the valley, number {n} of a long row of brown things",
        }
        for n in range(count)
    ]


def test_the_next_day_is_read_as_live_was(admit: Admit, store: Folder, tmp_path: Path) -> None:
    first = admit(write(tmp_path / "c.csv", crockery()))
    assert first.code == 0, first.stderr
    items = list(Snapshot.open(store.path("snapshot", first.id)).items)
    assert items[0].id.startswith("brown-")
    assert {item.extra["Preis"] for item in items} >= {0.9, 59.9}
    # Dearer, in another order, and with a column that would be a better title by its name.
    rows = [{**row, "Preis": "1,00 €", "Name": "same"} for row in reversed(crockery())]
    second = admit(write(tmp_path / "c.csv", rows), live=first.id)
    assert second.code == 0, second.stderr
    again = list(Snapshot.open(store.path("snapshot", second.id)).items)
    assert [(item.id, item.title) for item in again] == [(item.id, item.title) for item in items]
    assert {*told(second)} == {"other-fields-changed"}


def test_another_column_in_place_of_lives_is_a_warning(admit: Admit, tmp_path: Path) -> None:
    first = admit(write(tmp_path / "c.csv", crockery(thing="Bezeichnung")))
    renamed = admit(write(tmp_path / "c.csv", crockery(thing="Produktname")), live=first.id)
    assert renamed.code == 0, renamed.stderr
    assert told(renamed) == {"mapping-changed": "1: title: Bezeichnung → Produktname"}


def test_rows_that_are_wholly_alike_count_once(admit: Admit, store: Folder, tmp_path: Path) -> None:
    rows = [{"Titre": f"Sac {kind}"} for kind in (*KINDS, KINDS[0], KINDS[0])]
    answer = admit(write(tmp_path / "c.csv", rows))
    assert answer.code == 0, answer.stderr
    assert "2 × row that is wholly like another one" in answer.stderr
    assert len(list(Snapshot.open(store.path("snapshot", answer.id)).items)) == 10
    assert answer.verdict.facts["read"] == 10
    named = [{"id": "a", "title": "Sac"}, {"id": "a", "title": "Sac"}, {"id": "b", "title": "Pot"}]
    assert admit(write(tmp_path / "c.csv", named)).rules == {"identical-copy": 1}


def answers(count: int, alike: int) -> list[dict[str, Any]]:
    return [
        {
            "faq_id": f"F{n}",
            "question": f"How does number {n} work?",
            "answer": "Ask our friendly staff about it." if n < alike else f"By turning it {n} ×.",
        }
        for n in range(count)
    ]


def test_a_first_catalogue_may_say_one_thing_of_a_few_items(admit: Admit, tmp_path: Path) -> None:
    few = admit(write(tmp_path / "few.csv", answers(119, 12)))
    assert (few.code, "boilerplate" in told(few)) == (0, True), few.stderr
    many = admit(write(tmp_path / "many.csv", answers(300, 60)))
    assert (many.code, many.refused_by) == (1, ["boilerplate"])
    live = admit(write(tmp_path / "none.csv", answers(119, 0)))
    next_day = admit(write(tmp_path / "few.csv", answers(119, 12)), live=live.id)
    assert "boilerplate" in next_day.refused_by


def test_variants_of_one_thing_are_no_boilerplate(admit: Admit, tmp_path: Path) -> None:
    rows = [
        {"sku": f"s{n}", "name": f"Shirt {n // 60}", "text": f"Soft cotton {n // 60}.", "size": n}
        for n in range(240)
    ]
    answer = admit(write(tmp_path / "c.csv", rows))
    assert (answer.code, "boilerplate" in told(answer)) == (0, False), answer.stderr


def test_a_refusal_names_the_rules_behind_it(admit: Admit, tmp_path: Path) -> None:
    rows = [
        {"ArtNr": n, "Name": f"S\ufffd\ufffdig {n}" if n % 3 else f"Mild {n}"} for n in range(9)
    ]
    answer = admit(write(tmp_path / "c.csv", rows))
    assert (answer.code, answer.refused_by) == (1, ["quarantined"])
    assert "mojibake 6" in told(answer)["quarantined"]


@pytest.mark.parametrize(
    ("prices", "unit", "first"),
    [
        (["Rp 24.000", "Rp 144.000", "Rp 9.500"], "Rp", 24_000),
        (["$1,922.62", " $771.72", "$272.25"], "$", 1922.62),
        (["29,90 €", "1.029,90 €", "5,00 €"], "€", 29.9),
        (["₹ 1,299", "₹ 99", "₹ 12,499"], "₹", 1299),
        (["74 ₽", "1 187 ₽", "87 ₽"], "₽", 74),
        (["12000 FCFA", "15 000 FCFA", "9000 FCFA"], "FCFA", 12_000),
        (["RM 12.50", "RM 3.00", "RM 1,200.00"], "RM", 12.5),
        (["129 Kč", "1 290 Kč", "99 Kč"], "Kč", 129),
    ],
)
def test_prices_are_numbers_with_their_currency(
    prices: list[str], unit: str, first: float, admit: Admit, store: Folder, tmp_path: Path
) -> None:
    rows = [{"id": n, "title": f"T{n}", "price": price} for n, price in enumerate(prices)]
    answer = admit(write(tmp_path / "c.csv", rows))
    assert answer.code == 0, answer.stderr
    snapshot = Snapshot.open(store.path("snapshot", answer.id))
    assert next(iter(snapshot.items)).extra["price"] == first
    assert snapshot.schema is not None
    assert snapshot.schema.fields["price"].unit == unit


def test_a_few_pictures_that_are_none_are_left_out(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    rows = [
        {
            "id": n,
            "title": f"T{n}",
            "second_image": f"https://p.example/{n}.jpg" if n else "none yet",
        }
        for n in range(40)
    ]
    answer = admit(write(tmp_path / "c.csv", rows))
    assert answer.code == 0, answer.stderr
    schema = Snapshot.open(store.path("snapshot", answer.id)).schema
    assert schema is not None
    assert schema.fields["second_image"].type == "image"
