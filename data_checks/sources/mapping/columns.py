"""Columns: which column of a foreign catalogue is which of ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from data_checks.errors import CatalogueError
from data_checks.sources.mapping.common_names import candidates, plain
from data_checks.sources.mapping.evidence import HALF, fits
from data_checks.sources.mapping.profile import profile_of
from release_format.config.refusal import shown
from release_format.exit_codes import USAGE
from release_format.items import FIELDS

NAMED = 16


def parse_columns(text: str) -> dict[str, str]:
    """The mapping that a text like `id=sku,title=name` means: our word → the foreign column.

    Raises:
        CatalogueError: it reads otherwise.
    """
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    if any(not (word.strip() and name.strip()) for word, _, name in pairs):
        raise CatalogueError(f"--columns {text!r} should read like id=sku,title=name.", USAGE)
    return {word.strip(): name.strip() for word, _, name in pairs}


def guessed_columns(
    names: Sequence[str],
    values: Mapping[str, Sequence[Any]],
    known: Collection[str],
    ours: Iterable[str] = FIELDS,
) -> dict[str, str]:
    """Our words → the foreign columns that go by a common name for them and hold what fits.

    Args:
        names: the columns of the catalogue, in its order.
        values: the values of each column in the rows looked at.
        known: our words that are there already, and columns that are spoken for.
        ours: the words looked for.
    """
    chosen: dict[str, str] = {}
    for word in ours:
        if word not in known:
            taken = {*known, *FIELDS, *chosen.values()}
            # The same word in other letters is the column, whatever it holds: the rules tell.
            fitting = (
                name
                for name in candidates(word, names)
                if name not in taken and (plain(name) == plain(word) or fits(word, values[name]))
            )
            if name := next(fitting, _thing(names, values, taken) if word == "title" else ""):
                chosen[word] = name
    return chosen


def _thing(names: Sequence[str], values: Mapping[str, Sequence[Any]], taken: set[str]) -> str:
    """A column that is called after the thing of each row, and names it; no code does."""
    things = (name for name in candidates("thing", names) if name not in taken)
    named_each = (name for name in things if fits("id", values[name]))
    return next((name for name in named_each if profile_of(values[name]).coded < HALF), "")


def named(names: Sequence[str]) -> str:
    """The columns of a catalogue for people."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(shown(name) for name in names[:NAMED]) + more or "none"


def mapping_sentence(columns: Mapping[str, str]) -> str:
    """What was mapped without being told."""
    pairs = ", ".join(f"{_bare(theirs)} → {ours}" for ours, theirs in columns.items())
    return f"Read: {pairs}; say otherwise in fields.toml, or with --columns."


def guess_sentence(columns: Mapping[str, str]) -> str:
    """What was chosen by what columns hold, since no name told it."""
    pairs = ", ".join(f"{_bare(theirs)} → {ours}" for ours, theirs in columns.items())
    word = next(iter(columns))
    return (
        f"Guessed from what the columns hold: {pairs}; say otherwise with --columns {word}=NAME, or"
        " in fields.toml."
    )


def _bare(name: str) -> str:
    return shown(name)[1:-1]
