"""The page's languages: every file says everything, in the forms of its language, and writes
numbers and dates as a browser does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from babel import Locale as Cldr
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from playwright.sync_api import Browser, Page

from searchbar.errors import SearchError
from searchbar.http.rendering import PAGE
from searchbar.page.accept_language import LONGEST, accepted, chosen
from searchbar.page.locale import MESSAGES, Locale, Locales
from searchbar.page.plural_rules import PluralRules
from searchbar.page.reasons import reasons
from searchbar.page.values import date, number

LANGUAGES = sorted(path.stem for path in MESSAGES.glob("*.json"))
OTHERS = [language for language in LANGUAGES if language != "en"]
LOCALES = Locales.read()
# Languages of other kinds of rules, whose messages nobody wrote.
CLDR_ONLY = ["pl", "ru", "ar", "lt", "lv", "cs", "sl", "ga", "he", "cy", "ja"]
COUNTS = [*range(202), 999, 1000, 1001, 12345, 999_999, 1_000_000, 1_000_001, 2_000_000, 10**9]


def locale_of(language: str) -> Locale:
    return LOCALES.by_name[language.lower()]


def messages(language: str) -> dict[str, Any]:
    """The messages of a file by their keys."""
    table = json.loads((MESSAGES / f"{language}.json").read_text(encoding="utf-8"))
    groups = table["messages"].items()
    return {f"{group}.{name}": each[name] for group, each in groups for name in each}


def forms(message: str | dict[str, str]) -> list[str]:
    return [message] if isinstance(message, str) else list(message.values())


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_the_page_speaks_these_languages() -> None:
    assert {"de", "en", "es", "fr"} <= set(LANGUAGES)
    for language in LANGUAGES:
        assert locale_of(language).lang == language
        assert locale_of(language).dir == Cldr.parse(language).text_direction


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_what_english_says_and_nothing_more(language: str) -> None:
    english, theirs = messages("en"), messages(language)
    assert set(theirs) == set(english)
    for key, message in english.items():
        assert isinstance(theirs[key], str) is isinstance(message, str), key
        for form in forms(theirs[key]):
            assert places(form) == places(forms(message)[0]), (key, form)
            assert bool(re.search(r"[.?]$", form)) == bool(re.search(r"[.?]$", forms(message)[0]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_empty_or_holds_markup_or_loose_blanks(language: str) -> None:
    for key, message in messages(language).items():
        for form in forms(message):
            assert form, key
            assert form == form.strip(), key
            assert "  " not in form, key
            assert not re.search(r"[<>]|&\w+;|\.\.\.|'", form), (key, form)
            assert not re.search(r"[{}]", re.sub(r"\{\w+\}", "", form)), (key, form)


def test_french_signs_keep_their_blank_on_their_line() -> None:
    for key, message in messages("fr").items():
        for form in forms(message):
            assert not re.search(r"[ \w)}][:;?!»]|«[ \w{]", form), (key, form)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_counted_message_has_every_form_of_its_language(language: str) -> None:
    rules, cldr = locale_of(language).plural, Cldr.parse(language).plural_form
    assert set(rules.categories) == {*cldr.rules, "other"}
    assert [rules.category(n) for n in COUNTS] == [cldr(n) for n in COUNTS]
    for key, message in messages(language).items():
        if not isinstance(message, str):
            assert set(message) == set(rules.categories), key
            assert all("{count}" in form for form in forms(message)), key


def as_cldr_writes(rule: str) -> str:
    """A rule as it stands in CLDR's files, which Babel spells in words of an older standard."""
    for word, sign in ((" not in ", " != "), (" in ", " = "), (" mod ", " % ")):
        rule = rule.replace(word, sign)
    return rule


@pytest.mark.parametrize("language", CLDR_ONLY)
def test_a_fifth_language_takes_its_rules_as_cldr_writes_them(language: str) -> None:
    cldr = Cldr.parse(language).plural_form
    rules = PluralRules({name: as_cldr_writes(rule) for name, rule in cldr.rules.items()})
    assert [rules.category(n) for n in COUNTS] == [cldr(n) for n in COUNTS]


@pytest.mark.parametrize(
    "rules", [{"some": "n = 1"}, {"one": "n == 1"}, {"one": ""}, {"one": "x = 1"}]
)
def test_what_is_no_plural_rule_is_refused(rules: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is no"):
        PluralRules(rules)


@pytest.fixture(scope="module")
def blank(chromium: Browser) -> Iterator[Page]:
    """A page whose `Intl` knows CLDR."""
    page = chromium.new_page()
    yield page
    page.close()


FORMATTED = """([intl, counts, numbers]) => ({
    categories: counts.map((n) => new Intl.PluralRules(intl).select(n)),
    all: new Intl.PluralRules(intl).resolvedOptions().pluralCategories.sort(),
    counts: counts.map((n) => new Intl.NumberFormat(intl).format(n)),
    prices: numbers.map((n) => new Intl.NumberFormat(intl,
        { minimumFractionDigits: 2, maximumFractionDigits: 20 }).format(n)),
    days: [...Array(12)].map((_, m) => new Intl.DateTimeFormat(intl, { day: "numeric",
        month: "short", year: "numeric", timeZone: "UTC" }).format(Date.UTC(2024, m, 9))),
    months: [...Array(12)].map((_, m) => new Intl.DateTimeFormat(intl,
        { month: "short", year: "numeric", timeZone: "UTC" }).format(Date.UTC(2024, m, 9))),
})"""
NUMBERS = [0.25, 1299, 12345.678, 1234567.5, 89.9]


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_dates_and_plurals_are_those_of_a_browser(blank: Page, language: str) -> None:
    locale = locale_of(language)
    seen = blank.evaluate(FORMATTED, [locale.intl, COUNTS, NUMBERS])
    assert seen["categories"] == [locale.plural.category(n) for n in COUNTS]
    assert seen["all"] == sorted(locale.plural.categories)
    assert seen["counts"] == [locale.whole(n) for n in COUNTS]
    ours = [number(locale, n, "x", 2).removesuffix("\u00a0x") for n in NUMBERS]
    assert seen["prices"] == ours
    assert seen["days"] == [date(locale, f"2024-{m:02}-09") for m in range(1, 13)]
    assert seen["months"] == [date(locale, f"2024-{m:02}") for m in range(1, 13)]


@pytest.mark.parametrize(
    ("language", "value", "unit", "text"),
    [
        ("de", 1299.5, "€", "1.299,50\u00a0€"),
        ("de", 89.9, "$", "89,90\u00a0$"),
        ("de", 15, "%", "15\u00a0%"),
        ("fr", 1299.5, "€", "1\u202f299,50\u00a0€"),
        ("es", 1299.5, "€", "1299,50\u00a0€"),
        ("es", 12995, "€", "12.995,00\u00a0€"),
        ("en", 89.9, "$", "$89.90"),
    ],
)
def test_a_price_is_written_as_its_readers_write_it(
    language: str, value: float, unit: str, text: str
) -> None:
    assert number(locale_of(language), value, unit, 0 if unit == "%" else 2) == text


def test_what_stands_in_a_message_is_text_but_for_markup() -> None:
    english = LOCALES.default
    assert english.text("results.like", title="<b>{x}") == "Like <b>{x}"
    assert english.markup("results.like", title="<b>{x}") == "Like &lt;b&gt;{x}"
    assert english.markup("results.like", title=Markup("<b>x</b>")) == "Like <b>x</b>"
    counted = english.markup("filters.drop", filter="<i>", count=1234)
    assert counted == "Drop &lt;i&gt; for 1,234 results"
    assert english.text("results.results", n=1, count="1+") == "1+ result"


WHY = {
    "cosine": 0.71, "covered": 0.625, "bm25": 3.0, "dense_rank": 1, "lexical_rank": 12345,
    "pinned": True, "confidence": 0.5, "estimate": 0.93,
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reasons_are_told_in_every_language(language: str) -> None:
    locale, explain = locale_of(language), {"level": 0.25, "rules": ["synonym: a → b"]}
    hit = {"matched": "text", "score": 0.034, "explain": WHY}
    rows = reasons(locale, hit, explain)
    assert [name for name, _ in rows] == [
        locale.text(f"reasons.{name}")
        for name in ("found", "meaning", "words", "together", "rule", "rule")
    ]
    told = " ".join(sentence for _, sentence in rows)
    assert locale.whole(12345) in told
    assert f"0{locale.number.decimal}71" in told
    assert "synonym: a → b." in told
    assert all(sentence.endswith(".") and ".." not in sentence for _, sentence in rows)
    bare = {**WHY, "bm25": 0.0, "dense_rank": None, "pinned": False, "cosine": 0.1}
    assert len(reasons(locale, {**hit, "matched": "", "explain": bare}, {})) == 4


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT", "de"),
        ("DE-at,en;q=0.8", "de"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
        ("en;q=0.1, es;q=0.9", "es"),
        ("en;q=0.5;x=y, es;q=0.4", "es"),
        ("pl, uk;q=0.9", "en"),
        ("pl, es-419;q=0.2", "es"),
        ("*", "en"),
        ("de;q=0, fr;q=0.001", "fr"),
        ("de;q=0", "en"),
        ("de;q=2, es;q=0.1", "es"),
        ("de;q=-1", "en"),
        ("de;q=0.1234", "en"),
        ("de ; q=0.7 , fr ; Q=0.8", "fr"),
        ("de_AT, fr", "fr"),
        ("../de, de/../fr, <script>, \x00", "en"),
        ("zh-Hant-TW, de-DE-1996-x-mine;q=0.9", "de"),
        ("," * 5000 + "de", "en"),
        ("x" * 5000 + ",de", "en"),
    ],
)
def test_the_language_is_the_most_wanted_that_the_page_speaks(header: str, language: str) -> None:
    assert LOCALES.choose(header).lang == language


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(alphabet="deDE-fr;q=0.1,* \x00é", max_size=80))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert chosen(header, {"de", "fr"}, "en") in ("de", "fr", "en")
    assert all(re.fullmatch(r"[a-z0-9*-]+", language) for language in accepted(header))


def test_a_long_header_is_not_read_to_its_end() -> None:
    assert accepted("de," + " " * LONGEST + ",fr") == ["de"]
    assert len(accepted("de,fr," * 100)) == 32


def test_the_setting_wins_and_a_wrong_one_is_refused_with_the_list() -> None:
    assert Locales.read("de").choose("fr").lang == "de"
    assert Locales.read("FR").choose("").lang == "fr"
    with pytest.raises(SearchError, match=r"'tlh'.* de, en, es, fr, or leave it empty"):
        Locales.read("tlh")


@pytest.mark.parametrize(
    "name", ["index.html", "hit.html", "facet.html", "about.html", "gates.html", "frame.html"]
)
def test_no_template_of_the_page_says_anything_itself(name: str) -> None:
    source = (PAGE / name).read_text(encoding="utf-8")
    source = re.sub(r"\{[{%].*?[%}]\}|<code>.*?</code>", "", source)
    attributes = re.findall(r"(?:aria-label|title|placeholder|alt)=\"([^\"]+)\"", source)
    texts = re.sub(r"<[^>]*>", "", source)
    assert re.findall(r"[^\W\d_]+", " ".join([texts, *attributes])) == []


# Keys, headers and errors by the names that programs know.
KNOWN = {"Enter", "Esc", "/ Ctrl+K", "Retry-After", "X-API-Key", "Accept-Language", "TimeoutError"}


def test_the_script_of_the_page_says_nothing_itself() -> None:
    source = (PAGE / "searchbar.js").read_text(encoding="utf-8")
    code = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    texts = re.findall(r"\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`", code)
    said = {re.sub(r"\$\{.*\}", "", text[1:-1]) for text in texts}
    assert {text for text in said if re.search(r"\b[A-Z][a-z]", text)} <= KNOWN


def test_every_message_is_said_somewhere() -> None:
    sources = [*PAGE.glob("*.*"), *PAGE.parent.glob("http/*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    # What is put together, such as `endings.${kind}_sentence`, is known by its stem.
    made = re.compile(r"_(?:sentence|reversed|reason|words|meaning|[0-9])$")
    for key in messages("en"):
        name = made.sub("", key.partition(".")[2])
        assert key in text or re.search(rf"\b{name}", text), key
