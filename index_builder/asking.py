"""Here are an engine and questions: give me what a visitor would get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from index_builder.judgments import Judged
from release_format.program import progress
from searchbar.cores import cores
from searchbar.engine import Engine
from searchbar.finder import ResultSet

DEPTH = 100
AT_ONCE = 32


@dataclass(frozen=True)
class Asked:
    """The first hundred ids of an answer; the confidence in each; whether a name or a pin decided the first."""

    ids: Sequence[str]
    confidence: Sequence[float]
    named: bool


def ask(engine: Engine, questions: Sequence[str], title: str = "asking") -> list[Asked]:
    """Every question's answer, by the finder that answers visitors."""
    return list(progress(_asked(engine, questions), len(questions), title))


def ask_judged(engine: Engine, judged: Sequence[Judged]) -> Mapping[str, Asked]:
    """Question id → its answer."""
    return dict(zip((one.id for one in judged), ask(engine, [one.question for one in judged]), strict=True))


def _asked(engine: Engine, questions: Sequence[str]) -> Iterator[Asked]:
    """A few questions at a time on every core: encoding and both indexes leave the interpreter to the others."""
    some = [questions[start : start + AT_ONCE] for start in range(0, len(questions), AT_ONCE)]
    with ThreadPoolExecutor(cores()) as pool:
        for answers in pool.map(lambda texts: _some(engine, texts), some):
            yield from answers


def _some(engine: Engine, texts: Sequence[str]) -> list[Asked]:
    return [_of(engine, found) for found in engine.finder.find(texts, [{}] * len(texts))]


def _of(engine: Engine, found: ResultSet) -> Asked:
    ids = [engine.finder.items.id(int(position)) for position in found.positions[:DEPTH]]
    return Asked(ids, found.confidence[:DEPTH].tolist(), bool(found.named or found.pinned))
