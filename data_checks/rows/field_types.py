"""Inference of a column's type from its values, the same for the same rows in any order."""

from __future__ import annotations

from data_checks.rows import column_names as names
from data_checks.rows.column_values import ColumnValues
from release_format.fields import FieldType
from release_format.typed_values import BOOLEAN_WORDS, DMY, MDY, Reading, is_currency

# The share of the values that must read as a type.
ENOUGH = 0.98
# A column that is called a picture may have some that are none: they are left out.
MOST = 0.95
# Lists of texts: at least this share of the values holds several.
LISTED, LISTED_BY_NAME = 0.1, 0.02
# EANs, ISBNs and the like.
CODE_DIGITS = range(8, 15)
_ALONE = ("true", "false", "yes", "no", "ja", "nein", "oui", "non", "sí")
_PAIRS = (
    *("true false", "yes no", "y n", "t f", "on off", "ja nein", "wahr falsch", "oui non"),
    *("vrai faux", "sí no", "si no", "sì no", "sim não", "sim nao", "vero falso", "ja nee"),
    *("ja nej", "ja nei", "tak nie"),
)


def inferred(name: str, column: ColumnValues) -> Reading:
    """How the values of a column are best read."""
    if column.count <= column.looks["nothing"]:
        return Reading(FieldType.KEYWORD)
    if _is_boolean(name, column):
        return Reading(FieldType.BOOLEAN)
    if _is_date(column):
        return reading(FieldType.DATE, name, column)
    if _is_number(column) and not is_label(name, column):
        return reading(FieldType.NUMBER, name, column)
    if column.share("url") >= (MOST if names.has_word(name, names.IMAGES) else ENOUGH):
        is_image = column.share("image") >= 0.5 or names.has_word(name, names.IMAGES)
        return Reading(FieldType.IMAGE if is_image else FieldType.URL)
    return reading(FieldType.KEYWORD if _is_keyword(name, column) else FieldType.TEXT, name, column)


def reading(type: FieldType, name: str, column: ColumnValues) -> Reading:
    """How the values of a column are read as this type, by what the column as a whole tells."""
    if type is FieldType.NUMBER:
        return Reading(type, decimal=_decimal(column), unit=_unit(column))
    if type is FieldType.DATE:
        order = MDY if column.looks["only mdy"] > column.looks["only dmy"] else DMY
        return Reading(type, order=order, date_only=not column.looks["time"])
    return Reading(type, separator=_separator(name, column) if type is FieldType.KEYWORD else "")


def is_label(name: str, column: ColumnValues) -> bool:
    """Whether a column of numbers names things instead of counting them."""
    if column.share("digits") < ENOUGH:
        return False
    if names.has_word(name, names.LABELS) or column.share("leading zero") >= 0.01:
        return True
    if names.is_code_name(name) or names.has_word(name, names.IDS):
        return column.is_unique
    is_time = names.has_word(name, names.TIMES)
    return not is_time and any(column.share(f"digits {n}") >= ENOUGH for n in CODE_DIGITS)


def is_code(name: str, column: ColumnValues) -> bool:
    """Whether the values of a column of keywords name an item."""
    differs = len(column.distinct) >= 0.5 * column.count
    is_long = any(column.share(f"digits {n}") >= ENOUGH for n in CODE_DIGITS)
    is_named = names.is_code_name(name) and column.share("code") >= 0.5
    return not column.several and differs and (is_long or is_named)


def _is_boolean(name: str, column: ColumnValues) -> bool:
    words = {word for word in BOOLEAN_WORDS if column.looks[f"word {word}"]}
    if len(words) == 1 and not words & {*_ALONE, "0", "1"}:
        return False
    pairs = [*_PAIRS, "1 0"] if names.is_yes_or_no_name(name) else _PAIRS
    return any(
        sum(column.share(f"word {word}") for word in pair.split()) >= ENOUGH for pair in pairs
    )


def _is_date(column: ColumnValues) -> bool:
    """ISO dates; others only where every one tells day from month the same way or needs not."""
    iso, dmy, mdy = (column.share(f"date {order}") for order in ("iso", DMY, MDY))
    only_dmy, only_mdy = column.looks["only dmy"], column.looks["only mdy"]
    if only_dmy and only_mdy:
        return False
    if only_dmy:
        return iso + dmy >= ENOUGH
    return iso + mdy >= ENOUGH if only_mdy else iso >= ENOUGH


def _is_number(column: ColumnValues) -> bool:
    if column.share(f"number {_decimal(column)}") < ENOUGH or len(column.units) > 1:
        return False
    says_something = column.count - column.looks["nothing"]
    with_unit = sum(column.units.values())
    is_carried = not with_unit or with_unit >= ENOUGH * says_something
    return is_carried and not column.has_many_units


def _decimal(column: ColumnValues) -> str:
    """The decimal mark that more of the values fit.

    Where all fit both (1.500), points part thousands if smaller numbers have none, larger ones all
    have one, and some end with a zero, which no program writes behind a decimal point.
    """
    looks = column.looks
    if looks["number ."] != looks["number ,"]:
        return "." if looks["number ."] > looks["number ,"] else ","
    if column.units and all(map(is_currency, column.units)):
        # Money has two decimals, so that three digits are thousands.
        return "," if looks["point and three digits"] else "."
    has_small = looks["point and three digits"] < looks["number ."]
    is_grouped = looks["point and a last zero"] and not looks["unmarked thousands"]
    return "," if is_grouped and has_small else "."


def _unit(column: ColumnValues) -> str:
    """The unit that most values carry."""
    ranked = sorted(column.units, key=lambda unit: (-column.units[unit], unit))
    return ranked[0] if ranked else ""


def _separator(name: str, column: ColumnValues) -> str:
    """What parts the texts of a column that holds several in one: its parts repeat."""
    if column.several:
        return ""
    is_named = names.has_word(name, names.LISTS)
    for mark in "|;,":
        share, parts = column.share(f"parted by {mark}"), len(column.parts[mark])
        is_common = share >= (LISTED_BY_NAME if is_named else LISTED)
        repeats = mark == "|" or (mark == ";" and parts <= len(column.distinct))
        if is_common and (is_named or repeats):
            return mark
    return ""


def _is_keyword(name: str, column: ColumnValues) -> bool:
    """Short values, or ones that come again and again."""
    if column.share("short") >= ENOUGH or _separator(name, column):
        return True
    return not column.share("long") and len(column.distinct) <= 0.5 * column.count
