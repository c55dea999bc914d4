"""Sentences that refuse a value or a key: what is wrong, where, and what to do."""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from release_format.secrets.redaction import redacted

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# How much of a value, and how many known keys, a refusal shows.
LONGEST, MOST = 80, 50
# The key under which a TOML date stands in JSON.
DATE = "\0"

# What a value must be, by what pydantic calls the refusal; {} are the refusal's own numbers.
MUST_BE = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a number of fewer digits",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "greater_than_equal": "at least {ge:.12g}",
    "greater_than": "above {gt:.12g}",
    "less_than_equal": "at most {le:.12g}",
    "less_than": "below {lt:.12g}",
    "literal_error": "one of {expected}",
    "too_short": "a list of at least {min_length}",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "dataclass_type": "a table",
}
MISSING = ("missing", "missing_argument")
UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")


def nearest(key: str, known: Collection[str], skip: int = 0) -> str:
    """A hint at the known key that was probably meant, or at all of them.

    The first `skip` letters, such as `SEARCHBAR_`, make no two alike.
    """
    if near := difflib.get_close_matches(key[skip:], [name[skip:] for name in known], n=1):
        return f" Did you mean {shown(key[:skip] + near[0])}?"
    return f" Known: {', '.join(plain(name) for name in [*known][:MOST]) or 'none'}."


def shown(value: object) -> str:
    """A value as a refusal shows it: on one line, not too long, and without secrets."""
    if isinstance(value, dict) and DATE in value:
        return plain(str(value[DATE]))
    if isinstance(value, bool | datetime.date | datetime.time):
        return str(value).lower()
    text = redacted(repr(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def plain(name: str) -> str:
    """A name without quotes, as long as it can be printed so."""
    return name if name.isprintable() and len(name) <= LONGEST else shown(name)


def must_be(details: ErrorDetails) -> str:
    """What a value must be, and what it is, as the end of a sentence."""
    value, context = details["input"], details.get("ctx", {})
    if details["type"] == "value_error":
        return f" {context['error']}"
    if (wanted := MUST_BE.get(details["type"])) is None:
        return f" cannot be {shown(value)} ({details['msg']}). Mend it."
    hint = " Mend it."
    if details["type"] == "literal_error" and isinstance(value, str):
        hint = nearest(value, re.findall("'([^']*)'", context["expected"]))
    return f" must be {wanted.format(**context)}, not {shown(value)}.{hint}"


def errors_of(error: ValueError) -> list[ErrorDetails]:
    """What pydantic's ValidationError says; any other is about the table as a whole."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return error.errors(include_url=False)
    return [{"type": "value_error", "loc": (), "msg": "", "input": {}, "ctx": {"error": error}}]


def refusal(kind: type[Any], every: Sequence[ErrorDetails], at: Sequence[int | str]) -> str:
    """What a checked table is refused with: the first thing that is wrong.

    A misspelt key comes before the one that it leaves out.
    """
    details = next((each for each in every if each["type"] in UNKNOWN), every[0])
    steps, path = details["loc"], (*at, *details["loc"])
    if details["type"] == "value_error" and isinstance(details["input"], dict):
        return f"{_table_at(path)}{details['ctx']['error']}"
    if details["type"] == "json_invalid":
        return f"{_table_at(path)}lists or tables lie too deep inside each other. Mend it."
    if details["type"] in UNKNOWN:
        return f"{_place(path)} is unknown.{nearest(str(path[-1]), _known_at(kind, steps[:-1]))}"
    if details["type"] in MISSING:
        return f"{_place(path)} is missing. Add it."
    if details["type"] == "tuple_type" and dataclasses.is_dataclass(_kind_at(kind, (*steps, 0))):
        return f"write each {path[-1]} under a [[{_dotted(path)}]] of its own."
    return f"{_place(path)}{must_be(details)}"


def _place(path: Sequence[int | str]) -> str:
    """A key and its table as TOML writes them: `port in [[stage.hosts]] number 2`."""
    if not path:
        return "it"
    if isinstance(path[-1], int):
        return f"[[{_dotted(path)}]] number {path[-1] + 1}"
    key, table = shown(path[-1]), _dotted(path[:-1])
    if numbers := [step + 1 for step in path if isinstance(step, int)]:
        return f"{key} in [[{table}]] number {numbers[-1]}"
    return f"{key} in [{table}]" if table else key


def _table_at(path: Sequence[int | str]) -> str:
    """A table, to say something of it as a whole."""
    if not path:
        return ""
    return f"{_place(path)}: " if isinstance(path[-1], int) else f"[{_dotted(path)}]: "


def _dotted(path: Sequence[int | str]) -> str:
    return ".".join(plain(step) for step in path if isinstance(step, str))


def _known_at(kind: Any, path: Iterable[int | str]) -> list[str]:
    """The known keys of the table at this path inside a `kind`."""
    return [field.name for field in dataclasses.fields(_kind_at(kind, path))]


def _kind_at(kind: Any, path: Iterable[int | str]) -> Any:
    for step in path:
        if dataclasses.is_dataclass(kind):
            kind = get_type_hints(kind)[str(step)]
        else:  # a mapping's values, a list's entries
            kind = next(a for a in reversed(get_args(kind)) if a is not ...)
    return kind
