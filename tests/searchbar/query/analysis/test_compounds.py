"""Compounds of the languages that write several words as one."""

from __future__ import annotations

from collections import Counter

import pytest

from searchbar.query.analysis.compounds import BEGINNING, KIND_OF, PART, Compounds
from searchbar.query.analysis.word_forms import stem_forms
from searchbar.query.normalize import lowered, unaccented


def compounds(language: str, text: str) -> Compounds:
    words = Counter(unaccented(lowered(word)) for word in text.split())
    return Compounds(lambda: list(words.items()), language)


@pytest.mark.parametrize(
    ("language", "text", "part", "whole", "share"),
    [
        ("de", "Regenjacken Regen Jacke", "jacke", "regenjacke", KIND_OF),
        ("de", "Regenjacke Regen Jacken", "regen", "regenjacke", BEGINNING),
        ("de", "Arbeitszimmer Arbeit Zimmer", "arbeit", "arbeitszimmer", BEGINNING),
        ("de", "Schulbuch Schule Buch", "schule", "schulbuch", BEGINNING),
        ("de", "Schulbücher Schule Bücher", "buch", "schulbuch", KIND_OF),
        ("de", "Kinderwagen Kind Wagen", "wagen", "kinderwagen", KIND_OF),
        ("nl", "boekenkasten boek kast", "kast", "boekenkast", KIND_OF),
        ("sv", "vinterjacka vinter jacka", "jacka", "vinterjacka", KIND_OF),
        ("no", "arbeidsbukse arbeid bukse", "bukse", "arbeidsbukse", KIND_OF),
        ("da", "arbejdsbukser arbejde bukser", "bukser", "arbejdsbukser", KIND_OF),
        ("fi", "kahvikuppi kahvi kuppi", "kuppi", "kahvikuppi", KIND_OF),
        ("hu", "esőkabát kabát esőben", "kabat", "esokabat", KIND_OF),
    ],
)
def test_a_compound_is_found_by_its_part(
    language: str, text: str, part: str, whole: str, share: float
) -> None:
    found = compounds(language, text).like(part)
    assert share in {found.get(stem) for stem in stem_forms(whole, language)}


def test_parts_are_found_by_their_compound_where_both_stand_alone() -> None:
    german = compounds("de", "Regen Jacken Schule Bücher Winter")
    assert german.like("regenjacke") == {"reg": PART, "jack": PART}
    assert german.like("schulbuch") == {"schul": PART, "buch": PART}
    assert german.like("wintermantel") == {}, "a coat stands nowhere"
    assert german.like("regen") == {}


def test_letters_that_happen_to_stand_inside_a_word_are_no_part() -> None:
    german = compounds("de", "Reis Feier Kleider Tragen Regenerieren Regen Eier")
    for word in ("eis", "eier", "regen", "rage"):
        assert german.like(word) == {}
    # The end of a word tells what it is: of five letters it does not need a first part.
    cakes = compounds("de", "Lebkuchen Reibekuchen Apfel")
    assert cakes.like("kuchen").keys() == {"lebkuch", "reibekuch"}


def test_nothing_is_read_of_scripts_and_numbers() -> None:
    german = compounds("de", "手机壳 12345678 Jacke")
    for word in ("手机", "1234", "", "jack3"):
        assert german.like(word) == {}
