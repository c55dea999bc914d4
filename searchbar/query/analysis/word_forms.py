"""Word forms: what one word of a text is indexed as, and asked for, in each language."""

from __future__ import annotations

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
    return tuple(dict.fromkeys(map(unaccented, forms)))


@lru_cache(maxsize=REMEMBERED)
def plain_forms(word: str, *, digraphs: bool) -> tuple[str, ...]:
    """A word in small letters without accents; with digraphs also as who writes `ae` for `ä`."""
    small = lowered(word)
    if not small or len(word) >= LONGEST:
        return ()
    bare = unaccented(small)
    if not digraphs or small.isascii():
        return (bare,)
    return tuple(dict.fromkeys((bare, unaccented(with_digraphs(small)))))


@lru_cache(maxsize=REMEMBERED)
def asked_forms(word: str, languages: Sequence[str]) -> tuple[str, ...]:
    """The stems of a word under each of several languages; one that is shared counts once."""
    return tuple(dict.fromkeys(s for language in languages for s in stem_forms(word, language)))


def _stem(small: str, language: str) -> str:
    return next(iter(stems(language).analyze(small)), small)
