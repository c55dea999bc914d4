"""Suggestions: what the beginning of a question may become."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from searchbar.fields.groups import Groups, first_of_each
from searchbar.retrieval.retriever import Retriever

# As many variants of one thing are passed over to suggest others.
MOST_VARIANTS = 8


def suggestions(retriever: Retriever, groups: Groups | None, prefix: str, k: int) -> list[str]:
    """At most k titles and topics that begin with a prefix, then titles that hold a word that does.

    Where variants collapse, `groups` has the group of every item, (items,): a thing comes once.
    """
    lexical, excluded = retriever.lexical, set(retriever.excluded().tolist())
    wanted = (k if groups is None else MOST_VARIANTS * k) + len(excluded)

    def things(*positions: Iterable[int]) -> list[int]:
        shown = (p for p in itertools.chain(*positions) if p not in excluded)
        return first_of_each(shown, groups)

    def titles(positions: Iterable[int]) -> list[str]:
        return [(item := retriever.items[p]).title or item.id for p in positions]

    begun = things(lexical.beginning(prefix, wanted).tolist())
    texts = sorted(titles(begun), key=len)[:k]
    texts += retriever.topics_beginning(prefix, k)
    if len(texts) < k:
        held = things(begun, lexical.holding(prefix, wanted).tolist())
        texts += titles(held[len(begun) :])
    return list(dict.fromkeys(texts))[:k]
