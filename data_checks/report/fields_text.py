"""What was inferred of a catalogue's columns: a screen for the console, and a fields.toml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from data_checks.rows.declared import TypedColumns
from data_checks.rows.typed_items import shortened
from release_format.fields import Field

MOST_LINES = 24
WIDEST_NAME = 28
_BARE = re.compile(r"[A-Za-z0-9_-]+")
HEAD = """\
# What the columns of this catalogue are, as it was inferred. Edit what is wrong, delete what is
# right: what does not stand here is inferred again each time. docs/fields.md tells every key.
"""


def fields_table(columns: TypedColumns) -> list[str]:
    """One line a column, those that are shown first: its type, its uses and an example."""
    fields = list(columns.schema)
    if not fields:
        return []
    rows = [_row(field, columns.examples.get(field.name, "")) for field in fields[:MOST_LINES]]
    rows = [("column", "type", "used to", "example"), *rows]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]
    if (more := len(fields) - MOST_LINES) > 0:
        lines.append(f"… and {more:,} more columns; `--fields` writes out all of them.")
    return lines


def _row(field: Field, example: str) -> tuple[str, str, str, str]:
    unit = f" in {field.unit}" if field.unit else ""
    mark = "" if field.inferred else " (declared)"
    name = " ".join(field.name.split())
    if len(name) > WIDEST_NAME:
        name = f"{name[: WIDEST_NAME - 1]}…"
    uses = ", ".join(uses_of(field)) or "nothing"
    return name, f"{field.type}{unit}{mark}", uses, shortened(" ".join(example.split()))


def uses_of(field: Field) -> Iterator[str]:
    """What a field is for, in words."""
    if field.code:
        yield "name the item"
    if field.search:
        yield f"search ×{field.search:g}"
    for use in ("filter", "sort", "facet"):
        if getattr(field, use):
            yield use
    if field.show:
        yield f"show {field.show}"


def fields_toml(columns: TypedColumns) -> str:
    """The schema as a fields.toml that declares all of it."""
    schema = columns.schema
    lines = [HEAD]
    if schema.group_by:
        lines.append(f"group_by = {_quoted(schema.group_by)}\n")
    for field in schema:
        if any(uses_of(field)) or field.type not in ("text", "keyword"):
            name = field.name if _BARE.fullmatch(field.name) else _quoted(field.name)
            lines += [f"[fields.{name}]", *_keys(field), ""]
    if schema.rank:
        by, boost = _quoted(schema.rank.by), schema.rank.boost
        lines += ["[rank]", f"by = {by}", f"boost = {boost}", ""]
    return "\n".join(lines)


def _keys(field: Field) -> Iterator[str]:
    yield f'type = "{field.type}"'
    yield f"search = {field.search}"
    for use in ("code", "filter", "sort", "facet"):
        yield f"{use} = {str(getattr(field, use)).lower()}"
    yield f"show = {field.show}"
    for name in ("label", "unit"):
        if text := getattr(field, name):
            yield f"{name} = {_quoted(text)}"


def _quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
