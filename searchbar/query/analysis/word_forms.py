"""Word forms: what one word of a text is indexed as, and asked for, in each language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from searchbar.query.analysis.languages import (
    DOTLESS,
    ENGLISH,
    STEMMERS,
    WITH_DIGRAPHS,
    language_of_word,
    stems,
)
from searchbar.query.analysis.light_stems import has_light_stems, light_stem
from searchbar.query.normalize import lowered, unaccented, with_digraphs

REMEMBERED = 32768
# Longer ones are no words: addresses, keys, what a machine wrote. English keeps its earlier limit.
LONGEST, LONGEST_ENGLISH = 255, 64
# Devanagari writes a nasal as a letter or as a dot, and the dots of borrowed sounds or not.
_NASAL, _NUKTA = (
    re.compile("[\u0919\u091e\u0923\u0928\u092e]\u094d(?=[\u0915-\u0939])|\u0901"),
    "\u093c",
)


@lru_cache(maxsize=REMEMBERED)
def stem_forms(word: str, language: str) -> tuple[str, ...]:
    """The stems of a word as it is written, the first one its own; none where it is too long.

    The others are those of who types it without its accents, or with two letters for `ä`: an item
    holds them all, a question asks for them all, and one that both have is enough.
    """
    language = language_of_word(word, language)
    small = lowered(word, dotless=language in DOTLESS)
    if not small or len(word) >= (LONGEST_ENGLISH if language == ENGLISH else LONGEST):
        return ()
    bare = unaccented(small)
    if language == ENGLISH:  # Its stems are those of words without accents, as ever.
        return (_stem(bare, ENGLISH),)
    written = [small, bare]
    if language in WITH_DIGRAPHS:
        written.append(unaccented(with_digraphs(small)))
    forms = [_stem(each, language) for each in written] if language in STEMMERS else []
    if not forms or has_light_stems(language):
        forms += [light_stem(each, language) for each in written]
    forms = [unaccented(form) for form in forms]
    return tuple(dict.fromkeys((*forms, *map(_dotted, forms))))


@lru_cache(maxsize=REMEMBERED)
def plain_forms(word: str, *, digraphs: bool) -> tuple[str, ...]:
    """A word in small letters without accents; with digraphs also as who writes `ae` for `ä`."""
    small = lowered(word)
    if not small or len(word) >= LONGEST:
        return ()
    bare = unaccented(small)
    if small.isascii():
        return (bare,)
    others = (unaccented(with_digraphs(small)),) if digraphs else ()
    return tuple(dict.fromkeys((bare, _dotted(bare), *others)))


@lru_cache(maxsize=REMEMBERED)
def asked_forms(word: str, languages: Sequence[str]) -> tuple[str, ...]:
    """The stems of a word under each of several languages; one that is shared counts once."""
    return tuple(dict.fromkeys(s for language in languages for s in stem_forms(word, language)))


def _dotted(word: str) -> str:
    """A word of Devanagari as who types quickly writes it: हिंदी for हिन्दी, जमीन for ज़मीन."""
    if not "\u0900" <= word[:1] <= "\u097f":
        return word
    bare = unicodedata.normalize("NFD", word).replace(_NUKTA, "")
    return unicodedata.normalize("NFC", _NASAL.sub("\u0902", bare))


def _stem(small: str, language: str) -> str:
    return next(iter(stems(language).analyze(small)), small)
