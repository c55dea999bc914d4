"""The forms that a word is indexed and asked as, against each language's own grammar."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchbar.query.analysis.languages import STEMMERS
from searchbar.query.analysis.word_forms import asked_forms, plain_forms, stem_forms
from searchbar.query.normalize import fold, loose, lowered, unaccented

# One noun of each language as two texts have it: another number, case or article.
INFLECTED = """
ar الكتاب كتاب
az kitablar kitab
bg книгата книги
ca sabates sabata
cs knihy kniha
da cyklerne cykler
de Häuser Haus
de Schuhen Schuh
el βιβλία βιβλίο
en shoes shoe
es zapatos zapato
fa کتابها کتاب
fi talossa talo
fr chaussettes chaussette
gl zapatos zapato
he הספר ספר
he ספרים ספר
he הספרים ספר
hi किताबें किताब
hr knjige knjiga
hu könyvek könyv
id bukunya buku
it scarpe scarpa
mk книги книга
nl schoenen schoen
no husene huset
pl książki książka
pt sapatos sapato
ro pantofi pantof
ru книгами книга
sk knihy kniha
sl knjige knjiga
sr књиге књига
sr knjige knjiga
sv bilarna bilar
ta புத்தகங்கள் புத்தகங்களை
tr haritası harita
tr haritalar haritası
uk книгами книга
"""
ROWS = [tuple(line.split()) for line in INFLECTED.strip().splitlines()]
# What is typed for what stands in a text, in a catalogue of that language.
TYPED = """
tr İstanbul istanbul
tr İstanbul ISTANBUL
tr İSTANBUL istanbul
tr HARİTASI haritası
tr ışık IŞIK
tr ışık isik
az Bakı BAKI
de Müller Mueller
de Müller Muller
de Straße STRASSE
de Übergröße uebergroesse
da Smørrebrød smoerrebroed
da Smørrebrød smorrebrod
sv Ångström angstrom
fr œuvre oeuvre
fr Crème creme
es niño nino
pl Łódź lodz
vi Phở pho
ru Ёлка елка
el Μουσακάς ΜΟΥΣΑΚΑΣ
ar مُحَمَّد محمد
ar أحمد احمد
ar مدرســة مدرسة
fa کتاب كتاب
he שָׁלוֹם שלום
en ofﬁce office
en ＰＹＴＨＯＮ python
en inter­national international
en zero​width zerowidth
en résumé resume
hi २०२४ 2024
hi हिन्दी हिंदी
hi हिंदी हिन्दी
hi ज़मीन जमीन
hi माँ मां
mr पञ्चांग पंचांग
"""
SPELT = [tuple(line.split()) for line in TYPED.strip().splitlines()]


@pytest.mark.parametrize(("language", "written", "asked"), ROWS)
def test_an_item_and_a_question_meet_in_another_form_of_the_word(
    language: str, written: str, asked: str
) -> None:
    assert set(stem_forms(written, language)) & set(stem_forms(asked, language))


def test_every_stemmer_has_a_word_to_prove_it() -> None:
    assert {row[0] for row in ROWS} >= STEMMERS.keys()


@pytest.mark.parametrize(("language", "written", "asked"), SPELT)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_is_typed_otherwise_meets_what_is_written(
    language: str, written: str, asked: str, form: str
) -> None:
    typed = unicodedata.normalize(form, asked)  # type: ignore[arg-type]
    stored = unicodedata.normalize("NFD" if form == "NFC" else "NFC", written)
    assert set(stem_forms(stored, language)) & set(stem_forms(typed, language))
    plain = {*plain_forms(stored, digraphs=True)}
    assert plain & {*plain_forms(typed, digraphs=False)}


def test_signs_that_make_another_letter_stay() -> None:
    for one, other in (("чай", "чаи"), ("मन", "मं"), ("が", "か"), ("की", "का"), ("สี", "สา")):
        assert unaccented(lowered(one)) != unaccented(lowered(other))
        assert loose(one) != loose(other)


def test_words_of_another_language_than_the_catalogues_stay_apart() -> None:
    languages = ("en", "de")
    assert asked_forms("shoes", languages)[0] == "shoe"
    assert "haus" in asked_forms("Häuser", languages)
    assert stem_forms("x" * 300, "de") == ()
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    assert stem_forms(long, "de") == stem_forms(long.upper(), "de") != ()


any_word = st.text(
    st.characters(categories=("L", "M", "Nd"), max_codepoint=0xFFFF), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(any_word, st.sampled_from([*STEMMERS, "pl", "he", "vi"]))
def test_analysis_does_not_depend_on_how_a_word_is_composed(word: str, language: str) -> None:
    composed, decomposed = (unicodedata.normalize(f, word) for f in ("NFC", "NFD"))
    assert stem_forms(composed, language) == stem_forms(decomposed, language)
    assert fold(composed) == fold(decomposed)
    assert loose(composed) == loose(decomposed)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(any_word)
def test_normalization_changes_nothing_twice(word: str) -> None:
    for normalized in (lowered, fold, loose, lambda text: unaccented(lowered(text))):
        once = normalized(word)
        assert normalized(once) == once
