"""Words and characters of every script."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchbar.query.analysis.languages import declared, language_of
from searchbar.query.scripts import (
    UNSEEN,
    character_end,
    character_start,
    is_word,
    marks,
    script_of,
    words_in,
)

FAMILY, FLAGS, THUMB = "👨‍👩‍👧", "🇩🇪🇫🇷", "👍🏽"


def words(text: str) -> list[str]:
    return [word.text for word in words_in(text)]


def test_words_are_those_of_their_script() -> None:
    assert words("हिन्दी किताबें") == ["हिन्दी", "किताबें"]
    assert words("l'œuvre snake_case C++ 3.5") == ["l", "œuvre", "snake", "case", "C", "3", "5"]
    assert words("shalom שָׁלוֹם") == ["shalom", "שָׁלוֹם"]
    assert words("iPhone手机壳") == ["iPhone", "手", "机", "壳"]
    assert words("ต้มยำกุ้ง") == ["ต้", "ม", "ย", "ำ", "กุ้", "ง"]
    assert words(unicodedata.normalize("NFD", "한국")) == [
        unicodedata.normalize("NFD", each) for each in "한국"
    ]
    assert words("🎸🔥 – …") == []


def test_every_mark_is_known() -> None:
    """The blocks that are looked through hold all that Python's Unicode calls a mark."""
    known = re.compile(f"[{marks()}{UNSEEN}]")
    missing = [
        hex(code)
        for code in range(0x300, 0x1_F000)
        if unicodedata.category(chr(code))[0] == "M" and not known.match(chr(code))
    ]
    assert missing == []


@pytest.mark.parametrize("shown", [FAMILY, "🇩🇪", THUMB, "e\u0301", "हि", "❤️", "กุ้"])
def test_a_character_is_not_cut(shown: str) -> None:
    text = f"a{shown}b"
    for at in range(1, 1 + len(shown)):
        assert character_start(text, at) == 1
    for at in range(2, 1 + len(shown)):
        assert character_end(text, at) == 1 + len(shown)
    assert character_start(text, len(text) - 1) == len(text) - 1
    assert character_start(f"{FLAGS}", 2) == 2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_words_lie_where_they_say_and_hold_whole_characters(text: str) -> None:
    end = 0
    for word in words_in(text):
        assert end <= word.start < word.end
        assert text[word.start : word.end] == word.text
        assert character_start(text, word.end) == word.end or not word.is_spaced
        end = word.end


def test_a_word_to_spell_is_of_letters_and_parted_by_spaces() -> None:
    assert is_word("editor")
    assert is_word("हिन्दी")
    assert is_word("книга")
    for other in ("手机", "mp3", "हिन्दी2", "two words", "", "안녕"):
        assert not is_word(other)
    assert [script_of(word) for word in ("word", "Ёлка", "שלום", "42")] == [
        *("LATIN", "CYRILLIC", "HEBREW", "LATIN")
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        *(("de-AT", "de"), ("de_DE", "de"), ("ger", "de"), ("German", "de"), ("nb", "no")),
        *(("EN", "en"), ("zh-Hant", "zh"), ("und", ""), ("", ""), ("klingon", "")),
    ],
)
def test_a_language_is_known_by_what_catalogues_call_it(said: str, code: str) -> None:
    assert declared(said) == code


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The way of doing things is as old as the hills."),
        ("en", "Guitar stickers"),
        ("en", "Uses the café naïve model for an office in Łódź"),
        ("de", "Eine Suppe aus Kartoffeln und Möhren, dazu frischer Majoran aus dem Garten."),
        ("fr", "Un dessert de crème avec du sucre et de la vanille dans une tasse."),
        ("es", "Una bebida fría de piña para los días de verano en la playa."),
        ("nl", "Een boek over de geschiedenis van het land en de mensen die er wonen."),
        ("it", "Una zuppa con le verdure della stagione e un filo di olio."),
        ("sv", "En bok om att laga mat på ett sätt som är både gott och billigt."),
        ("ja", "東京の詳しい地図です。"),
        ("zh", "华为手机保护壳"),
        ("ko", "고양이 사료"),
        ("th", "ต้มยำกุ้ง"),
        ("ru", "Приключения кота"),
        ("uk", "Подорож її кота"),
        ("ar", "كتاب جديد"),
        ("he", "ספר חדש"),
        ("hi", "हिन्दी व्याकरण"),
        ("el", "Νέο βιβλίο"),
    ],
)
def test_an_undeclared_language_is_told_by_script_or_stop_words(language: str, text: str) -> None:
    assert language_of("", text) == language
    assert language_of("pl", text) == "pl"


@pytest.mark.parametrize(
    "text",
    [
        "A Bonus from van Wijngaarden's Device\nnon-local transfers, procedure returns",
        "Rosenbrock Function Minimization [E4] (Algorithm A450)\nRosenbrock's method",
        "For a bit more flair, try http://lmgtfy.com/ . As in, http://lmgtfy.com/?q=how+do+i",
        "Die cast model of a van, as on the road",
        "",
        "42 x 17",
    ],
)
def test_a_text_of_few_stop_words_is_in_the_usual_language(text: str) -> None:
    assert (language_of("", text), language_of("", text, "nl")) in (("en", "nl"), ("en", "en"))
