"""Normalization of texts: what items and questions pass alike, and what is shown does not."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

from searchbar.query.scripts import marks, without_unseen

_SPACE = re.compile(r"\s+")
# `ё`, which most texts write as `е`; the forms of alef, and the letters that Arabic and Persian
# write each their own way.
_ALIKE = str.maketrans(
    {
        "\u0451": "\u0435",
        **dict.fromkeys("\u0622\u0623\u0625\u0671", "\u0627"),
        "\u0649": "\u064a",
        "\u06cc": "\u064a",
        "\u06a9": "\u0643",
        "\u06c1": "\u0647",
    }
)
# Vowel signs of Arabic and points of Hebrew: most texts leave them out.
_POINTS = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_ACCENT = re.compile("[\u0300-\u036f]+")
_ACCENTED = re.compile("([A-Za-z\u00c0-\u024f\u0370-\u03ff\u1e00-\u1fff])[\u0300-\u036f]+")
_OTHER_WIDTH = re.compile("[\uff01-\uffee\u3000]")
_STRESS = re.compile("[\u0300\u0301]")
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
# A text as `fold` and as `loose` have it.
Forms = tuple[str, str]


def lowered(text: str, *, dotless: bool = False) -> str:
    """A text in small letters and composed characters, with its accents: compatibility forms (full
    width, ligatures), what nobody sees, and letters that one language has and the next writes
    otherwise are one spelling.

    `dotless`: as Turkish and Azeri have it, the small letter of `I` is `ı`.
    """
    if dotless and "I" in text:
        text = unicodedata.normalize("NFC", text).replace("I", "\u0131")
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFKC", without_unseen(text)).casefold()
    if bare.isascii():
        return bare
    bare = unicodedata.normalize("NFC", bare.replace("i\u0307", "i")).translate(_ALIKE)
    bare = _POINTS.sub("", bare)
    return bare if bare.isascii() else "".join(map(_digit, bare))


def with_usual_width(text: str) -> str:
    """A text whose full-width letters and half-width kana are written as everybody else's."""
    if text.isascii() or not _OTHER_WIDTH.search(text):
        return text
    return unicodedata.normalize("NFKC", text)


def _digit(character: str) -> str:
    """A digit of any script as ours, so that a number is one."""
    if character < "\u0660" or not character.isdecimal():
        return character
    return str(unicodedata.decimal(character))


def unaccented(text: str) -> str:
    """A lowered text without the accents of Latin and Greek letters, and the stress of Cyrillic.

    Signs that make another letter (й, が, the vowels of Devanagari) stay.
    """
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFD", text)
    if _ACCENT.search(bare):
        bare = _STRESS.sub("", _ACCENTED.sub(r"\1", bare))
    return " ".join(map(_ascii_of, unicodedata.normalize("NFC", bare).split(" ")))


@cache
def _ascii_folder() -> object:
    return TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.ascii_fold()).build()


def _ascii_of(word: str) -> str:
    """Latin letters that are none with an accent (ø, æ, ł) as those that are typed for them."""
    if word.isascii():
        return word
    folded: list[str] = _ascii_folder().analyze(word)  # type: ignore[attr-defined]
    return folded[0] if folded else word


def with_digraphs(text: str) -> str:
    """A lowered text as who has no ä, ö, ü, å, ø or æ writes it."""
    return text.translate(_DIGRAPHS)


def fold(text: str) -> str:
    """One spelling for what looks the same: compatibility forms, case and spaces."""
    if text.isascii():  # Most texts are, and have no other forms.
        return " ".join(text.lower().split())
    # Who writes Turkish names elsewhere has no `ı`.
    return _SPACE.sub(" ", lowered(text).replace("\u0131", "i")).strip()


def loose(text: str) -> str:
    """As `fold`, without accents, and with a space for every run of punctuation but + and #."""
    bare = unaccented(fold(text))
    return _not_in_names(bare).sub(" ", bare.replace("_", " ")).strip()


def _not_in_names(text: str) -> re.Pattern[str]:
    return _ASCII_BETWEEN if text.isascii() else _between()


_ASCII_BETWEEN = re.compile(r"[^\w+#]+")


@cache
def _between() -> re.Pattern[str]:
    return re.compile(rf"[^\w+#{marks()}]+")


def forms(text: str) -> Forms:
    """What a text is compared by with what somebody types."""
    return fold(text), loose(text)


def begins(text: Forms, typed: Forms, before: str = "") -> bool:
    """Whether a text begins as it is typed, but for case, spaces, accents and signs.

    With a space `before`, also whether a word of it does.
    """
    return any(
        start and (f"{before}{start}" in f"{before}{own}" if before else own.startswith(start))
        for own, start in zip(text, typed, strict=True)
    )
