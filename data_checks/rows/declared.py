"""The schema of a catalogue: what its columns tell, and over it what a person declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from data_checks.rows.column_values import ColumnValues
from data_checks.rows.field_types import inferred, reading
from data_checks.rows.field_uses import currency_of, field_of, with_currency, with_places
from data_checks.sources.fields_file import DeclaredField, DeclaredRank, FieldsFile
from release_format.fields import Field, FieldType, Rank, Schema
from release_format.typed_values import Reading

# Of more columns only the fullest are used for anything; the others are kept as texts.
MOST_FIELDS = 250
NOTHING_DECLARED = FieldsFile()
ORDERED = (FieldType.NUMBER, FieldType.DATE, FieldType.BOOLEAN)


@dataclass(frozen=True)
class TypedColumns:
    """The schema, how each column is read, an example of each, and what was declared in vain."""

    schema: Schema
    readings: Mapping[str, Reading]
    examples: Mapping[str, str]
    stale: Sequence[str] = ()


NO_COLUMNS = TypedColumns(Schema(), {}, {})


def typed_columns(
    columns: Mapping[str, ColumnValues], declared: FieldsFile = NOTHING_DECLARED
) -> TypedColumns:
    """The types and uses of all columns, a pure function of the rows and of what is declared."""
    used = _used(columns, declared)
    fields: dict[str, Field] = {}
    readings: dict[str, Reading] = {}
    currency = currency_of(columns)
    for name, column in columns.items():
        wish = declared.fields.get(name, DeclaredField())
        readings[name] = _reading(name, column, wish) if name in used else Reading(FieldType.TEXT)
        plain = Field(name, FieldType.TEXT)
        fields[name] = field_of(name, readings[name], column) if name in used else plain
        fields[name] = with_currency(fields[name], currency)
    return TypedColumns(
        _schema(with_places(fields, columns), declared),
        readings,
        {name: column.distinct.example for name, column in columns.items()},
        _stale(fields, declared),
    )


def _used(columns: Mapping[str, ColumnValues], declared: FieldsFile) -> set[str]:
    fullest = sorted(columns, key=lambda name: (-columns[name].count, name))[:MOST_FIELDS]
    return {*fullest, *declared.fields}


def _reading(name: str, column: ColumnValues, wish: DeclaredField) -> Reading:
    own = inferred(name, column)
    type = FieldType(wish.type) if wish.type else own.type
    chosen = own if type is own.type else reading(type, name, column)
    return replace(chosen, unit=chosen.unit or wish.unit or "")


def _schema(fields: Mapping[str, Field], declared: FieldsFile) -> Schema:
    """The fields as they are shown: by their places, then by their names."""
    overlaid = [_declared(field, declared.fields.get(name)) for name, field in fields.items()]
    overlaid.sort(key=lambda field: (field.show or len(fields) + 1_000, field.name))
    rank = declared.rank if declared.rank and _ranks(fields, declared.rank) else None
    return Schema(
        {field.name: field for field in overlaid},
        declared.group_by if declared.group_by in fields else "",
        Rank(rank.by, rank.boost) if rank else None,
    )


def _ranks(fields: Mapping[str, Field], rank: DeclaredRank) -> bool:
    """Whether what is to rank is there, and has an order."""
    by = rank.by.removeprefix("-")
    return by == "updated_at" or (by in fields and fields[by].type in ORDERED)


def _declared(field: Field, wish: DeclaredField | None) -> Field:
    """The field with what a person says of it over what was inferred."""
    if wish is None:
        return field
    said = {name: value for name, value in vars(wish).items() if value is not None}
    said["type"] = field.type
    return replace(field, **said, inferred=False)


def _stale(fields: Mapping[str, Field], declared: FieldsFile) -> list[str]:
    """What is declared and fits nothing in the catalogue, each as fields.toml writes it."""
    stale = [f"[fields.{name}]" for name in declared.fields if name not in fields]
    if declared.group_by and declared.group_by not in fields:
        stale.append(f'group_by = "{declared.group_by}"')
    if declared.rank and not _ranks(fields, declared.rank):
        stale.append(f'[rank] by = "{declared.rank.by}"')
    return stale
