"""Here are judged questions: give me parts that share neither a question nor an item.

Without that, memory passes for learning: an encoder that saw an item with one question finds it for the next one too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from index_builder.judgments import Judged
from release_format.seal import digest_of

# Of a hundred questions that are not held out, so many tell when to stop.
HELD_BACK = 20


@dataclass(frozen=True)
class Parts:
    """Questions to learn from, to tell when to stop, and to tell whether it helped."""

    learn: Sequence[Judged]
    stop: Sequence[Judged]
    held_out: Sequence[Judged]

    @property
    def unseen(self) -> Sequence[Judged]:
        """All that no pair may come from."""
        return [*self.stop, *self.held_out]


def split(judged: Sequence[Judged], held_out: int, seed: int, same: Callable[[str], str] = str) -> Parts:
    """Split by component: questions that judge one item, or are worded alike, stay together.

    A component goes where the digest of its name says, so that most stay where they are when others are judged. One
    larger than the whole holdout is learned from.

    Args:
        judged: questions with at least one item.
        held_out: how many of a hundred questions to hold out.
        seed: another one gives other parts.
        same: item id → a name that items of the same text share.
    """
    wanted = len(judged) * held_out / 100
    order = sorted(components(judged, same), key=lambda part: digest_of([seed, min(one.id for one in part)]))
    rest, out = _take([part for part in order if len(part) <= wanted], wanted)
    large = [part for part in order if len(part) > wanted]
    back_wanted = (len(judged) - _count(out)) * HELD_BACK / 100
    learn, back = _take([part for part in rest if len(part) <= back_wanted], back_wanted)
    learn += large + [part for part in rest if len(part) > back_wanted]
    return Parts(*(_flat(parts, judged) for parts in (learn, back, out)))


def components(judged: Sequence[Judged], same: Callable[[str], str] = str) -> list[list[Judged]]:
    """Questions that are joined by an item or by their words, directly or by way of others."""
    joined = _Joined()
    for one in judged:
        for id in one.relevant:
            joined.join(f"question {worded(one.question)}", f"item {same(id)}")
    found: dict[str, list[Judged]] = {}
    for one in judged:
        found.setdefault(joined.root(f"question {worded(one.question)}"), []).append(one)
    return list(found.values())


def worded(question: str) -> str:
    """A question without what does not tell it from another one: case, spaces and marks at its ends."""
    return " ".join(question.casefold().split()).strip(" ?!.")


def _take(parts: Iterable[list[Judged]], wanted: float) -> tuple[list[list[Judged]], list[list[Judged]]]:
    """What is left, and what was taken until so many questions were reached."""
    left: list[list[Judged]] = []
    taken: list[list[Judged]] = []
    for part in parts:
        (taken if _count(taken) + len(part) <= wanted else left).append(part)
    return left, taken


def _count(parts: Iterable[Sequence[Judged]]) -> int:
    return sum(map(len, parts))


def _flat(parts: Iterable[Sequence[Judged]], judged: Sequence[Judged]) -> list[Judged]:
    chosen = {one.id for part in parts for one in part}
    return [one for one in judged if one.id in chosen]


class _Joined:
    """Names that belong together (union–find)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def root(self, name: str) -> str:
        while (above := self._above.setdefault(name, name)) != name:
            self._above[name] = self._above[above]
            name = above
        return name

    def join(self, one: str, other: str) -> None:
        self._above[self.root(one)] = self.root(other)
