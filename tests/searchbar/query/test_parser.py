"""The query language: what is typed, what it means, and what stays text."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from searchbar.query.parser import (
    MOST_READ_FILTERS,
    MOST_WORDS_UNQUOTED,
    ColumnNames,
    ParsedQuestion,
    parse,
)
from searchbar.query.question import as_text

COLUMNS = {"topic", "language", "price", "colour", "std", "http", "note", "größe"}


def column_of(name: str, value: str) -> str:
    """Columns in any case; a price is a number or a range of them."""
    column = next((known for known in (name, name.casefold()) if known in COLUMNS), "")
    bare = value.removeprefix("!").replace("..", "")
    return "" if column == "price" and not bare.isdigit() else column


def read(text: str) -> ParsedQuestion:
    return parse(text, column_of)


@pytest.mark.parametrize(
    ("text", "phrases", "bare"),
    [
        ('find "exact words" and “others too” ""', ("exact words", "others too"),
         'find exact words and others too ""'),
        ('("exact words")', ("exact words",), "( exact words )"),
        ("„genau so“ und «ainsi»", ("genau so", "ainsi"), "genau so und ainsi"),
        ("»genau so« und ”just så” »just så»", ("genau so", "just så"),
         "genau so und just så just så"),
        ("Zimmer»genau 5” »auf", (), "Zimmer»genau 5” »auf"),
        ('monitor 27 " or 32 "', (), 'monitor 27 " or 32 "'),
        ('version 2 "exact words"', ("exact words",), "version 2 exact words"),
        ('„genau so” "genau so"', ("genau so",), "genau so genau so"),
        ('screen 22" or 29"', (), 'screen 22" or 29"'),
        ('screen 22" "matt glass"', ("matt glass",), 'screen 22" matt glass'),
        ('"bolt M6 x 20" steel', ("bolt M6 x 20",), "bolt M6 x 20 steel"),
        ('5\'10" tall', (), '5\'10" tall'),
        ('"27" monitor', ("27",), "27 monitor"),
        ('an "open end', (), 'an "open end'),
        ("‹mot juste› et « mot à mot »", ("mot juste", "mot à mot"), "mot juste et mot à mot"),
        ("›genau so‹ und »genau so«", ("genau so",), "genau so und genau so"),
        ("”just så” lampa", ("just så",), "just så lampa"),
        ("手机「保护壳」『透明』", ("保护壳", "透明"), "手机 保护壳 透明"),
        ("｢保護｣ ＂desk lamp＂ 〝机〟", ("保護", "desk lamp", "机"), "保護 desk lamp 机"),
        ("第5「保護」", ("保護",), "第5 保護"),
        ('"映画「君の名は」" poster', ("映画「君の名は」",), "映画「君の名は」 poster"),
        ("«l'album \"Noir\"» vinyle", ("l'album \"Noir\"",), "l'album \"Noir\" vinyle"),
        ("「open “desk lamp”", ("desk lamp",), "「open desk lamp"),
        ("「mixed» ‹up” «so』", (), "「mixed» ‹up” «so』"),
        ('צה"ל בארה"ב', (), 'צה"ל בארה"ב'),
        ('"צה״ל" מדים', ("צה״ל",), "צה״ל מדים"),
        ('"?!" "☃"', (), '"?!" "☃"'),
        ('"-word" "topic:a"', ("-word", "topic:a"), "-word topic:a"),
    ],
)  # fmt: skip
def test_what_is_quoted_must_occur_but_for_inches(
    text: str, phrases: tuple[str, ...], bare: str
) -> None:
    assert (read(text).phrases, read(text).bare) == (phrases, bare)


@pytest.mark.parametrize(
    ("text", "without", "bare"),
    [
        ("lamp -red", ("red",), "lamp"),
        ("-red lamp -blue, -green.", ("red", "blue", "green"), "lamp"),
        ("lamp -»dark red«", ("dark red",), "lamp"),
        ('lamp -"dark red" -“light blue”', ("dark red", "light blue"), "lamp"),
        ('year -"2024"', ("2024",), "year"),
        ("tea -e-mail", ("e-mail",), "tea"),
        ("lib -std::vec -foo:bar", ("std::vec", "foo:bar"), "lib"),
        ("Lampe -größer", ("größer",), "Lampe"),
        ("手机 -小米", ("小米",), "手机"),
        ("手机 -「小米」 -‹rouge vif›", ("小米", "rouge vif"), "手机"),
        ("مصباح -أحمر", ("أحمر",), "مصباح"),
        ("-red", ("red",), ""),
    ],
)
def test_a_minus_before_a_word_leaves_it_out(
    text: str, without: tuple[str, ...], bare: str
) -> None:
    assert (read(text).without, read(text).bare) == (without, bare)


@pytest.mark.parametrize(
    ("text", "filters", "bare"),
    [
        ("lamp topic:desk", {"topic": ("desk",)}, "lamp"),
        ("topic:desk topic:wall, lamp", {"topic": ("desk", "wall")}, "lamp"),
        ('lamp Colour:"dark red" -colour:blue', {"colour": ("dark red", "!blue")}, "lamp"),
        ('-colour:"light blue" lamp', {"colour": ("!light blue",)}, "lamp"),
        ("lamp price:10..50", {"price": ("10..50",)}, "lamp"),
        ("lamp price:..50 -price:20..", {"price": ("..50", "!20..")}, "lamp"),
        ("lamp topic:!desk", {"topic": ("!desk",)}, "lamp"),
        ("lamp -topic:!desk -topic:!!desk", {"topic": ("desk", "!!!desk")}, "lamp"),
        ("größe:XL", {"größe": ("XL",)}, ""),
        ('colour:27"', {"colour": ('27"',)}, ""),
        ("colour:「深い 赤」 -colour:‹bleu nuit›", {"colour": ("深い 赤", "!bleu nuit")}, ""),
        ("lamp colour:「赤」", {"colour": ("赤",)}, "lamp"),
    ],
)
def test_a_column_and_a_value_are_a_filter(
    text: str, filters: dict[str, tuple[str, ...]], bare: str
) -> None:
    assert (read(text).filters, read(text).bare) == (filters, bare)


def test_a_space_in_the_name_of_a_column_is_written_as_a_line() -> None:
    names = ColumnNames(["In stock", "in_stock", "Size  (cm)"], lambda _: True)
    for text, column in (
        ("IN_STOCK:yes", "in_stock"),
        ("size_(cm):5", "Size  (cm)"),
        ("topic:a", "topic"),
    ):
        assert list(parse(text, names).filters) == [column]
    assert not ColumnNames(["In stock"], lambda _: False)("in_stock", "yes")
    assert ColumnNames(["In stock"], lambda _: True)("in_stock", "yes") == "In stock"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-", " - ", "--", "--help", "tar --exclude", "e-mail", "a - b", "-5 degrees",
        "-5.5", "-3d print", "ls -l", "gcc -o", "rock -n- roll", "-_x", "-(a b)", "–word", "- word",
        '-"', '-""', '-"?"', ":", "a:", ":b", "http://example.org/a", "C: drive", "note: x",
        "std::vector", "other:value", "price:cheap", "-:a", 'topic:"', 'topic:""',
        'colour:"open', "12:30", "a:b:c", "topic:,", "AND OR NOT (x) ~2 ^3 [a TO b] {c} * ? \\",
    ],
)  # fmt: skip
def test_what_is_not_written_as_the_language_has_it_is_text(text: str) -> None:
    assert read(text) == ParsedQuestion(text, text)
    assert read(text).is_plain


def test_a_filter_that_is_none_may_hold_a_phrase_or_a_word_to_leave_out() -> None:
    assert read('other:"two words"').phrases == ("two words",)
    assert read('-other:"two words"').phrases == ("two words",)
    assert read("price:cheap -price:dear").without == ("price:dear",)


def test_what_nobody_sees_stands_for_a_space() -> None:
    for unseen in ("\x00", "\x0b", "\x1f", "\x85", "\ufffd", "\n"):
        assert read(f'desk{unseen}lamp "dark{unseen}red"').bare.split() == [
            "desk",
            "lamp",
            "dark",
            "red",
        ]
        assert read(f"{unseen}colour:red").filters == {"colour": ("red",)}
    assert read("\x00 \x07").is_empty


def test_prose_mentions_and_demands_nothing() -> None:
    prose = 'Is there a way to disable the "did you mean" feature and have my query taken literally'
    assert read(prose).is_plain
    words = "word " * MOST_WORDS_UNQUOTED
    demands = ' "a b" -red topic:desk'
    assert not read(words + demands).is_plain
    assert read(f"{words}more{demands}").is_plain


def test_an_accent_is_one_with_its_letter() -> None:
    for text in ('"Müller Müsli"', "-Äpfel", "größe:weiß Tür"):
        apart = unicodedata.normalize("NFD", text)
        assert apart == text or read(apart) == read(text)
    assert read(unicodedata.normalize("NFD", "Müsli")).bare == "Müsli"


def test_very_many_filters_are_text_from_some_number_on() -> None:
    parsed = read(" ".join(f"topic:{n}" for n in range(MOST_READ_FILTERS + 3)))
    assert len(parsed.filters["topic"]) == MOST_READ_FILTERS
    assert parsed.bare == " ".join(f"topic:{MOST_READ_FILTERS + n}" for n in range(3))


PIECES = st.sampled_from(
    ['"', "“", "”", "„", "«", "»", "‹", "›", "「", "」", "『", "｣", "＂",
     "-", "--", ":", "..", "!", " ", "topic:", "price:", "a", "bc",
     "7", "e\u0301", "\u202e", "हिन्दी", "手机", "🎬", "\u200d", "\t", "\n", "AND", "*", "(", "~"]
)  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@example('-topic:"')
@given(st.one_of(st.lists(PIECES, max_size=24).map("".join), st.text(max_size=40)))
def test_any_text_is_read(text: str) -> None:
    """Places stay, nothing is invented, and of what is looked for nothing is lost."""
    parsed = read(text)
    composed = unicodedata.normalize("NFC", as_text(text))
    assert (parsed.text, len(parsed.blank)) == (composed, len(composed))
    changed = [
        before for before, after in zip(composed, parsed.blank, strict=True) if before != after
    ]
    assert all(after in (before, " ") for before, after in zip(composed, parsed.blank, strict=True))
    assert parsed.is_plain == (not changed)
    values: list[Any] = [value for several in parsed.filters.values() for value in several]
    for said in (*parsed.phrases, *parsed.without, *(value.removeprefix("!") for value in values)):
        assert said
        assert said in composed
    for phrase in parsed.phrases:
        assert " ".join(phrase.split()) in parsed.bare
    assert parse(text, lambda *_: "").filters == {}
