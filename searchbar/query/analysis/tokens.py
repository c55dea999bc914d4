"""Tokens: what a text of any language is indexed as.

A run of a script without spaces is indexed by every two characters that stand side by side; its
last one, which nothing follows, stands for itself. So every character begins a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tantivy import PreTokenizedString, Token

from searchbar.query.analysis.word_forms import plain_forms, stem_forms
from searchbar.query.normalize import lowered
from searchbar.query.scripts import Word, words_in


def pair_at(text: str, word: Word) -> str:
    """A character of a script without spaces and the one after it; the last one alone."""
    return lowered(text[word.start : word.next or word.end])


def indexed_stems(text: str, language: str) -> PreTokenizedString:
    """A text as `words` holds it: the forms of its words, and characters alone and in pairs."""
    return _without_places(_stems(text, language))


def indexed_words(text: str, *, digraphs: bool) -> PreTokenizedString:
    """A text as `plain` holds it, with places: several forms of one word stand in one place."""
    tokens = [
        Token(form, place, word.start, word.end)
        for place, word in enumerate(words_in(text))
        for form in plain_at(text, word, digraphs=digraphs)
    ]
    return PreTokenizedString(text, tokens)


def plain_at(text: str, word: Word, *, digraphs: bool) -> tuple[str, ...]:
    """The plain forms of a word of a text."""
    if word.is_spaced:
        return plain_forms(word.text, digraphs=digraphs)
    pair = pair_at(text, word)
    return (pair,) if pair else ()


def _stems(text: str, language: str) -> Iterator[str]:
    for word in words_in(text):
        if word.is_spaced:
            yield from stem_forms(word.text, language)
            continue
        yield lowered(word.text)
        if word.next:
            yield pair_at(text, word)


def _without_places(terms: Iterable[str]) -> PreTokenizedString:
    return PreTokenizedString("", [Token(term, n, 0, 0) for n, term in enumerate(terms) if term])
