"""Titles, descriptions and ids that no name tells: by what columns hold, and steady."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_checks.errors import CatalogueError
from data_checks.sources.mapping.column_words import changes_daily, names_aside
from data_checks.sources.mapping.evidence import are_paths, levels
from data_checks.sources.mapping.identity import joint_id
from data_checks.sources.mapping.mapped import mapped
from data_checks.sources.row import ReadOptions, Row

Values = dict[str, Any]
THINGS = ("Tea pot", "Green cup", "Bread knife", "Milk jug", "Soup bowl", "Salt mill")
LONG = "made by hand in a small workshop beside the river, with care and out of local clay"


def read(rows: list[Values], **options: Any) -> tuple[list[Values], ReadOptions]:
    settings = ReadOptions(**{"columns": {}, **options})
    given = (Row(f"row {number}", row) for number, row in enumerate(rows))
    return [dict(row.values) for row in mapped(given, settings, "x")], settings


def shop(names: list[str]) -> list[Values]:
    """Rows of a code, a thing, a colour, a price, a text and a picture under these names."""
    return [
        dict(
            zip(
                names,
                (
                    f"K-{100 + n}",
                    thing,
                    ("red", "blue")[n % 2],
                    f"{n}.90 €",
                    f"{thing}, {LONG} number {n}",
                    f"img/{n}.png",
                ),
                strict=True,
            )
        )
        for n, thing in enumerate(THINGS)
    ]


@pytest.mark.parametrize(
    "names",
    [
        ["aa", "bb", "cc", "dd", "ee", "ff"],
        ["Код", "Что это", "Цвет", "Цена", "Подробно", "Файл"],
        ["Feld1", "Feld2", "Feld3", "Feld4", "Feld5", "Feld6"],
        ["column 1", "column 2", "column 3", "column 4", "column 5", "column 6"],
    ],
)
def test_title_and_description_are_found_by_what_columns_hold(names: list[str]) -> None:
    rows, options = read(shop(names))
    assert [row["title"] for row in rows] == [*THINGS]
    assert all(LONG in row["description"] for row in rows)
    assert any(
        said.startswith(f"Guessed from what the columns hold: {names[1]} → title, {names[4]} →")
        for said in options.notes.sentences()
    )


def test_a_short_description_beside_a_longer_text_is_the_title() -> None:
    rows, _ = read([
        {"id": n, "descripcion": thing, "informacion": f"{thing}, {LONG}", "marca": "Truper"}
        for n, thing in enumerate(THINGS)
    ])  # fmt: skip
    assert (rows[0]["title"], LONG in rows[0]["description"]) == ("Tea pot", True)
    rows, _ = read([{"Identifiant": f"p{n}", "Description": t} for n, t in enumerate(THINGS)])
    assert (rows[0]["title"], "description" in rows[0]) == ("Tea pot", False)


def test_questions_and_answers_are_titles_and_descriptions() -> None:
    faq = {"question": "How?", "answer": "So.", "topic": "Help"}
    rows, _ = read([{"faq_id": "F1", **faq}, {"faq_id": "F2", **faq}])
    assert rows[0] == {"id": "F1", "title": "How?", "description": "So.", "topics": "Help"}


def test_where_something_is_does_not_describe_it() -> None:
    where = "Large hall in the north wing, Number {} River Road, Old Town, Canada"
    rows, _ = read([{"name": t, "location": where.format(n)} for n, t in enumerate(THINGS)])
    assert "description" not in rows[0]


def test_what_is_named_otherwise_is_no_title_where_anything_else_is() -> None:
    rows, _ = read([{"Marke": brand, "Zeile1": thing} for brand, thing in
                    zip(("Alessi", "Villeroy", "Rosenthal"), THINGS, strict=False)])  # fmt: skip
    assert rows[0]["title"] == "Tea pot"
    rows, _ = read([{"KategorieID": n, "Kategorie": name} for n, name in enumerate(THINGS)])
    assert rows[0]["title"] == "Tea pot"


def test_a_thing_of_many_variants_is_named_by_its_product() -> None:
    rows, options = read([
        {"style": f"ST{n // 12}", "product": THINGS[n // 24], "size": "SML"[n % 3],
         "colour": ("red", "blue", "green", "black")[n // 3 % 4], "qty": n}
        for n in range(96)
    ])  # fmt: skip
    assert (rows[0]["title"], rows[-1]["title"]) == ("Tea pot", "Milk jug")
    assert "qty" not in options.notes.mapping["id_of"]
    assert len({row["id"] for row in rows}) == 96


def test_codes_numbers_and_addresses_are_no_texts() -> None:
    with pytest.raises(CatalogueError, match="no column for a title or a description"):
        read([{"a": f"X-{n}", "b": n * 1.5, "c": f"https://x.example/{n}"} for n in range(5)])


def test_rows_without_a_title_are_named_by_what_only_they_have() -> None:
    games = [{"BARCODE": n, "MERK": "", "TYPE": "", "TITEL": thing}
             for n, thing in enumerate(THINGS)]  # fmt: skip
    consoles = [{"BARCODE": 90 + n, "MERK": "Sony", "TYPE": f"PS{n}", "TITEL": ""} for n in (3, 4)]
    rows, options = read(games + consoles)
    assert [row["title"] for row in rows[-2:]] == ["Sony PS3", "Sony PS4"]
    assert "Items without a title are named by 'MERK', 'TYPE'." in options.notes.sentences()
    lost = [{"id": n, "title": "" if n % 3 == 0 else t, "brand": "Sony"}
            for n, t in enumerate(THINGS)]  # fmt: skip
    assert [row["title"] for row in read(lost)[0]][::3] == ["", ""]


def variants(count: int = 40) -> list[Values]:
    return [
        {
            "ArtNr": f"A{n // 2}",
            "Name": THINGS[n // 2 % 6] + f" {n // 12}",
            "Größe": ("S", "M")[n % 2],
            "Preis": n * 1.1,
        }
        for n in range(count)
    ]


def test_variants_get_ids_of_their_number_and_what_differs() -> None:
    rows, options = read(variants())
    assert [row["id"] for row in rows[:3]] == ["a0-s", "a0-m", "a1-s"]
    assert options.notes.mapping["id_of"] == ["ArtNr", "Größe"]
    said = " ".join(options.notes.sentences())
    assert "'ArtNr' is empty or the same in many rows, so ids are made of ArtNr and Größe" in said
    assert 'group_by = "ArtNr" in fields.toml' in said


def test_variants_under_our_own_name_keep_their_number() -> None:
    rows, options = read([{"id": row["ArtNr"], "title": row["Name"], "size": row["Größe"]}
                          for row in variants()])  # fmt: skip
    assert (rows[0]["id"], rows[0]["own id"]) == ("a0-s", "A0")
    assert options.notes.mapping["id_of"] == ["own id", "size"]


def test_a_few_real_doubles_are_left_to_the_rules() -> None:
    rows = [{"sku": f"s{n}", "name": f"Thing {n}"} for n in range(200)]
    rows[7] = {"sku": "s8", "name": "Another thing"}
    read_back, options = read(rows)
    assert [row["id"] for row in read_back[6:10]] == ["s6", "s8", "s8", "s9"]
    assert options.notes.mapping == {
        "columns": {"id": "sku", "title": "name"}, "id_of": [], "stand_ins": []}  # fmt: skip


def test_a_better_column_is_the_id_where_the_first_is_mostly_empty() -> None:
    rows = [{"ID": "" if n % 4 else n, "SKU": f"s{n}", "Name": f"Thing {n}"} for n in range(60)]
    read_back, options = read(rows)
    assert [row["id"] for row in read_back[:2]] == ["s0", "s1"]
    assert "Ids are the values of 'SKU', since 'ID' is empty" in options.notes.sentences()[-1]


def test_a_column_that_only_counts_the_rows_is_left_out() -> None:
    rows, options = read([{"column 1": n, "Name": thing} for n, thing in enumerate(THINGS)])
    assert rows[0] == {"id": "tea-pot", "title": "Tea pot"}
    assert options.notes.sentences()[0] == "Left out 'column 1', which only counts the rows."
    rows, _ = read([{"column 1": 3 * n, "Name": thing} for n, thing in enumerate(THINGS)])
    assert rows[1]["column 1"] == 3


def test_a_code_in_each_row_is_better_than_what_tells_titles_apart() -> None:
    rows, options = read([
        {"name": THINGS[n % 2], "finish": "plain", "model": f"72-{n}", "price": n}
        for n in range(6)
    ])  # fmt: skip
    assert (rows[1]["id"], options.notes.mapping["id_of"]) == ("72-1", ["model"])


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_ids_stay_when_prices_change_and_rows_move(chance: random.Random) -> None:
    today = [
        {"Name": THINGS[n % 6], "Farbe": f"c{n // 6}", "Preis": 1.5 * n, "Bestand": n % 5}
        for n in range(24)
    ]
    tomorrow = [{**row, "Preis": chance.random(), "Bestand": chance.randint(0, 9)} for row in today]
    chance.shuffle(tomorrow)
    first, options = read(today)
    second, other = read(tomorrow)
    assert options.notes.mapping["id_of"] == other.notes.mapping["id_of"] == ["title", "Farbe"]
    assert {row["id"] for row in first} == {row["id"] for row in second}
    assert len({row["id"] for row in first}) == 24


def test_what_is_live_decides_where_nobody_says_otherwise() -> None:
    _, options = read(variants())
    live = options.notes.mapping
    more = [*variants(), {"ArtNr": "A0", "Name": "Tea pot 0", "Größe": "S", "Preis": 3, "Farbe": 1}]
    rows, again = read(more, live=live)
    assert (again.notes.mapping, rows[-1]["id"]) == (live, "a0-s")
    renamed = [{"id": n, "xx": t, "z": f"{t}, {LONG}"} for n, t in enumerate(THINGS)]
    lost = {"columns": {"title": "x"}, "id_of": []}
    assert read(renamed, live=lost)[0][0] == {"id": 0, "title": "Tea pot", "z": renamed[0]["z"]}
    texts = [{"id": n, "x": t, "name": t.upper()} for n, t in enumerate(THINGS)]
    live = {"columns": {"title": "x"}, "id_of": []}
    assert read(texts, live=live)[0][0]["title"] == "Tea pot"
    assert read(texts)[0][0]["title"] == "TEA POT"
    assert read(texts, live=live, columns={"title": "name"})[0][0]["title"] == "TEA POT"


def test_variants_take_what_their_parent_has() -> None:
    rows, _ = read([
        {"Type": "variable", "SKU": "T", "Name": "Tea pot", "Parent": "", "Size": ""},
        {"Type": "variation", "SKU": "T-s", "Name": "", "Parent": "T", "Size": "S"},
        {"Type": "variation", "SKU": "T-m", "Name": "Pot, M", "Parent": "T", "Size": "M"},
    ])  # fmt: skip
    assert [row["title"] for row in rows] == ["Tea pot", "Tea pot", "Pot, M"]


def test_paths_are_parted_into_their_levels() -> None:
    assert are_paths(["/Bread/Rolls/", "/Cake/Fruit/"])
    assert not are_paths(["Clothing > Shirts", "Sale"])
    assert are_paths(["Home > " + "A long way " * 9 + " > Down"])
    assert levels("/Bread/Rolls/") == ["Bread", "Rolls"]
    assert levels("Music > Albums, Sale") == ["Music", "Albums", "Sale"]


def test_words_in_names_tell_what_changes() -> None:
    daily = ["EKPreis", "base_price", "Stock status", "Lagerbestand", "Регулярная цена", "updated"]
    assert all(map(changes_daily, daily))
    assert not any(map(changes_daily, ["country", "Farbe", "Größe", "orange", "Modell"]))
    assert all(map(names_aside, ["Marke", "Einheit", "image_url", "Produktgruppe"]))


@given(st.lists(st.text(max_size=300), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_joint_id_is_one_short_line(words: list[str]) -> None:
    row = {str(n): word for n, word in enumerate(words)}
    id = joint_id(row, [*row])
    assert len(id) <= 200
    assert not set(id) & set(" \t\r\n/?#%")
