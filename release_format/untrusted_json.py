"""JSON that somebody else may have written: whatever is wrong with it is a ValueError."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def parse_json(text: str | bytes) -> Any:
    """The value that a JSON text stands for.

    Raises:
        ValueError: it is no JSON, is nested too deep, or holds a number that is none (`NaN`) or
        that no float can hold (`1e999`), at which whatever counts with it would break.
    """
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise ValueError("its lists or objects lie too deep inside each other") from None


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        _no_number(text)
    return number


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no number that can be held")
