"""Guesses: which column is the title and which the description, by what columns hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from data_checks.canonical_text import text
from data_checks.sources.mapping.column_words import names_aside, names_items
from data_checks.sources.mapping.common_names import candidates
from data_checks.sources.mapping.evidence import first
from data_checks.sources.mapping.profile import Profile, profile_of

LONGEST_TITLE, MOST_TITLE_WORDS = 120, 14
SHORTEST_DESCRIPTION, FEWEST_WORDS = 30, 5
FEWEST_BARE = 2


def guessed_texts(
    names: Sequence[str],
    values: Mapping[str, Sequence[Any]],
    chosen: Mapping[str, str],
    known: Collection[str],
) -> dict[str, str]:
    """What the choice by names becomes where it leaves the title or the description open.

    Args:
        names: the columns of the catalogue, in its order.
        values: the values of each column in the rows looked at.
        chosen: our words → the columns that were chosen by their names.
        known: our words that are there already, and columns that are spoken for.

    Returns:
        Our words → columns, only those that are other than in `chosen`.
    """
    profiles = {name: profile_of(values[name]) for name in names}
    taken = {*known, *chosen.values()}
    free = [name for name in names if name not in taken]
    guessed: dict[str, str] = {}
    if "title" not in {*known, *chosen}:
        guessed |= _title(names, profiles, chosen, free)
    title = guessed.get("title") or chosen.get("title") or ("title" if "title" in names else "")
    is_open = "description" not in {*known, *chosen} or title == chosen.get("description")
    if is_open:
        others = [name for name in free if name != title]
        if found := _description(others, profiles, profiles.get(title, Profile())):
            guessed["description"] = found
    return guessed


def _title(
    names: Sequence[str],
    profiles: Mapping[str, Profile],
    chosen: Mapping[str, str],
    free: Sequence[str],
) -> dict[str, str]:
    """The title: a free column, or the description where that is a short one, or else a topic."""
    described = chosen.get("description", "")
    pool = [name for name in names if name in free or name == described]
    ranked = sorted(
        (name for name in pool if _can_be_title(name, profiles[name])),
        key=lambda name: -_title_rank(name, profiles[name], names.index(name) / len(names)),
    )
    best = [name for name in ranked if not names_aside(name)]
    best = best or [name for name in ranked if profiles[name].distinct >= 0.9]
    topic = chosen.get("topics", "")
    if topic and _can_be_title(topic, profiles[topic]) and profiles[topic].distinct >= 0.9:
        best.append(topic)
    # Words that look like codes are better than none where a column is called after the thing.
    best += [name for name in candidates("thing", free) if profiles[name].distinct >= 0.9]
    return {"title": best[0]} if best else {}


def _can_be_title(name: str, profile: Profile) -> bool:
    """Whether a column may be the title; one that is called so may repeat for many variants."""
    is_short = profile.letters <= LONGEST_TITLE and profile.words <= MOST_TITLE_WORDS
    differs = profile.distinct >= (0.01 if names_items(name) else 0.2)
    return profile.is_text and is_short and profile.filled >= 0.5 and differs


def _title_rank(name: str, profile: Profile, place: float) -> float:
    length = min(profile.words, 2) / 8 - max(0.0, profile.letters - 80) / 80
    named = 1.0 * names_items(name) - 1.5 * names_aside(name)
    return 2 * profile.distinct + profile.filled + length + named - place


def _description(free: Sequence[str], profiles: Mapping[str, Profile], title: Profile) -> str:
    """The longest text that is clearly longer than the title; one with a fitting name first."""
    long = [
        name
        for name in free
        if profiles[name].is_text
        and profiles[name].filled >= 0.2
        and profiles[name].words >= max(FEWEST_WORDS, 1.3 * title.words)
        and profiles[name].letters >= SHORTEST_DESCRIPTION
        and profiles[name].distinct >= 0.2
        and not names_aside(name)
    ]
    by_name = [name for name in candidates("description", free) if name in long]
    return next(
        iter(by_name), max(long, key=lambda name: min(profiles[name].letters, 2_000), default="")
    )


def stand_ins(
    titles: Sequence[str], names: Sequence[str], values: Mapping[str, Sequence[Any]]
) -> list[str]:
    """The columns that name an item where its title is empty: texts that are there only then."""
    bare = [place for place, title in enumerate(titles) if not title]
    titled = [place for place, title in enumerate(titles) if title]
    if len(bare) < FEWEST_BARE or len(bare) < 0.02 * len(titles) or len(titled) < FEWEST_BARE:
        return []
    return [name for name in names if _names_only(values[name], bare, titled)][:2]


def _names_only(values: Sequence[Any], bare: Sequence[int], titled: Sequence[int]) -> bool:
    """Whether a column holds words in the rows without a title, and nothing in the others."""
    named = [text(first(values[place])) for place in bare]
    others = sum(bool(text(first(values[place]))) for place in titled)
    words = sum(any(map(str.isalpha, word)) and "/" not in word for word in named)
    return words >= 0.9 * len(bare) and others <= 0.1 * len(titled)
