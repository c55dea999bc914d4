"""Examples: questions to begin with, for the start page."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from release_format.items import Items
from release_format.probes import Probe

MOST, LONGEST = 3, 60


def examples(probes: Iterable[Probe], items: Items) -> list[str]:
    """The questions of three probes: whole phrases first, then words, then what is cut."""
    short = [probe for probe in probes if len(probe.question) < LONGEST]
    short.sort(key=lambda probe: probe.question.count(" ") < 2)
    whole = islice((probe for probe in short if not is_cut(items, probe)), MOST)
    return list(dict.fromkeys(probe.question for probe in [*whole, *short]))[:MOST]


def is_cut(items: Items, probe: Probe) -> bool:
    """Whether a question breaks off in the middle of a sentence of its item's description."""
    position = items.position(probe.id)
    text = "" if position is None else " ".join(items[position].description.split())
    rest = text.removeprefix(probe.question)
    return rest != text and rest[:1] not in ("", *".!?") and probe.question[-1:] not in ".!?"
