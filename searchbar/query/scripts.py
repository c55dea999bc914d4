"""Scripts: where words and characters begin and end in a text of any of them."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

# Scripts that write no space between words: Han, kana, Hangul, Thai, Lao, Burmese, Khmer.
_UNSPACED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e80-\u0eb0\u0eb2\u0eb3\u0ebd\u0ec0-\u0ec6\u0edc-\u0edf"
    "\u1000-\u102a\u103f\u1050-\u1055\u1780-\u17b3\u17d7\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"
    "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9d\uffa0-\uffdc\U00020000-\U000323af"
)
_UNSPACED_ONE = re.compile(f"[{_UNSPACED}]")
# What nobody sees: soft hyphens, what joins or parts without a space, marks of order, the line of
# Arabic, and which picture a character has.
UNSEEN = (
    "\u00ad\u034f\u0640\u061c\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
)
# Half-width signs of kana sound as marks do.
_LIKE_MARKS = "\uff9e\uff9f"
# The blocks that hold combining marks: to ask every character would take a tenth of a second.
_BLOCKS = (
    *((0x300, 0x488 + 2), (0x591, 0x1CFF), (0x1DC0, 0x1E00), (0x20D0, 0x2100), (0x2CEF, 0x2E00)),
    *((0x302A, 0x309B), (0xA66F, 0xAC00), (0xFB1E, 0xFB1F), (0xFE20, 0xFE30), (0x101FD, 0x11FFF)),
    *(
        (0x16AF0, 0x16FFF),
        (0x1BC9D, 0x1BC9F),
        (0x1CF00, 0x1CF47),
        (0x1D165, 0x1D245),
        (0x1DA00, 0x1DAB0),
        (0x1E000, 0x1E950),
    ),
    (0xE0100, 0xE01F0),
)
_JOINER, _FLAGS, _TONES = "\u200d", ("\U0001f1e6", "\U0001f1ff"), ("\U0001f3fb", "\U0001f3ff")
_TAGS = ("\U000e0020", "\U000e007f")


LATIN = "LATIN"


class Word(NamedTuple):
    """A word as a text writes it, and where; `next` ends the character after it, in a script
    without spaces (0: its run ends here)."""

    text: str
    start: int
    end: int
    is_spaced: bool
    next: int = 0


@cache
def marks() -> str:
    """Every combining mark, as ranges of a character class; made once, in milliseconds."""
    every = (code for block in _BLOCKS for code in range(*block))
    codes = [code for code in every if unicodedata.category(chr(code))[0] == "M"]
    starts = [codes[0], *(b for a, b in pairwise(codes) if b != a + 1)]
    ends = [*(a for a, b in pairwise(codes) if b != a + 1), codes[-1]]
    ranges = zip(starts, ends, strict=True)
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in ranges)


@cache
def _word() -> re.Pattern[str]:
    own, after = rf"[^\W_{_UNSPACED}]", rf"[{marks()}{UNSEEN}{_LIKE_MARKS}]"
    jamo = "[\u1100-\u115f\ua960-\ua97f]+[\u1160-\u11a7\ud7b0-\ud7c6]*[\u11a8-\u11ff\ud7cb-\ud7fb]*"
    return re.compile(rf"(?P<spaced>{own}(?:{own}|{after})*)|(?:{jamo}|[{_UNSPACED}]){after}*")


@cache
def _spaced() -> re.Pattern[str]:
    own, after = rf"[^\W_{_UNSPACED}]", rf"[{marks()}{UNSEEN}{_LIKE_MARKS}]"
    return re.compile(rf"{own}(?:{own}|{after})*")


@cache
def _parts() -> re.Pattern[str]:
    after = f"[{marks()}{UNSEEN}{_LIKE_MARKS}]"
    return re.compile(f"[{_UNSPACED}]{after}*|[^{_UNSPACED}]+")


@cache
def _unseen() -> re.Pattern[str]:
    return re.compile(f"[{UNSEEN}]+")


@cache
def _after() -> re.Pattern[str]:
    return re.compile(rf"[{marks()}{UNSEEN}{_LIKE_MARKS}\u1160-\u11ff\ud7b0-\ud7fb]")


def words_in(text: str) -> Iterator[Word]:
    """The words of a text in their order; of scripts without spaces, its characters."""
    matches = list(_word().finditer(text))
    for place, match in enumerate(matches):
        start, end = match.span()
        if match["spaced"] is not None:
            yield Word(match[0], start, end, is_spaced=True)
            continue
        after = 0
        for following in matches[place + 1 : place + 2]:
            if following["spaced"] is None and following.start() == end:
                after = following.end()
        yield Word(match[0], start, end, is_spaced=False, next=after)


def spaced_words(text: str) -> list[str]:
    """The words of a text of scripts that part them by spaces; half the time of `words_in`."""
    return _spaced().findall(text)


def spaced_places(text: str) -> Iterator[tuple[str, int]]:
    """The words of `spaced_words`, and where each starts."""
    return ((match[0], match.start()) for match in _spaced().finditer(text))


def parted(word: str) -> list[str]:
    """What a text has between two spaces: each character of a script without spaces, and whatever
    stands between them."""
    return [word] if not is_unspaced(word) else _parts().findall(word)


def without_unseen(text: str) -> str:
    """A text without the characters that nobody sees."""
    return text if text.isascii() else _unseen().sub("", text)


def is_unspaced(text: str) -> bool:
    """Whether a text holds a character of a script without spaces."""
    return not text.isascii() and _UNSPACED_ONE.search(text) is not None


def is_word(text: str) -> bool:
    """Whether this is letters and their marks alone, of a script that parts words by spaces."""
    if text.isalpha():
        return not is_unspaced(text)
    words = list(words_in(text)) if not text.isascii() else []
    is_whole = len(words) == 1 and words[0].is_spaced and words[0].text == text
    return is_whole and not any(map(str.isnumeric, text))


def character_start(text: str, at: int) -> int:
    """Where the character begins that a place lies inside of: a letter with all its marks, a
    picture of several that are joined, a flag."""
    if text.isascii():
        return at
    while 0 < at < len(text) and _is_inside(text, at):
        at -= 1
    return at


def character_end(text: str, at: int) -> int:
    """Where the character ends that a place lies inside of."""
    if text.isascii():
        return at
    while 0 < at < len(text) and _is_inside(text, at):
        at += 1
    return at


def _is_inside(text: str, at: int) -> bool:
    before, here = text[at - 1], text[at]
    if here.isascii():
        return False
    if _after().match(here) or before == _JOINER:
        return True
    if _TONES[0] <= here <= _TONES[1] or _TAGS[0] <= here <= _TAGS[1]:
        return True
    if _FLAGS[0] <= here <= _FLAGS[1] and _FLAGS[0] <= before <= _FLAGS[1]:
        first = at
        while first and _FLAGS[0] <= text[first - 1] <= _FLAGS[1]:
            first -= 1
        return (at - first) % 2 == 1
    return False


# The language that a script is mostly used for.
MAIN = {
    LATIN: "en",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "ARABIC": "ar",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "TAMIL": "ta",
    "THAI": "th",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh",
}


_NOT_LATIN = {script: language for script, language in MAIN.items() if script != LATIN}


@lru_cache(maxsize=4096)
def script_of(word: str) -> str:
    """The script of a word, by its first letter."""
    letter = next(filter(str.isalpha, word), "a")
    return LATIN if letter.isascii() else unicodedata.name(letter, LATIN).partition(" ")[0]


def language_by_script(text: str) -> str:
    """The language that the script of most letters is mostly used for; empty for Latin ones.

    Chinese characters among which kana stand are Japanese.
    """
    counts: dict[str, int] = {}
    for letter in filter(str.isalpha, text if not text.isascii() else ""):
        script = sys.intern(unicodedata.name(letter, "").partition(" ")[0])
        counts[script] = counts.get(script, 0) + 1
    if not counts:
        return ""
    language = _NOT_LATIN.get(max(counts, key=lambda script: (counts[script], script)), "")
    if language == "zh" and not {"HIRAGANA", "KATAKANA"}.isdisjoint(counts):
        return "ja"
    if language == "ru" and not set("іїєґІЇЄҐ").isdisjoint(text):
        return "uk"
    return "fa" if language == "ar" and not set("پچژگ").isdisjoint(text) else language
