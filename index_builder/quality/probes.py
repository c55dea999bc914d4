"""The choice of probes: questions that a release about to be sealed answers with a margin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from release_format.items import Items
from release_format.probes import FIRST, Probe
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.query.question import Answer, Question

# So many questions are tried for each that is wanted; those with the widest margin stay.
TRIED = 4
WORDS = 10
# Less is in the last bits, which differ between processors.
LEAST_MARGIN = 1e-5


def choose_probes(staged: Release, engine: Engine, count: int) -> list[Probe]:
    """Questions that find their item with the widest margin to the hit that would push it out.

    Half ask by name and half by the beginning of the description, so that both legs are proved.
    Items that nothing tells apart are asked for by their ids.
    """
    if not count:
        return []
    chosen = _with_margins(staged, engine, count)
    if not chosen and _are_alike(staged.items):
        chosen = _by_ids(staged, engine, count)
    return chosen


def _with_margins(staged: Release, engine: Engine, count: int) -> list[Probe]:
    tries = list(_tries(staged, count))
    answers = engine.search_many([Question(question, k=FIRST + 1) for question, _ in tries])
    margins = [
        (_margin(answer, id), question, id)
        for answer, (question, id) in zip(answers, tries, strict=True)
    ]
    best = sorted((row for row in margins if row[0] > LEAST_MARGIN), reverse=True)
    unique = dict.fromkeys((question, id) for _, question, id in best)
    return [Probe(question, id) for question, id in list(unique)[:count]]


def _are_alike(items: Items) -> bool:
    """Whether no item could be among the first of its own text: too many say the very same."""
    texts = Counter((item.title, item.description) for item in items)
    return min(texts.values(), default=0) > FIRST


def _by_ids(staged: Release, engine: Engine, count: int) -> list[Probe]:
    """What is named comes first, whatever else is as good."""
    ids = [item.id for item in islice(staged.items, count)]
    answers = engine.search_many([Question(id, k=1) for id in ids])
    found = zip(ids, answers, strict=True)
    return [Probe(id, id) for id, answer in found if [hit.id for hit in answer.hits] == [id]]


def _tries(staged: Release, count: int) -> Iterator[tuple[str, str]]:
    items = staged.items
    step = max(1, len(items) // (count * TRIED))
    for number, position in enumerate(range(0, len(items), step)):
        item = items[position]
        by_text = " ".join(item.description.split()[:WORDS])
        question = by_text if number % 2 or not item.title else item.title
        if question.strip():
            yield question[:200], item.id


def _margin(answer: Answer, id: str) -> float:
    """How far the item, as the first hit, is ahead of the one that would push it out; else 0."""
    hits = answer.hits
    if not hits or hits[0].id != id:
        return 0.0
    return hits[0].score - (hits[FIRST].score if len(hits) > FIRST else 0.0)
