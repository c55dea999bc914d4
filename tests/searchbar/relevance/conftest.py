"""Result sets of scores, for what is decided by numbers alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from searchbar.query.parser import ParsedQuestion
from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.result_set import ResultSet

MakeSet = Callable[..., ResultSet]


def made(
    scores: Sequence[float],
    confidence: Sequence[float] | None = None,
    *,
    positions: Sequence[int] | None = None,
    text: str = "lamp",
    pinned: int = 0,
    named: Sequence[int] = (),
    full: bool = False,
) -> ResultSet:
    """What a question found, of these scores; they are the confidences unless others are given."""
    plan = QueryPlan.of_nothing(ParsedQuestion(text, text))
    places = np.array(range(len(scores)) if positions is None else positions, np.int64)
    confident = scores if confidence is None else confidence
    return replace(
        ResultSet.unordered(plan, places, {}),
        scores=np.array(scores, np.float32),
        confidence=np.array(confident, np.float32),
        pinned=pinned,
        named=frozenset(named),
        full=full,
    )


@pytest.fixture
def found() -> MakeSet:
    """`found(scores, confidence=…, pinned=…, named=…, full=…)`: what a question found."""
    return made
