"""Measurements of a catalogue's own fields: values that do not fit, types that changed."""

from __future__ import annotations

from data_checks.rows.declared import TypedColumns
from data_checks.rows.typed_items import Misfits
from release_format.fields import Field, Schema
from release_format.gate import Measured
from release_format.listing import listed
from release_format.snapshot import Snapshot

TYPED_SINCE = 3
NAMED = 5


def field_measurements(columns: TypedColumns, misfits: Misfits) -> dict[str, Measured]:
    """What the fields say by themselves."""
    stale = columns.stale
    return {
        "values-left-out": _values_left_out(columns, misfits),
        "stale-declarations": Measured(len(stale), detail=listed([*stale], NAMED, "; ")),
    }


def _values_left_out(columns: TypedColumns, misfits: Misfits) -> Measured:
    """The field that lost the largest share of its values, with the first of them."""
    if not (name := misfits.worst):
        return Measured(0.0, 0)
    id, value = misfits.examples[name]
    detail = f"{name} is {value!r} in {id}, which is no {columns.readings[name].type}"
    if others := len(misfits.left_out) - 1:
        detail += f"; {others} more field{'s' * (others > 1)} lost fewer"
    return Measured(misfits.share(name), misfits.left_out[name], detail=detail)


def types_changed(live: Snapshot, schema: Schema) -> Measured:
    """How many fields have another type than live's, and which."""
    if live.manifest.format < TYPED_SINCE:
        return Measured(None, detail="live is of before fields had types")
    before = live.schema or Schema()
    changed = [
        (field, old)
        for field in sorted(schema, key=lambda field: field.name)
        if (old := before.get(field.name)) and old.type is not field.type
    ]
    return Measured(
        len(changed), detail=listed([_sentence(*pair) for pair in changed], NAMED, "; ")
    )


def _sentence(field: Field, old: Field) -> str:
    return f"{field.name} is {field.type}, and was {old.type}"
