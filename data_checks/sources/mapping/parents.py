"""Variants that name the product they belong to, and lack its texts (WooCommerce's)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from data_checks.canonical_text import text
from data_checks.sources.mapping.common_names import candidates, plain
from data_checks.sources.row import ReadingNotes, Row

PARENTS = ("parent", "parentsku", "parentid")
# What a variant takes from its product where it has none.
TAKEN = ("title", "description", "topics", "image_url")
SENTENCE = "Variants without a title, text, topic or picture of their own take their product's."


def parent_column(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """The column that says which product a variant belongs to, or nothing."""
    column = next((name for name in names if plain(name) in PARENTS), "")
    ids = [name for name in candidates("id", names) if name != column]
    owners = {_key(row.get(name)) for row in rows for name in ids} - {""}
    is_named = any(_key(row.get(column)) in owners for row in rows) if column else False
    return column if is_named else ""


def with_parents(
    rows: Iterator[Row], column: str, names: Sequence[str], notes: ReadingNotes
) -> Iterator[Row]:
    """The rows; a variant has its product's texts, where that stands before it."""
    notes.add(SENTENCE)
    ids = [name for name in candidates("id", names) if name != column]
    taken = [name for word in TAKEN for name in candidates(word, names)]
    products: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if row.broken:
            yield row
            continue
        product = products.get(_key(row.values.get(column)), {})
        filled = {n: product[n] for n in taken if n in product and not text(row.values.get(n))}
        yield replace(row, values={**row.values, **filled}) if filled else row
        if not text(row.values.get(column)):
            own = {name: row.values.get(name) for name in taken}
            products |= dict.fromkeys(filter(None, (_key(row.values.get(n)) for n in ids)), own)


def _key(value: Any) -> str:
    """A number as it is referred to: `id:741` is 741."""
    return text(value).removeprefix("id:")
