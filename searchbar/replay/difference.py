"""Difference: what one answer to a question has otherwise than another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from release_format.questions import LoggedQuestion
from searchbar.replay.log_row import is_partial

# Processors differ in the last bits of a confidence, and people in none of the first three.
SMALLEST = 0.001
MOST_NAMED = 5


@dataclass(frozen=True)
class Difference:
    """What an answer has otherwise than the one before.

    `gone` and `come` are ids, best first. `moved` are as few as explain the new order of those in
    both, with their places before and now, from 1: what is below a gone hit has not moved. The
    others are what was and what is; None where both are the same, or the log does not say.
    """

    gone: Sequence[str] = ()
    come: Sequence[str] = ()
    moved: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    total: tuple[int, int] | None = None
    no_good_match: tuple[bool, bool] | None = None
    confidence: tuple[float | None, float | None] | None = None
    level: tuple[float | None, float | None] | None = None
    did_you_mean: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__dataclass_fields__)

    def sentences(self) -> list[str]:
        """What is different, one short sentence each; ids are the catalogue's, as they are."""
        moved = [f"{id} from {was} to {now}" for id, (was, now) in self.moved.items()]
        named = {"gone": self.gone, "come": self.come, "moved": moved}
        return [*(_named(kind, ids) for kind, ids in named.items() if ids), *self._figures()]

    def _figures(self) -> Iterator[str]:
        if self.total:
            yield f"total {self.total[1]:,}, was {self.total[0]:,}"
        if self.no_good_match:
            yield "nothing fits any more" if self.no_good_match[1] else "fits, and did not then"
        if self.confidence:
            yield f"confidence {shown(self.confidence[1])}, was {shown(self.confidence[0])}"
        if self.level:
            yield f"a good match has {shown(self.level[1])}, had {shown(self.level[0])}"
        if self.did_you_mean:
            was, now = (repr(text) if text else "nothing" for text in self.did_you_mean)
            yield f"read as {now}, was {was}"

    def to_json(self) -> dict[str, Any]:
        """Only what is different."""
        table = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in table.items() if value}


def difference(was: LoggedQuestion, now: LoggedQuestion) -> Difference:
    """What `now` has otherwise than `was`, of all that the row of `was` says."""
    before, after = dict.fromkeys(was.hits), dict.fromkeys(now.hits)
    gone, come = (id for id in before if id not in after), (id for id in after if id not in before)
    doubt = {"no_good_match": _changed(was.no_good_match, now.no_good_match)}
    figures: dict[str, Any] = {}
    if not is_partial(was):
        figures = {
            "total": _changed(was.total, now.total),
            "confidence": _measured(was.confidence, now.confidence),
            "level": _measured(was.level, now.level),
            "did_you_mean": _changed(was.did_you_mean, now.did_you_mean),
        }
    return Difference(tuple(gone), tuple(come), moved(was.hits, now.hits), **doubt, **figures)


def moved(was: Sequence[str], now: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The hits of both that no longer follow the others as they did, with their places from 1."""
    before, after = places(was), places(now)
    shared = [id for id in dict.fromkeys(now) if id in before]
    kept = set(_longest_rising([before[id] for id in shared]))
    return {id: (before[id], after[id]) for id in shared if before[id] not in kept}


def places(ids: Sequence[str]) -> dict[str, int]:
    """Where each id stands first, from 1."""
    return {id: len(ids) - back for back, id in enumerate(reversed(ids))}


def shown(measure: float | None) -> str:
    """A confidence or level as people read it."""
    return "none" if measure is None else f"{measure:.3f}"


def _longest_rising(numbers: Sequence[int]) -> list[int]:
    """The most of these different numbers that rise in the order given."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        before[number] = ends[at - 1] if at else None
        ends[at : at + 1] = [number]
    rising, number_now = [], ends[-1] if ends else None
    while number_now is not None:
        rising.append(number_now)
        number_now = before[number_now]
    return rising[::-1]


def _changed(was: Any, now: Any) -> tuple[Any, Any] | None:
    return None if was == now else (was, now)


def _measured(was: float | None, now: float | None) -> tuple[float | None, float | None] | None:
    if was is None or now is None:
        return _changed(was, now)
    return (was, now) if abs(was - now) >= SMALLEST else None


def _named(kind: str, ids: Sequence[str]) -> str:
    more = f", and {len(ids) - MOST_NAMED:,} more" if len(ids) > MOST_NAMED else ""
    return f"{len(ids):,} {kind}: {', '.join(ids[:MOST_NAMED])}{more}"
