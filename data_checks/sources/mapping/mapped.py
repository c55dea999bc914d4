"""Mapped rows: any source's rows under our words, as far as they can be told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from data_checks.canonical_text import text
from data_checks.errors import CatalogueError
from data_checks.sources.mapping.chosen_id import chosen_id, is_settled
from data_checks.sources.mapping.columns import (
    guess_sentence,
    guessed_columns,
    mapping_sentence,
    named,
)
from data_checks.sources.mapping.common_names import plain
from data_checks.sources.mapping.counters import counter_column, without
from data_checks.sources.mapping.dates import reader_of
from data_checks.sources.mapping.evidence import address, are_paths, first, levels
from data_checks.sources.mapping.guesses import guessed_texts, stand_ins
from data_checks.sources.mapping.markup import is_markup, without_markup
from data_checks.sources.mapping.nested import flattened
from data_checks.sources.mapping.parents import parent_column, with_parents
from data_checks.sources.mapping.plan import Convert, Plan
from data_checks.sources.mapping.variants import handle_column, variants
from data_checks.sources.row import ReadOptions, Row
from release_format.exit_codes import USAGE
from release_format.items import FIELDS

# So many rows are looked at before the first is mapped; more where ids have to be made.
HEAD, LONG_HEAD = 1_000, 20_000
_SURROGATE = re.compile("[\ud800-\udfff]")


def mapped(
    rows: Iterator[Row], options: ReadOptions, where: str, joined: Collection[str] = ()
) -> Iterator[Row]:
    """The rows under our words: by what is told, by what is live, by names, by what columns hold.

    Args:
        rows: as the source gives them.
        options: what is told, and where to say what was guessed.
        where: the catalogue, for the text of a refusal.
        joined: words of ours that come from elsewhere.

    Raises:
        CatalogueError: no column is a text, by any name; or one that was named is not there.
    """
    rows = (row if row.broken else replace(row, values=flattened(row.values)) for row in rows)
    head = list(islice(rows, HEAD))
    if not options.as_is and (counter := counter_column([row.values for row in _whole(head)])):
        options.notes.add(f"Left out {named([counter])}, which only counts the rows.")
        rows = without(chain(head, rows), counter)
        head = list(islice(rows, HEAD))
    handle = "" if options.as_is or "id" in options.columns else handle_column(_names(head))
    if handle:
        rows = variants(chain(head, rows), handle, options.notes)
        head = list(islice(rows, HEAD))
    elif parent := _parent(head, options):
        rows = with_parents(chain(head, rows), parent, _names(head), options.notes)
        head = list(islice(rows, HEAD))
    plan = _plan(head, options, where, joined)
    if _whole(head) and not is_settled(plan, _whole(head), options):
        head += islice(rows, LONG_HEAD - len(head))
    if _whole(head):
        plan = chosen_id(plan, _whole(head), _names(head), options, where)
        options.notes.mapping = plan.to_json()
    is_named = "id" in options.columns or "id" not in plan.columns
    options.notes.copies_count_once = bool(plan.id_of) or not is_named
    return map(plan.apply, chain(head, rows))


def _parent(head: Sequence[Row], options: ReadOptions) -> str:
    values = [row.values for row in _whole(head)]
    return "" if options.as_is else parent_column(_names(head), values)


def _names(head: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(str(name) for row in head if not row.broken for name in row.values))


def _whole(head: Sequence[Row]) -> list[Row]:
    return [row for row in head if not row.broken]


def _plan(head: Sequence[Row], options: ReadOptions, where: str, joined: Collection[str]) -> Plan:
    names = _names(head)
    if not names:
        return Plan(options.columns)
    values = {name: [row.values.get(name) for row in _whole(head)] for name in names}
    told = _told(options.columns, names, where, is_all=len(head) < HEAD)
    columns = dict(told)
    if not options.as_is:
        columns |= _guessed(names, values, told, joined, options)
    ours = {word: columns.get(word, word) for word in FIELDS}
    of = {word: values[theirs] for word, theirs in ours.items() if theirs in values}
    if not {"title", "description"} & {*of, *joined}:
        raise CatalogueError(
            f"{where} has no column for a title or a description, by any name; it has"
            f" {named(names)}. Say --columns title=NAME, or write it under [columns] in"
            " fields.toml.",
            USAGE,
        )
    binary = _binary(values) - {*FIELDS, *columns.values()}
    if binary:
        options.notes.add(f"Left out, since they hold no text: {named(sorted(binary))}.")
    plan = Plan(columns, _conversions(values, columns, options), binary=binary)
    spare = [name for name in names if name not in {*told.values(), *FIELDS}]
    titles = [text(first(value)) for value in of.get("title", ())]
    known = options.live.get("stand_ins", ())
    found = known if {*known} <= {*names} else ()
    found = found or (() if options.as_is else stand_ins(titles, spare, values))
    if found:
        options.notes.add(f"Items without a title are named by {named(found)}.")
    theirs = {column: word for word, column in columns.items()}
    return replace(plan, stand_ins=[theirs.get(name, name) for name in found])


def _guessed(
    names: Sequence[str],
    values: Mapping[str, Sequence[Any]],
    told: Mapping[str, str],
    joined: Collection[str],
    options: ReadOptions,
) -> dict[str, str]:
    """Our words → theirs: as live has them where they are there, then by names, then by values."""
    known = {*(word for word in FIELDS if word in names), *told, *told.values(), *joined}
    kept: dict[str, str] = {
        word: name
        for word, name in options.live.get("columns", {}).items()
        if word not in known and name in names and name not in known
    }
    guessed = kept | guessed_columns(names, values, {*known, *kept, *kept.values()})
    by_values = guessed_texts(names, values, guessed, known)
    if options.live:
        # What live did without stays as it was; what it had is looked for again.
        lost = {*options.live.get("columns", {})} - {*guessed}
        by_values = {word: name for word, name in by_values.items() if word in lost}
    by_name = {word: name for word, name in guessed.items() if name not in by_values.values()}
    by_name = {word: name for word, name in by_name.items() if word not in by_values}
    if by_name:
        options.notes.add(mapping_sentence(by_name))
    if by_values:
        options.notes.add(guess_sentence(by_values))
    return by_name | by_values


def _binary(values: Mapping[str, Sequence[Any]]) -> set[str]:
    """The columns whose values are mostly bytes that are no text: pictures, digests, keys."""
    return {
        name
        for name, column in values.items()
        if (bad := sum(_is_binary(value) for value in column))
        and 2 * bad > sum(value not in (None, "", b"") for value in column)
    }


def _is_binary(value: Any) -> bool:
    return isinstance(value, bytes) and _SURROGATE.search(text(value)) is not None


def _told(
    columns: Mapping[str, str], names: Sequence[str], where: str, *, is_all: bool
) -> dict[str, str]:
    """The mapping that was told, with names as the catalogue writes them."""
    told = {}
    for word, name in columns.items():
        alike = [theirs for theirs in names if plain(theirs) == plain(name)]
        if name not in names and len(alike) != 1 and (is_all or word == "id"):
            raise CatalogueError(
                f"{where} has no column {name!r}; it has {named(names)}. Mend --columns, or"
                " [columns] in fields.toml.",
                USAGE,
            )
        told[word] = name if name in names or len(alike) != 1 else alike[0]
    return told


def _conversions(
    values: Mapping[str, Sequence[Any]], columns: Mapping[str, str], options: ReadOptions
) -> dict[str, Convert]:
    """What the values of a column are passed through, by its name in the snapshot."""
    converted: dict[str, Convert] = {"image_url": address, "url": address}
    ours = {theirs: word for word, theirs in columns.items()}
    pages = [name for name, column in values.items() if is_markup(column)]
    if pages:
        converted |= dict.fromkeys((ours.get(name, name) for name in pages), without_markup)
        converted.setdefault("title", without_markup)
        options.notes.add(f"Read as HTML, as a page would show it: {named(pages)}.")
    if are_paths(values.get(columns.get("topics", "topics"), ())):
        converted["topics"] = levels
        options.notes.add("Read the topics as paths: each level is a topic.")
    dates = [
        text(first(value)) for value in values.get(columns.get("updated_at", "updated_at"), ())
    ]
    if reader := reader_of(dates):
        converted["updated_at"] = reader
        if reader.is_foreign:
            options.notes.add(f"Read the dates of updated_at as {reader.name}.")
    return converted
