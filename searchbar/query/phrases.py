"""Phrases that nothing holds: a question is asked without their quotation marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from searchbar.query.parser import ParsedQuestion

Positions = NDArray[np.int64]


def without_unheld(
    question: ParsedQuestion, left: Positions, holding: Callable[[str], Positions]
) -> ParsedQuestion:
    """A question without the phrases that nothing holds of what its filters leave.

    Of phrases that no item holds together the first ones are kept. Where the filters leave nothing
    anyway, no phrase is to blame.

    Args:
        question: with phrases.
        left: the positions of the items that its filters leave, (n,).
        holding: the positions of all items that hold a phrase.
    """
    if not len(left):
        return question
    kept: list[str] = []
    for phrase in question.phrases:
        held = left[np.isin(left, holding(phrase))]
        if len(held):
            left, kept = held, [*kept, phrase]
    dropped = tuple(phrase for phrase in question.phrases if phrase not in kept)
    return replace(question, phrases=tuple(kept), dropped=dropped) if dropped else question
