"""What the texts of a catalogue are, counted."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_builder.indexing import columns
from index_builder.quality.text_stats import count_texts, texts_of
from index_builder.unchanged import places_in_live
from release_format.items import Item, Items, read_offsets, write_items, write_offsets
from release_format.release import KIND, PASSAGES, RECIPE, SNAPSHOT, VERDICT, Release
from release_format.seal import FORMAT, Manifest
from release_format.verdict import Verdict
from searchbar.retrieval.columns import COLUMNS

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
        " 1 (docs/languages.md). 5 declare no language. Of 2 of these that were read, 1 do not read"
        " like English."
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
        " passages; nothing was cut. 1 are in languages that the encoder does not know: en 1"
        " (docs/languages.md). 1 declare no language."
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


ITEMS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.tuples(
        st.sampled_from(["Lamp", " "]),
        st.sampled_from(["", " ", ENGLISH, GERMAN]),
        st.sampled_from(["", "", "en", "en-GB", "de", "DE", "fr", "pt-BR"]),
    ),
)


def _release(folder: Path, rows: Mapping[str, tuple[str, str, str]], declared: str) -> Release:
    """What a count reads of a release."""
    items = [Item(id, title, text, language=own) for id, (title, text, own) in rows.items()]
    write_items(folder / SNAPSHOT, sorted(items, key=lambda item: item.id))
    write_offsets(folder / PASSAGES, array("Q", range(0, 2 * len(items) + 1, 2)))
    columns.write(folder / COLUMNS, Items(folder / SNAPSHOT))
    (folder / RECIPE).write_text(f'[encoder]\nlanguages = "{declared}"\n', encoding="utf-8")
    return Release(folder, Manifest(FORMAT, KIND, "", {}, {}, ""))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    before=ITEMS, after=ITEMS, declared=st.sampled_from([("en", "en"), ("en", "de"), ("de",) * 2])
)
def test_what_live_counted_and_what_changed_since_is_the_whole_count(
    before: Mapping[str, tuple[str, str, str]],
    after: Mapping[str, tuple[str, str, str]],
    declared: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("texts")
    live = _release(folder / "live", before, declared[0])
    facts = {"quality": {"texts": texts_of(live).to_json()}}
    verdict = Verdict("quality", "", "", [], facts).to_json()
    (live.path / VERDICT).write_text(verdict, encoding="utf-8")
    release = _release(folder / "release", after, declared[1])
    counted = texts_of(release, live, places_in_live(release.items, live.items))
    passages = read_offsets(release.path / PASSAGES)
    assert counted == count_texts(release.items, passages, declared[1].split())
    assert list(counted.elsewhere) == list(texts_of(release).elsewhere), "in the same order"
