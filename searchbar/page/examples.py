"""Examples: questions to begin with, for the start page, as people ask them of this catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from release_format.items import Items
from release_format.probes import Probe
from searchbar.query.normalize import fold

MOST, LONGEST, LEAST_WORDS = 3, 60, 3


class SomethingLike(Protocol):
    """Says that what is like a title is wanted: a name alone is no question in one's own words."""

    def __call__(self, *, title: str) -> str: ...


def examples(
    popular: Iterable[str], probes: Iterable[Probe], items: Items, something_like: SomethingLike
) -> list[str]:
    """Three questions: those that many asked, then what items say that they are, and whole phrases
    of them, then what is like one. Names alone and sentences that break off are none."""
    short = [probe for probe in probes if len(probe.question) < LONGEST]
    told = [text for probe in short if (text := _told(items, probe))]
    phrases = [
        probe.question.rstrip(".!")
        for probe in short
        if len(probe.question.split()) >= LEAST_WORDS
        and not is_name(items, probe)
        and not is_cut(items, probe)
    ]
    alike = [something_like(title=title) for probe in short if (title := _title(items, probe))]
    return list(dict.fromkeys([*popular, *told, *phrases, *alike]))[:MOST]


def is_name(items: Items, probe: Probe) -> bool:
    """Whether a question is the title or the id of its item, and nothing else."""
    names = {fold(probe.id), fold(_title(items, probe))}
    return fold(probe.question) in names


def is_cut(items: Items, probe: Probe) -> bool:
    """Whether a question breaks off in the middle of a sentence of its item's description."""
    position = items.position(probe.id)
    text = "" if position is None else " ".join(items[position].description.split())
    rest = text.removeprefix(probe.question)
    return rest != text and rest[:1] not in ("", *".!?") and probe.question[-1:] not in ".!?"


def _told(items: Items, probe: Probe) -> str:
    """What an item is, where its description begins so: of `GIMP is an image editor for photos,
    and …` the words `an image editor for photos`."""
    position, title = items.position(probe.id), _title(items, probe)
    if position is None or not title:
        return ""
    told = re.match(rf"{re.escape(title)} is (an? [^,.;:()]+)", items[position].description)
    text = told[1].strip() if told else ""
    return text if len(text.split()) >= LEAST_WORDS and len(text) < LONGEST else ""


def _title(items: Items, probe: Probe) -> str:
    position = items.position(probe.id)
    return "" if position is None else items[position].title
