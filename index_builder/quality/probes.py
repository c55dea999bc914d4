"""The choice of probes: questions that a release about to be sealed answers with a margin."""

from __future__ import annotations

from collections.abc import Iterator

from release_format.probes import FIRST, Probe
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.query.question import Answer, Question

# So many questions are tried for each that is wanted; those with the widest margin stay.
TRIED = 4
WORDS = 10


def choose_probes(staged: Release, engine: Engine, count: int) -> list[Probe]:
    """Questions that find their item with the widest margin to the hit that would push it out.

    Half ask by name and half by the beginning of the description, so that both legs are proved.
    """
    if not count:
        return []
    tries = list(_tries(staged, count))
    answers = engine.search_many([Question(question, k=FIRST + 1) for question, _ in tries])
    margins = [
        (_margin(answer, id), question, id)
        for answer, (question, id) in zip(answers, tries, strict=True)
    ]
    best = sorted((row for row in margins if row[0] > 0), reverse=True)
    unique = dict.fromkeys((question, id) for _, question, id in best)
    return [Probe(question, id) for question, id in list(unique)[:count]]


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
