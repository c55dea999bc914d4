"""Mapped rows: any source's rows under our words, as far as they can be told."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

from data_checks.canonical_text import text
from data_checks.errors import CatalogueError
from data_checks.sources.mapping.columns import guessed_columns, mapping_sentence, named
from data_checks.sources.mapping.common_names import plain
from data_checks.sources.mapping.dates import reader_of
from data_checks.sources.mapping.evidence import address, first, names_each
from data_checks.sources.mapping.made_ids import made_id
from data_checks.sources.mapping.markup import is_markup, without_markup
from data_checks.sources.mapping.nested import flattened
from data_checks.sources.mapping.variants import handle_column, variants
from data_checks.sources.row import ReadOptions, Row
from release_format.exit_codes import USAGE
from release_format.items import FIELDS

# So many rows are looked at before the first is mapped.
HEAD = 1_000
# The site of whoever made it is no name of an item.
_HOMES = ("home", "site", "webseite", "repository")

_SURROGATE = re.compile("[\ud800-\udfff]")

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Plan:
    """How the rows of one catalogue become ours.

    `columns` are our words → theirs, `converted` is what the values of ours are passed through,
    `id_from` the word that ids are made of where there are none, and `binary` columns of theirs
    that hold no text.
    """

    columns: Mapping[str, str]
    converted: Mapping[str, Convert] = field(default_factory=dict)
    id_from: str = ""
    binary: Collection[str] = ()

    def apply(self, row: Row) -> Row:
        """The row under our words; a broken one stays as it is."""
        if row.broken:
            return row
        taken = set(self.columns.values())
        values = {
            name: value
            for name, value in row.values.items()
            if name not in taken and name not in self.columns and name not in self.binary
        }
        values |= {
            ours: row.values[theirs]
            for ours, theirs in self.columns.items()
            if theirs in row.values
        }
        for word in {*FIELDS, *self.converted} & values.keys():
            values[word] = self._fitted(word, values[word])
        if self.id_from and (written := text(values.get(self.id_from))):
            values["id"] = made_id(written)
        return replace(row, values=values)

    def _fitted(self, word: str, value: Any) -> Any:
        if isinstance(value, list | tuple) and word in FIELDS and word != "topics":
            texts = [written for entry in value if (written := text(entry))]
            value = "\n".join(texts) if word == "description" else first(texts)
        return self.converted[word](value) if word in self.converted else value


def mapped(
    rows: Iterator[Row], options: ReadOptions, where: str, joined: Collection[str] = ()
) -> Iterator[Row]:
    """The rows under our words, by what is told, then by common names of columns.

    Args:
        rows: as the source gives them.
        options: what is told, and where to say what was guessed.
        where: the catalogue, for the text of a refusal.
        joined: words of ours that come from elsewhere.

    Raises:
        CatalogueError: no column is an id, or none a text, by any name; or one that was named is
        not there.
    """
    rows = (row if row.broken else replace(row, values=flattened(row.values)) for row in rows)
    head = list(islice(rows, HEAD))
    handle = "" if options.as_is or "id" in options.columns else handle_column(_names(head))
    if handle:
        rows = variants(chain(head, rows), handle, options.notes)
        head = list(islice(rows, HEAD))
    plan = _plan(head, options, where, joined)
    return map(plan.apply, chain(head, rows))


def _names(head: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(str(name) for row in head if not row.broken for name in row.values))


def _plan(head: Sequence[Row], options: ReadOptions, where: str, joined: Collection[str]) -> Plan:
    names = _names(head)
    if not names:
        return Plan(options.columns)
    whole = [row.values for row in head if not row.broken]
    values = {name: [row.get(name) for row in whole] for name in names}
    told = _told(options.columns, names, where, is_all=len(head) < HEAD)
    columns = dict(told)
    if not options.as_is:
        known = {*(word for word in FIELDS if word in names), *told, *told.values(), *joined}
        guessed = guessed_columns(names, values, known)
        columns |= guessed
        if guessed:
            options.notes.add(mapping_sentence(guessed))
    ours = {word: columns.get(word, word) for word in FIELDS}
    of = {word: values[theirs] for word, theirs in ours.items() if theirs in values}
    if not {"title", "description"} & {*of, *joined}:
        raise CatalogueError(
            f"{where} has no column for a title or a description, by any name; it has"
            f" {named(names)}. Say --columns title=NAME, or write it under [columns] in"
            " fields.toml.",
            USAGE,
        )
    id_from = "" if "id" in of else _id_source(of, ours["url"], options, where, names)
    binary = _binary(values) - {*FIELDS, *columns.values()}
    if binary:
        options.notes.add(f"Left out, since they hold no text: {named(sorted(binary))}.")
    return Plan(columns, _conversions(values, columns, options), id_from, binary)


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


def _id_source(
    of: Mapping[str, Sequence[Any]],
    url: str,
    options: ReadOptions,
    where: str,
    names: Sequence[str],
) -> str:
    """The word that ids are made of: the address where each row has its own, else the title."""
    is_home = any(word in plain(url) for word in _HOMES)
    sources = [word for word in ("url", "title") if word in of and names_each(of[word])]
    if is_home and len(sources) > 1:
        sources.remove("url")
    if not sources or options.as_is:
        raise CatalogueError(
            f"{where} has no column 'id', by any common name, and neither its titles nor its"
            f" addresses are all different; it has {named(names)}. Say --columns id=NAME, or write"
            " it under [columns] in fields.toml.",
            USAGE,
        )
    word = sources[0]
    options.notes.add(
        f"No column is an id, so ids are made of each {word}: an item whose {word} changes counts"
        " as another one. Say --columns id=NAME where there is something better."
    )
    return word


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
    dates = [
        text(first(value)) for value in values.get(columns.get("updated_at", "updated_at"), ())
    ]
    if reader := reader_of(dates):
        converted["updated_at"] = reader
        if reader.is_foreign:
            options.notes.add(f"Read the dates of updated_at as {reader.name}.")
    return converted
