"""A train, validation and test split whose parts share neither a question nor an item.

Without that, memory passes for learning: an encoder that saw an item with one question finds it for
the next one too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from index_builder.quality.judgments import JudgedQuestion
from release_format.seal import digest_of

# Of a hundred questions that are not held out, so many tell when to stop.
VALIDATION_PERCENT = 20

Questions = list[JudgedQuestion]


@dataclass(frozen=True)
class Splits:
    """Questions to learn from, to tell when to stop, and (held out) to tell whether it helped."""

    train: Sequence[JudgedQuestion]
    validation: Sequence[JudgedQuestion]
    test: Sequence[JudgedQuestion]

    @property
    def unseen(self) -> Sequence[JudgedQuestion]:
        """All that no pair may come from."""
        return [*self.validation, *self.test]


def split(
    judged: Sequence[JudgedQuestion], held_out: int, seed: int, name: Callable[[str], str] = str
) -> Splits:
    """Split by component: questions that judge one item, or are worded alike, stay together.

    A component goes where the digest of its name says, so that most stay where they are when others
    are judged. One larger than the whole test part is learned from.

    Args:
        judged: questions with at least one item.
        held_out: how many of a hundred questions to hold out.
        seed: another one gives other parts.
        name: item id → a name that items of the same text share.
    """
    wanted = len(judged) * held_out / 100
    order = sorted(components(judged, name), key=lambda part: _draw(seed, part))
    left, test = _take([part for part in order if len(part) <= wanted], wanted)
    large = [part for part in order if len(part) > wanted]
    wanted = (len(judged) - _count(test)) * VALIDATION_PERCENT / 100
    train, validation = _take([part for part in left if len(part) <= wanted], wanted)
    train += large + [part for part in left if len(part) > wanted]
    return Splits(*(_flat(parts, judged) for parts in (train, validation, test)))


def components(
    judged: Sequence[JudgedQuestion], name: Callable[[str], str] = str
) -> list[Questions]:
    """Questions that are joined by an item or by their words, directly or by way of others."""
    # It takes half a second to import, and most builds learn nothing.
    from scipy.cluster.hierarchy import DisjointSet

    joined = DisjointSet(map(_node, judged))
    for question in judged:
        for item in (f"item {name(id)}" for id in question.relevant):
            joined.add(item)
            joined.merge(_node(question), item)
    parts: dict[str, Questions] = {}
    for question in judged:
        parts.setdefault(joined[_node(question)], []).append(question)
    return list(parts.values())


def canonical(question: str) -> str:
    """A question without case, spaces and the marks at its ends, which make it no other one."""
    return " ".join(question.casefold().split()).strip(" ?!.")


def _node(question: JudgedQuestion) -> str:
    return f"question {canonical(question.question)}"


def _draw(seed: int, part: Questions) -> str:
    return digest_of([seed, min(question.id for question in part)])


def _take(parts: Iterable[Questions], wanted: float) -> tuple[list[Questions], list[Questions]]:
    """What is left, and what was taken until so many questions were reached."""
    left: list[Questions] = []
    taken: list[Questions] = []
    for part in parts:
        (taken if _count(taken) + len(part) <= wanted else left).append(part)
    return left, taken


def _count(parts: Iterable[Questions]) -> int:
    return sum(map(len, parts))


def _flat(parts: Iterable[Questions], judged: Sequence[JudgedQuestion]) -> Questions:
    chosen = {question.id for part in parts for question in part}
    return [question for question in judged if question.id in chosen]
