"""Uses of a column by its type, its name and its values: searched, filtered, sorted, shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from data_checks.rows import column_names as names
from data_checks.rows.column_values import ColumnValues
from data_checks.rows.field_types import is_code
from release_format.fields import Field, FieldType
from release_format.typed_values import Reading

MAKER_WEIGHT, TEXT_WEIGHT = 2.0, 1.0
# How many fields a result shows where nobody says.
MOST_SHOWN = 5
# Values help to choose where they are names, each leaves a few of the things on average, and there
# are fewer of them than things; a few are never too many.
REPEATED, LABELS, FEW = 2.0, 0.9, 20
# A column that fewer rows have than this share of the fullest one is neither shown nor counted.
COMMON = 0.05


def field_of(name: str, reading: Reading, column: ColumnValues) -> Field:
    """The field of a column that is read so, with the uses that suit it."""
    unit, heading = names.unit_in(name)
    plain = Field(name, reading.type, label=heading)
    if reading.type is FieldType.NUMBER:
        unit = reading.unit or unit
        return replace(plain, filter=True, sort=True, facet=True, unit=unit)
    if reading.type is FieldType.DATE:
        return replace(plain, filter=True, sort=True, facet=True)
    if reading.type is FieldType.BOOLEAN:
        return replace(plain, filter=True, facet=True)
    if reading.type is FieldType.TEXT:
        return replace(plain, search=TEXT_WEIGHT)
    if reading.type is FieldType.KEYWORD:
        return _keyword(plain, reading, column)
    return plain


def _keyword(plain: Field, reading: Reading, column: ColumnValues) -> Field:
    if is_code(plain.name, column):
        return replace(plain, search=TEXT_WEIGHT, code=True, filter=True)
    holds_several = bool(reading.separator or column.several)
    is_maker = names.has_word(plain.name, names.MAKERS)
    is_ours = names.has_word(plain.name, names.INTERNAL) or column.share("digits") > 0.5
    weight = MAKER_WEIGHT if is_maker else 0.0 if is_ours else TEXT_WEIGHT
    return replace(
        plain,
        search=weight,
        filter=True,
        sort=is_maker and not holds_several,
        facet=_helps_to_choose(column, reading.separator, is_named=is_maker),
    )


def _helps_to_choose(column: ColumnValues, separator: str, *, is_named: bool) -> bool:
    """Whether the values are few beside the things, and names, as those of makers always are."""
    different = len(column.parts[separator] if separator else column.distinct)
    is_few = 1 < different <= max(column.count, FEW) and column.repeats(separator) >= REPEATED
    return is_few and (is_named or column.labels(separator) >= LABELS)


def with_places(
    fields: Mapping[str, Field], columns: Mapping[str, ColumnValues]
) -> dict[str, Field]:
    """The fields with a place each among what is shown, most telling first; the rest unshown.

    What few rows have is neither shown nor a facet.
    """
    least = COMMON * max((column.count for column in columns.values()), default=0)
    common = [field for name, field in fields.items() if columns[name].count >= least]
    told = sorted(common, key=lambda field: (_telling(field), field.name))
    shown = [field.name for field in told if _telling(field) < UNSHOWN][:MOST_SHOWN]
    places = {name: place for place, name in enumerate(shown, 1)}
    facets = {field.name for field in common if field.facet}
    return {
        name: replace(field, show=places.get(name, 0), facet=name in facets)
        for name, field in fields.items()
    }


UNSHOWN = 9


def _telling(field: Field) -> int:
    """How early a result shows a field, from 0."""
    if field.type in (FieldType.URL, FieldType.IMAGE, FieldType.TEXT) or field.code:
        return UNSHOWN
    if names.has_word(field.name, names.MAKERS):
        return 0
    if field.type is FieldType.NUMBER:
        is_priced = names.has_word(field.name, names.PRICES)
        return 1 if is_priced else 3 if names.has_word(field.name, names.RATINGS) else 6
    if names.has_word(field.name, names.INTERNAL) and field.type is not FieldType.BOOLEAN:
        return UNSHOWN
    return {FieldType.BOOLEAN: 2, FieldType.KEYWORD: 4, FieldType.DATE: 5}[field.type]


def currency_of(columns: Mapping[str, ColumnValues]) -> str:
    """The one currency that a column of its own names for every row, or nothing."""
    for name, column in columns.items():
        if names.words_of(name) in (["currency"], ["währung"], ["devise"], ["moneda"]):
            return column.distinct.example if len(column.distinct) == 1 else ""
    return ""


def with_currency(field: Field, currency: str) -> Field:
    """A price without a unit of its own gets this one."""
    is_price = field.type is FieldType.NUMBER and names.has_word(field.name, names.PRICES)
    return replace(field, unit=currency) if is_price and not field.unit else field
