"""Why-not: the reason why an item is not among the first hits of a question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from release_format.release import SNAPSHOT, Release
from release_format.snapshot import QUARANTINE
from searchbar.fields.groups import Collapsed
from searchbar.query.parser import ParsedQuestion
from searchbar.query.question import Question
from searchbar.relevance.relevant_set import RelevantSet
from searchbar.retrieval.result_set import FULL, Positions
from searchbar.retrieval.retriever import Retriever
from searchbar.retrieval.within import Within


@dataclass(frozen=True)
class AskedFor:
    """A question, what each of its filters leaves, and the groups of all items, if any collapse."""

    question: Question
    filters: Mapping[str, Within]
    groups: Positions | None


def absent(release: Release, retriever: Retriever, id: str) -> dict[str, Any] | None:
    """Why an item can be found by no question at all; None when it can."""
    position = retriever.items.position(id)
    if position is None:
        for row in _quarantine(release):
            if row["id"] == id:
                return _reason(
                    "quarantined",
                    f"rule {row['rule']} refused it: {row['reason']}",
                    rule=row["rule"],
                )
        return _reason(
            "unknown",
            "no such item is in this release; look at the id, or admit the catalogue again.",
        )
    if position in retriever.taken_back():
        return _reason("withdrawn", "it was taken back after this release was made.")
    if position in retriever.hidden:
        return _reason("hidden", "a rule in rules.toml hides it.")
    return None


def outranked(
    retriever: Retriever,
    asked: AskedFor,
    relevant: RelevantSet,
    hits: Collapsed,
    position: int,
    level: float | None,
) -> dict[str, Any]:
    """Why an item that can be found is not among a question's first hits, or that it is.

    `hits` are those of all that was found.
    """
    result_set = relevant.result_set
    places = np.flatnonzero(result_set.positions == position)
    if len(places):
        return _found(retriever, asked, relevant, hits, int(places[0]), level)
    plan = result_set.plan
    blocking = [name for name, within in asked.filters.items() if not _is_within(within, position)]
    if blocking:
        return _filtered(retriever, plan.parsed, position, blocking)
    if any(position not in retriever.holding(phrase) for phrase in plan.parsed.phrases):
        return _reason("phrase", "it does not hold the quoted words as they stand.")
    if position not in retriever.lexical.within({}, (), plan.parsed.without):
        return _reason("without", "it holds words that the question leaves out.")
    cosines = retriever.dense.cosines(plan.vector)
    nearer = int((cosines > cosines[position]).sum()) + 1
    text = f"more than {FULL} other items fit better; by meaning alone it is number {nearer:,}."
    return _reason(
        "outranked", text, rank=None, dense_rank=nearer, cosine=round(float(cosines[position]), 6)
    )


def _is_within(within: Within, position: int) -> bool:
    return within.mask is None or bool(within.mask[position])


def _filtered(
    retriever: Retriever, parsed: ParsedQuestion, position: int, blocking: list[str]
) -> dict[str, Any]:
    phrases = parsed.phrases + parsed.dropped
    unfiltered = replace(parsed, filters={}, phrases=phrases, dropped=())
    result_set = retriever.find([unfiltered])[0]
    rank = np.flatnonzero(result_set.positions == position)
    text = f"the filter {', '.join(blocking)} leaves it out."
    facts = {"rank_without": int(rank[0]) + 1} if len(rank) else {}
    return _reason("filtered", text, filters=blocking, **facts)


def _found(
    retriever: Retriever,
    asked: AskedFor,
    relevant: RelevantSet,
    hits: Collapsed,
    place: int,
    level: float | None,
) -> dict[str, Any]:
    number, groups = np.flatnonzero(hits.places == place), asked.groups
    if len(number) or groups is None:
        return _ranked(asked.question, relevant, place, int(number[0]), level)
    result_set = relevant.result_set
    of_hits = groups[result_set.positions[hits.places]]
    own = groups[result_set.positions[place]]
    shown = result_set.positions[hits.places[int(np.flatnonzero(of_hits == own)[0])]]
    best = retriever.items.id(int(shown))
    return _reason("variant", f"it is a variant of {best!r}, which fits better.", shown=best)


def _ranked(
    question: Question, relevant: RelevantSet, place: int, number: int, level: float | None
) -> dict[str, Any]:
    result_set, fits = relevant.result_set, place < relevant.fits
    facts: dict[str, Any] = {
        "rank": number + 1,
        "score": round(float(result_set.scores[place]), 6),
        "confidence": round(float(result_set.confidence[place]), 6),
    }
    if fits and question.offset <= number < question.offset + question.k:
        return _reason("found", f"it is found, as number {number + 1}.", **facts)
    below = None if level is None else level - facts["confidence"]
    if below is not None and below > 0:
        text = f"it lies {below:.3f} below the level of a good match, and is number {number + 1}."
        return _reason("below the level", text, below=round(below, 6), **facts)
    if not fits:
        text = (
            f"it is number {number + 1}, among what is less likely: the first {relevant.fits} fit."
        )
        return _reason("less likely", text, **facts)
    distance = result_set.scores[0] - result_set.scores[place]
    ahead = f"; {distance:.3f} behind the first" if number else ""
    return _reason("outranked", f"it is found, but only as number {number + 1}{ahead}.", **facts)


def _reason(reason: str, sentence: str, **facts: Any) -> dict[str, Any]:
    return {"reason": reason, "sentence": sentence, **facts}


def _quarantine(release: Release) -> list[dict[str, str]]:
    path = release.path / SNAPSHOT / QUARANTINE
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if path.exists()
        else []
    )
