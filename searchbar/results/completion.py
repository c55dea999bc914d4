"""Completion: a question that is still being typed, with its last word as the catalogue has it."""

from __future__ import annotations

import re

from searchbar.query.analyzers import PLAIN
from searchbar.query.scripts import is_unspaced
from searchbar.retrieval.retriever import Retriever

# What may still become another word: letters at the very end, and no filter, sign or number.
_LAST = re.compile(r"(?:^|(?<=\s))[^\W\d_]{2,}\Z")
# So many of the words that begin so are weighed, the frequent ones first.
MOST = 24


def completed(retriever: Retriever, typed: str) -> str:
    """What is typed with its last word finished: `photo ed` is read as `photo editor`.

    As it is where that word is one already beside the others, where no word begins so, and in
    scripts without spaces, which have no words to finish.
    """
    match, reader = _LAST.search(typed), retriever.lexical.reader
    if match is None or is_unspaced(match[0]):
        return typed
    starts, before = reader.plain_words(match[0]), typed[: match.start()]
    if len(starts) != 1:
        return typed
    word = _finished(retriever, starts[0], reader.plain_words(before))
    return before + retriever.planner.as_written(word) if word else typed


def _finished(retriever: Retriever, start: str, others: list[str]) -> str:
    """The word that most items hold beside one of the others, or else most items; nothing where
    what is typed is that word, or there is none."""
    lexical = retriever.lexical
    begun = [word for word, _ in lexical.vocabulary(start, MOST) if retriever.shows(PLAIN, word)]
    is_word = lexical.occurs(start) > 0 and retriever.shows(PLAIN, start)
    if not begun or (is_word and not others):
        return ""
    beside = {word: lexical.together(word, others) if others else 0 for word in [start, *begun]}
    if is_word and (beside[start] or not any(beside.values())):
        return ""
    return max(begun, key=beside.__getitem__)
