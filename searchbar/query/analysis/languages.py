"""Languages: how each one's words are read, and which one a text is in."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from release_format.items import Item
from release_format.seal import write_atomically
from searchbar.query.scripts import LATIN, MAIN, language_by_script, script_of

FILE = "languages.json"
ENGLISH = "en"
# tantivy's stemmers.
STEMMERS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
# Those of them that it has no stop words for.
_WITHOUT_STOP_WORDS = frozenset({"ar", "el", "ro", "ta", "tr"})
# Languages that write several words as one.
COMPOUNDING = frozenset({"da", "de", "fi", "hu", "nl", "no", "sv"})
# Languages whose ä, ö, ü, å, ø and æ are written with two letters where a keyboard has none.
WITH_DIGRAPHS = frozenset({"da", "de", "no", "sv"})
DOTLESS = frozenset({"az", "tr"})
# Languages that are not written in Latin letters, or not in them alone.
_IN_LATIN, _IN_CYRILLIC = frozenset({LATIN}), frozenset({"CYRILLIC"})
_SCRIPTS = {
    **dict.fromkeys(("be", "bg", "kk", "ky", "mk", "mn", "ru", "tg", "uk"), _IN_CYRILLIC),
    **dict.fromkeys(("ar", "fa", "ps", "ur"), frozenset({"ARABIC"})),
    **dict.fromkeys(("hi", "mr", "ne"), frozenset({"DEVANAGARI"})),
    "sr": {"CYRILLIC", LATIN},
    "el": {"GREEK"},
    "he": {"HEBREW"},
    "ta": {"TAMIL"},
    **dict.fromkeys(("zh", "ja", "ko", "th", "lo", "km", "my"), frozenset[str]()),
}
# What is read as another language is, and what catalogues call languages.
_CALLED = {
    "nb": "no",
    "nn": "no",
    "iw": "he",
    "in": "id",
    "jp": "ja",
    "cn": "zh",
    "kr": "ko",
    "ger": "de",
    "fre": "fr",
    "dut": "nl",
    "gre": "el",
    "cze": "cs",
    "rum": "ro",
    "chi": "zh",
    "deu": "de",
    "fra": "fr",
    "nld": "nl",
    "ell": "el",
    "ces": "cs",
    "ron": "ro",
    "zho": "zh",
    "eng": "en",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "rus": "ru",
    "swe": "sv",
    "dan": "da",
    "nor": "no",
    "nob": "no",
    "nno": "no",
    "fin": "fi",
    "hun": "hu",
    "tur": "tr",
    "ara": "ar",
    "tam": "ta",
    "pol": "pl",
    "ukr": "uk",
    "jpn": "ja",
    "kor": "ko",
    "tha": "th",
    "hin": "hi",
    "vie": "vi",
    "heb": "he",
    "per": "fa",
    "fas": "fa",
    "aze": "az",
    "cat": "ca",
    "bul": "bg",
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "dutch": "nl",
    "portuguese": "pt",
    "russian": "ru",
    "swedish": "sv",
    "danish": "da",
    "norwegian": "no",
    "finnish": "fi",
    "hungarian": "hu",
    "turkish": "tr",
    "romanian": "ro",
    "greek": "el",
    "arabic": "ar",
    "polish": "pl",
    "czech": "cs",
    "chinese": "zh",
    "japanese": "ja",
    "korean": "ko",
    "thai": "th",
    "hindi": "hi",
}
_CODE, _LETTERS = re.compile(r"[a-z]+"), re.compile(r"[^\W\d_]{2,}")
# A text that declares no language is English, as ever, unless another one's stop words fill it.
_READ, _LEAST, _SHARE, _AHEAD, _SURE = 600, 3, 0.15, 2, 0.2


def declared(language: str) -> str:
    """The code of a language as a catalogue calls it: `de-AT`, `de_DE`, `ger` and `German` are
    `de`; empty where it says none."""
    match = _CODE.match(language.strip().lower())
    code = match[0] if match else ""
    known = _CALLED.get(code, code)
    return known if len(known) <= 3 and known not in ("und", "mul", "zxx") else ""


def language_of(said: str, text: str, usual: str = ENGLISH) -> str:
    """The language of a text: as its catalogue says, else by its script, else by its stop words;
    where these are too few to tell, the one that is usual in the catalogue."""
    return declared(said) or _read(text[:_READ]) or usual


def language_of_item(item: Item, usual: str) -> str:
    """The language that an item's words are read in."""
    return language_of(item.language, read_for_language(item), usual)


def read_for_language(item: Item) -> str:
    """What tells the language of an item that does not declare it."""
    return f"{item.title}\n{item.description}"


def usual_language(texts: Iterable[str]) -> str:
    """The language that most of some texts are in that declare none; English where none tells."""
    counts = Counter(filter(None, (_read(text[:_READ]) for text in texts)))
    latin = {each: n for each, n in counts.items() if is_written_in(each, LATIN)}
    return max(sorted(latin), key=lambda each: latin[each], default=ENGLISH)


def _read(text: str) -> str:
    return language_by_script(text) or _by_stop_words(text)


@cache
def stems(language: str) -> TextAnalyzer:
    """What gives the stem of one lowered word of a language in STEMMERS."""
    whole = TextAnalyzerBuilder(Tokenizer.raw())
    return whole.filter(Filter.stemmer(STEMMERS[language])).build()


@cache
def stop_words_filter(language: str) -> TextAnalyzer | None:
    """What leaves out the stop words among lowered words; None where there are none."""
    if language not in STEMMERS or language in _WITHOUT_STOP_WORDS:
        return None
    words = TextAnalyzerBuilder(Tokenizer.whitespace())
    return words.filter(Filter.stopword(STEMMERS[language])).build()


def stop_words(language: str, words: Iterable[str]) -> set[str]:
    """Those of some lowered words that are stop words of a language."""
    kept_by, asked = stop_words_filter(language), set(words)
    return asked - set(kept_by.analyze(" ".join(asked))) if kept_by and asked else set()


def language_of_stop_words(languages: Iterable[str], words: list[str]) -> str:
    """The language that most of some lowered words are stop words of, the first of equal ones."""
    counts = {language: len(stop_words(language, words)) for language in languages}
    return max(counts, key=lambda language: counts[language], default=ENGLISH)


@cache
def _detectable() -> tuple[str, ...]:
    return tuple(sorted(STEMMERS.keys() - _WITHOUT_STOP_WORDS - {"ru", ENGLISH}))


def _by_stop_words(text: str) -> str:
    """The language that the stop words of a text are of; empty where they are too few to tell."""
    words = [word.lower() for word in _LETTERS.findall(text)]
    english = _held(ENGLISH, words)
    if words and english >= _SURE * len(words):
        return ENGLISH
    best = max(_detectable(), key=lambda language: _held(language, words))
    most, different = _held(best, words), len(stop_words(best, words))
    is_other = different >= max(_LEAST, _AHEAD * len(stop_words(ENGLISH, words)))
    if is_other and most >= _SHARE * len(words):
        return best
    return ENGLISH if english >= max(_LEAST, most) else ""


def _held(language: str, words: list[str]) -> int:
    found = stop_words(language, words)
    return sum(word in found for word in words)


@dataclass(frozen=True)
class Languages:
    """The languages of a catalogue, how many items are in each, and the `usual` one of items that
    do not tell theirs.

    `meaning` is what a question's vector counts in some of them; in the others all of it.
    """

    items: Mapping[str, int]
    usual: str = ENGLISH
    meaning: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def open(cls, directory: Path) -> Languages | None:
        """What `write` wrote; None where every text was read as English.

        Raises:
            OSError, ValueError, KeyError: the file is damaged.
        """
        path = directory / FILE
        if not path.is_file():
            return None
        table = json.loads(path.read_bytes())
        counts = {str(language): int(count) for language, count in table["items"].items()}
        meaning = {str(each): float(of) for each, of in table.get("meaning", {}).items()}
        return cls(counts, str(table["usual"]), meaning)

    def write(self, directory: Path) -> None:
        """Write the file, or another one in its place."""
        table: dict[str, Any] = {"usual": self.usual, "items": dict(sorted(self.items.items()))}
        if self.meaning:
            table["meaning"] = dict(sorted(self.meaning.items()))
        write_atomically(directory / FILE, json.dumps(table, indent=1) + "\n")

    def asked(self, most: int, only: Iterable[str] = ()) -> Mapping[str, tuple[str, ...]]:
        """By script the languages that its words are read in, `most` ones, the frequent ones first;
        the language that it is mostly used for is always one.

        `only`: as the question's filter names them; those that no item has are none.
        """
        order = sorted(self.items, key=lambda language: (-self.items[language], language))
        wanted = {declared(name) for name in only}
        narrowed = [language for language in order if language in wanted] or order
        by_script = {
            script: [language for language in narrowed if is_written_in(language, script)][:most]
            for script in MAIN
        }
        return {
            script: tuple(dict.fromkeys((*languages, MAIN[script])))
            for script, languages in by_script.items()
        }


def is_written_in(language: str, script: str) -> bool:
    """Whether a language is written in a script; one that is not known, in Latin letters."""
    return script in _SCRIPTS.get(language, _IN_LATIN)


def language_of_word(word: str, language: str) -> str:
    """The language that a word of a text in some language is read in: that one, unless the word is
    in another script; then the one that this is mostly used for."""
    script = script_of(word)
    return language if is_written_in(language, script) else MAIN.get(script, language)
