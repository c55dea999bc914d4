"""Suggestions: what the beginning of a question may become."""

from __future__ import annotations

from collections.abc import Iterable

from searchbar.fields.groups import Groups, first_of_each
from searchbar.retrieval.retriever import Retriever

# As many variants of one thing are passed over to suggest others.
MOST_VARIANTS = 8


def suggestions(retriever: Retriever, groups: Groups | None, prefix: str, k: int) -> list[str]:
    """At most k titles and topics that begin with a prefix, then titles that hold a word that does.

    Where variants collapse, `groups` has the group of every item, (items,): a thing comes once.
    """
    begun = _begun(retriever, groups, prefix, k)
    texts = sorted(_titles(retriever, begun), key=len)[:k]
    texts += retriever.topics_beginning(prefix, k)
    if len(texts) < k:
        holding = retriever.lexical.holding(prefix, _wanted(retriever, groups, k)).tolist()
        held = _things(retriever, groups, [*begun, *holding])
        texts += _titles(retriever, held[len(begun) :])
    return list(dict.fromkeys(texts))[:k]


def begun_items(retriever: Retriever, groups: Groups | None, prefix: str, k: int) -> list[int]:
    """The positions of at most k items whose title or id begins with a prefix, short names first;
    of variants one."""
    begun = _begun(retriever, groups, prefix, k)
    lengths = dict(zip(begun, map(len, _titles(retriever, begun)), strict=True))
    return sorted(begun, key=lengths.__getitem__)[:k]


def _begun(retriever: Retriever, groups: Groups | None, prefix: str, k: int) -> list[int]:
    wanted = _wanted(retriever, groups, k)
    return _things(retriever, groups, retriever.lexical.beginning(prefix, wanted).tolist())


def _wanted(retriever: Retriever, groups: Groups | None, k: int) -> int:
    return (k if groups is None else MOST_VARIANTS * k) + len(retriever.excluded())


def _things(retriever: Retriever, groups: Groups | None, positions: Iterable[int]) -> list[int]:
    excluded = set(retriever.excluded().tolist())
    return first_of_each((p for p in positions if p not in excluded), groups)


def _titles(retriever: Retriever, positions: Iterable[int]) -> list[str]:
    return [(item := retriever.items[p]).title or item.id for p in positions]
