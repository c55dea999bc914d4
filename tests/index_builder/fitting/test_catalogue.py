"""What a catalogue's words tell where nobody judged."""

from __future__ import annotations

from typing import Any

import pytest

from index_builder.fitting.catalogue import CatalogueWords, read_words, start_of
from index_builder.fitting.words import WEIGHTS
from index_builder.indexing import lexical
from release_format.items import Item
from release_format.release import ENCODER, Release
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.fusion import Fusion
from searchbar.retrieval.words.lexical import Lexical


@pytest.mark.parametrize(
    ("words", "start"),
    [
        (CatalogueWords(each=60, unknown=0.1), Fusion().words),
        (CatalogueWords(each=6, unknown=0.1), 0.5),
        (CatalogueWords(each=60, unknown=0.6), 0.65),
        (CatalogueWords(each=6, unknown=0.6), 0.65),
        (CatalogueWords(each=0, unknown=0), 0.5),
    ],
)
def test_titles_and_unknown_languages_start_with_more_words(
    words: CatalogueWords, start: float
) -> None:
    weight, why = start_of(words)
    assert (weight, weight in WEIGHTS) == (start, True)
    assert why


def test_what_is_weighed_by_language_is_not_weighed_twice() -> None:
    unknown = CatalogueWords(each=60, unknown=0.6)
    assert [start_of(unknown, weighed)[0] for weighed in (0.0, 0.4, 0.5, 1.0)] == [
        *(0.65, 0.65),
        *(Fusion().words, Fusion().words),
    ]
    assert start_of(CatalogueWords(each=6, unknown=0.6), 1.0)[0] == 0.5


def test_words_are_counted_by_the_items_that_hold_them(
    bundled_release: Release, tmp_path: Any
) -> None:
    encoder = Encoder.open(bundled_release.path / ENCODER)
    english = [Item("a", "A red lamp", "for the kitchen table"), Item("b", "Red hose")]
    german = [Item("a", "Gartenschlauch", "Kupferverschraubung rostfrei zw\u00f6lf 48290")]
    words = []
    for name, items in (("en", english), ("de", german), ("none", [])):
        lexical.write(tmp_path / name, items)
        words.append(read_words(Lexical.open(tmp_path / name), encoder))
    assert words[0] == CatalogueWords(each=4.5, unknown=0.0)
    assert words[1].each == 5
    assert words[1].unknown >= 0.6
    assert words[2] == CatalogueWords(0, 0)


def test_the_bundled_catalogue_starts_as_the_package_does(bundled_release: Release) -> None:
    opened = Lexical.open(bundled_release.path / "lexical")
    words = read_words(opened, Encoder.open(bundled_release.path / ENCODER))
    assert start_of(words)[0] == Fusion().words
