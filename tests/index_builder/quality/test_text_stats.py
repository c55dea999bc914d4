"""What the texts of a catalogue are, counted."""

from __future__ import annotations

from array import array
from pathlib import Path

from index_builder.quality.text_stats import count_texts
from release_format.items import Item, Items, write_items

ENGLISH = (
    "This is a lamp for the desk of those who read at night, and it can be set to the light that"
    " you like. "
)
GERMAN = (
    "Eine Lampe für den Schreibtisch, die man nachts zum Lesen nimmt und deren Licht man sich"
    " selbst einstellt. "
)


def counted(
    folder: Path, items: list[Item], passages: list[int] | None = None, known: str = "en"
) -> str:
    write_items(folder, sorted(items, key=lambda item: item.id))
    offsets = array("Q", passages or range(len(items) + 1))
    return count_texts(Items(folder), offsets, known.split()).summary


def test_every_count_is_said(tmp_path: Path) -> None:
    items = [
        Item("a", "Lamp", ENGLISH, language="en-GB"),
        Item("b", "Leuchte", GERMAN, language="de"),
        Item("c", "Torch", " "),
        Item("d", " ", ""),
        Item("e", "Lamp", ENGLISH),
        Item("f", "Leuchte", GERMAN),
        Item("g", "Short", "A torch."),
        Item("h", "Lampe", "Une lampe.", language="FR"),
        Item("i", "Lampe", "Une lampe.", language="fr"),
    ]
    assert (
        counted(tmp_path, items, [0, 1, 4, 5, 6, 7, 9, 10, 11, 12])
        == "9 items; 1 say nothing, 1 have a title and no description. 2 texts of 9 became several"
        " passages; nothing was cut. 3 are in languages that the encoder does not know: fr 2, de"
        " 1. 5 declare no language. Of 2 of these that were read, 1 do not read like English."
    )


def test_an_encoder_of_other_languages_is_not_asked_for_english(tmp_path: Path) -> None:
    items = [
        Item("a", "Lamp", ENGLISH, language="en"),
        Item("b", "Leuchte", GERMAN, language="de"),
        Item("c", "L", GERMAN),
    ]
    assert (
        counted(tmp_path, items, known="de fr")
        == "3 items; 0 say nothing, 0 have a title and no description. 0 texts of 3 became several"
        " passages; nothing was cut. 1 are in languages that the encoder does not know: en 1. 1"
        " declare no language."
    )


def test_texts_too_short_to_be_read_alone_are_read_together(tmp_path: Path) -> None:
    said = {"english": "a lamp for the desk", "german": "eine Lampe mit Schirm aus Glas"}
    for language, unknown in (("english", 0), ("german", 1)):
        folder = tmp_path / language
        folder.mkdir()
        write_items(folder, [Item(f"{n:02}", "Lamp", said[language]) for n in range(40)])
        assert count_texts(Items(folder), range(41), ["en"]).unknown == unknown
        assert count_texts(Items(folder), range(41), ["de", "fr"]).unknown == 0, (
            "only English is told by its words"
        )


def test_the_share_of_items_that_the_encoder_does_not_know(tmp_path: Path) -> None:
    rows = (
        [("en", ENGLISH)] * 20 + [("de", GERMAN)] * 20 + [("", ENGLISH)] * 30 + [("", GERMAN)] * 30
    )
    write_items(
        tmp_path, [Item(f"{n:03}", "L", text, language=lang) for n, (lang, text) in enumerate(rows)]
    )
    assert count_texts(Items(tmp_path), range(101), ["en"]).unknown == 0.5


def test_an_empty_catalogue_has_no_texts(tmp_path: Path) -> None:
    assert counted(tmp_path, []).startswith("0 items;")
