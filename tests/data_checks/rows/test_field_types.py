"""Types and uses of columns are inferred from all their values, and what a person says wins."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from data_checks.rows.column_values import CatalogueColumns, Distinct
from data_checks.rows.declared import TypedColumns, typed_columns
from data_checks.rows.typed_items import Misfits, typed_items
from data_checks.sources.fields_file import DeclaredField, DeclaredRank, FieldsFile
from release_format.fields import Field, Rank
from release_format.items import Item

N = 200


def typed(columns: Mapping[str, Sequence[Any]], declared: FieldsFile | None = None) -> TypedColumns:
    counted = CatalogueColumns()
    for row in range(max(map(len, columns.values()))):
        own = {
            name: values[row] for name, values in columns.items() if values[row : row + 1] != [""]
        }
        counted.add(own)
    return typed_columns(counted.by_name(), declared or FieldsFile())


def field(name: str, values: Sequence[Any], **declared: Any) -> Field:
    file = FieldsFile(fields={name: DeclaredField(**declared)}) if declared else None
    return typed({name: values}, file).schema.fields[name]


def spread(*values: str) -> list[str]:
    """Each value about equally often, in a mixed order."""
    return random.Random(7).sample([values[n % len(values)] for n in range(N)], N)


EANS = [f"40063813{n:05}" for n in range(N)]
PRICES = [f"{n},{n % 100:02} €" for n in range(N)]


@pytest.mark.parametrize(
    ("name", "values", "type"),
    [
        ("price", [f"{n}.90" for n in range(N)], "number"),
        ("price", PRICES, "number"),
        ("price", [f"{n}.90" for n in range(N - 4)] + ["on request"] * 4, "number"),
        ("price", [f"{n}.90" for n in range(N - 5)] + ["on request"] * 5, "keyword"),
        ("price", [f"{n}.90" for n in range(N - 90)] + ["N/A"] * 90, "number"),
        ("size", spread("500 g", "2 kg"), "keyword"),
        ("year", [str(1990 + n % 30) for n in range(N)], "number"),
        ("ean", EANS, "keyword"),
        ("digits", EANS, "keyword"),
        ("plz", spread("80331", "10115"), "keyword"),
        ("part", [f"{n:05}" for n in range(N)], "keyword"),
        ("product_no", [str(n) for n in range(N)], "keyword"),
        ("order no", spread("1", "2", "3"), "number"),
        ("parent_id", spread("17", "18"), "keyword"),
        ("created_at", [str(1_714_521_600 + n) for n in range(N)], "number"),
        ("released", [f"2024-05-{n % 28 + 1:02}" for n in range(N)], "date"),
        ("seen", [f"2024-05-01T10:{n % 60:02}:00+02:00" for n in range(N)], "date"),
        ("datum", [f"{n % 28 + 1:02}.05.2024" for n in range(N)], "date"),
        ("date", [f"{n % 12 + 1:02}/{n % 12 + 1:02}/2024" for n in range(N)], "keyword"),
        ("date", [f"{n % 28 + 1:02}/05/2024" for n in range(N)], "date"),
        ("date", [f"05/{n % 28 + 1:02}/2024" for n in range(N)], "date"),
        ("date", spread("13/05/2024", "05/13/2024"), "keyword"),
        ("in_stock", spread("yes", "no"), "boolean"),
        ("lagernd", spread("Ja", "Nein"), "boolean"),
        ("disponible", spread("sí", "no"), "boolean"),
        ("dispo", spread("oui", "non"), "boolean"),
        ("is_new", spread("1", "0"), "boolean"),
        ("copies", spread("1", "0"), "number"),
        ("country", spread("no", "de", "se"), "keyword"),
        ("country", spread("no", "si"), "boolean"),
        ("code", ["on"] * N, "keyword"),
        ("photo", [f"https://x.example/{n}.jpg?w=3" for n in range(N)], "image"),
        ("photos", [f"https://x.example/{n}" for n in range(N)], "image"),
        ("more", [["https://x.example/a.png", "https://x.example/b.png"]] * N, "image"),
        ("manual", [f"https://x.example/{n}" for n in range(N)], "url"),
        ("evil", [f"javascript:alert({n})" for n in range(N)], "keyword"),
        ("colour", spread("red", "green"), "keyword"),
        ("notes", [f"{n} " + "many words " * 12 for n in range(N)], "text"),
        ("empty", ["-"] * N, "keyword"),
    ],
)
def test_the_type_of_a_column(name: str, values: Sequence[Any], type: str) -> None:
    assert field(name, values).type == type


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (["1.234,50", "8,00", "900"], 1234.5),
        (["1,234.50", "8.00", "900"], 1234.5),
        (["1.500", "12.000", "800"], 1500),
        (["1.125", "2.375", "3"], 1.125),
        (["1.500", "2.5", "3"], 1.5),
        (["1,500", "12,000", "800"], 1500),
        (["0.750", "1.250"], 0.75),
        (["1 500", "800"], 1500),
    ],
)
def test_marks_between_digits_are_told_by_the_whole_column(values: list[str], first: float) -> None:
    columns = typed({"price": values})
    assert columns.readings["price"].value(values[0]) == first


def test_uses_follow_the_type_the_name_and_the_values() -> None:
    schema = typed(
        {
            "brand": spread("Acme", "Grün"),
            "ean": EANS,
            "model": [f"WX-{n}" for n in range(N)],
            "price": PRICES,
            "stock": [str(n) for n in range(N)],
            "warehouse": spread("A", "B"),
            "colours": spread("red, blue", "green", "white, red"),
            "sizes": [["S", "M"], ["L"]] * (N // 2),
            "motto": [f"All about thing {n}" for n in range(N)],
            "weight_kg": [str(n) for n in range(N)],
            "Breite (cm)": [str(n) for n in range(N)],
            "updated": ["2024-05-01"] * N,
        }
    ).schema.fields
    brand, ean, price = schema["brand"], schema["ean"], schema["price"]
    assert (brand.search, brand.facet, brand.filter, brand.sort, brand.show) == (2, 1, 1, 1, 1)
    assert (ean.code, ean.search > 0, ean.filter, ean.facet, ean.show) == (1, 1, 1, 0, 0)
    assert schema["model"].code
    assert (price.unit, price.search, price.sort, price.show) == ("€", 0, True, 2)
    for name in ("stock", "warehouse", "updated"):
        assert schema[name].search == 0
    for name in ("colours", "sizes"):
        assert (schema[name].search, schema[name].facet, schema[name].sort) == (1, True, False)
    assert (schema["motto"].search, schema["motto"].facet) == (1, False)
    assert (schema["weight_kg"].unit, schema["weight_kg"].heading) == ("kg", "Weight kg")
    assert (schema["Breite (cm)"].unit, schema["Breite (cm)"].heading) == ("cm", "Breite")
    shown = [one.show for one in schema.values()]
    assert [*schema][:2] == ["brand", "price"], "in the order in which they are shown"
    assert sorted(shown, reverse=True)[:5] == [5, 4, 3, 2, 1]


FOODS = ("flour", "sugar", "salt", "milk", "rice", "oil")


def _portions(row: int) -> list[str]:
    return [
        f"{(row * 7 + n * 13) % 397} g {food}, sifted"[: -8 * (n % 2)]
        for n, food in enumerate(FOODS)
    ]


@pytest.mark.parametrize(
    ("name", "values", "facet"),
    [
        ("ingredients", [", ".join(_portions(n)) for n in range(N)], False),
        ("zutaten", [_portions(n) for n in range(N)], False),
        ("tags", [[FOODS[n % 6], FOODS[n % 5]] for n in range(N)], True),
        ("tags", ["red; blue", "blue; green"] * (N // 2), True),
        ("sizes", [["S", "M", "L", "XL"]] * 3, True),
        ("delivery", spread("It ships within two days.", "No return once it is open!"), False),
        ("note", spread(*(f"take {n} of these when you wake up" for n in "abc")), False),
        ("maker", spread("Acme Inc.", "Bros. and Daughters of the Old Mill Co."), True),
        ("sold by", spread("Acme Inc.", "Warner Bros. Home Entertainment"), True),
        ("place", spread("Rod Laver Arena, Melbourne, VIC, Australia", "Berlin"), True),
        ("path", spread("Home & Kitchen > Furniture > Bed Room Furniture", "Garden"), True),
        ("deposit", spread("Crate of drinks 24 - 5,10 €", "Bottle (0,25 €)"), True),
        ("picture of it", spread("https://x.example/a b", "none"), False),
        ("surname", [f"Name {n // 2}" for n in range(N)], True),
        ("surname", [f"Name {n}" for n in range(N)], False),
        ("all alike", ["one"] * N, False),
    ],
)
def test_a_facet_has_few_values_that_are_names(
    name: str, values: Sequence[Any], facet: bool
) -> None:
    assert field(name, values).facet is facet
    assert field(name, values).filter


def test_what_few_rows_have_is_neither_shown_nor_a_facet() -> None:
    rare = [*spread("a", "b")[:8], *[""] * (N - 8)]
    fields = typed({"brand": rare, "colour": spread("red", "green")}).schema.fields
    assert (fields["brand"].show, fields["brand"].facet, fields["brand"].filter) == (0, False, True)
    assert (fields["colour"].show, fields["colour"].facet) == (1, True)


def test_prices_get_the_one_currency_that_a_column_names() -> None:
    one = {"price": [f"{n}.5" for n in range(N)], "currency": ["EUR"] * N}
    assert typed(one).schema.fields["price"].unit == "EUR"
    assert typed({**one, "currency": spread("EUR", "USD")}).schema.fields["price"].unit == ""


def test_what_a_person_declares_wins() -> None:
    declared = field("zip", spread("01067", "80331"), type="number", label="Area", show=7, unit="m")
    assert (declared.type, declared.label, declared.show, declared.unit, declared.inferred) == (
        *("number", "Area", 7, "m", False),
    )
    assert declared.sort, "the uses that suit the declared type"
    assert not field("price", PRICES, filter=False).filter
    assert field("price", PRICES, search=0.5).type == "number"


def test_what_is_declared_in_vain_is_said_and_left_out() -> None:
    columns = {"style": spread("a", "b"), "sales": [str(n) for n in range(N)]}
    good = FieldsFile(group_by="style", rank=DeclaredRank("-sales", 0.1))
    assert typed(columns, good).stale == []
    assert typed(columns, good).schema.group_by == "style"
    assert typed(columns, good).schema.rank == Rank("-sales", 0.1)
    newest = typed(columns, FieldsFile(rank=DeclaredRank("-updated_at")))
    assert (newest.schema.rank, newest.stale) == (Rank("-updated_at"), [])
    unknown = {"colour": DeclaredField("text")}
    bad = FieldsFile(group_by="styl", fields=unknown, rank=DeclaredRank("style"))
    vain = typed(columns, bad)
    assert vain.stale == ["[fields.colour]", 'group_by = "styl"', '[rank] by = "style"']
    assert (vain.schema.group_by, vain.schema.rank) == ("", None)


def test_values_that_do_not_fit_are_left_out_and_counted() -> None:
    items = [Item(f"i{n}", "T", extra={"price": str(n), "name": "x"}) for n in range(9)]
    items.append(Item("i9", "T", extra={"price": "dear", "name": "n/a"}))
    items.append(Item("j", "T", extra={"price": "n/a"}))
    columns = CatalogueColumns()
    for item in items:
        columns.add(item.extra)
    declared = FieldsFile(fields={"price": DeclaredField("number")})
    misfits = Misfits()
    result = list(typed_items(items, typed_columns(columns.by_name(), declared), misfits))
    assert [item.id for item in result] == [item.id for item in items]
    assert [item.extra.get("price") for item in result] == [*range(9), None, None]
    assert result[9].extra == {"name": "n/a"}, "a text keeps what says nothing"
    assert (misfits.worst, misfits.share("price"), misfits.left_out) == ("price", 0.1, {"price": 1})
    assert misfits.examples == {"price": ("i9", "dear")}


def test_hundreds_of_columns_are_kept_and_the_fullest_are_used() -> None:
    rows = [{f"c{n}": str(n) for n in range(600) if row or n < 300} for row in range(2)]
    columns = CatalogueColumns()
    for row in rows:
        columns.add(row)
    schema = typed_columns(columns.by_name()).schema
    assert len(schema.fields) == 600
    assert sum(one.filter for one in schema) == 250
    assert {one.type for one in schema if not one.filter} == {"text"}
    assert all(int(one.name[1:]) < 300 for one in schema if one.filter)


def test_distinct_texts_are_counted_nearly_and_in_any_order() -> None:
    texts = [f"text {n}" for n in range(20_000)]
    there, back = Distinct(), Distinct()
    for one, other in zip(texts, reversed(texts), strict=True):
        there.add(one)
        back.add(other)
    assert len(there) == len(back)
    assert abs(len(there) - 20_000) < 2_000
    assert there.example == back.example
    few = Distinct()
    for text in texts[:700] * 2:
        few.add(text)
    assert len(few) == 700
