"""Checked TOML tables: typed by a dataclass, and refused with the file, the key and what to do."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args, get_type_hints

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from release_format.exit_codes import UsageError

T = TypeVar("T")

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0, le=1e9)]
Port = Annotated[int, Field(ge=1, le=65535)]

# What a value must be, by what pydantic calls the refusal; {} are the refusal's own numbers.
MUST_BE = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "yes or no",
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "above {gt:g}",
    "less_than_equal": "at most {le:g}",
    "less_than": "below {lt:g}",
    "literal_error": "one of {expected}",
    "too_short": "a list of at least {min_length}",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "dataclass_type": "a table",
}
MISSING = ("missing", "missing_argument")
UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def matching(pattern: str, sentence: str) -> AfterValidator:
    """What a text field's type is annotated with, so that it must match as a whole.

    Args:
        pattern: a regular expression.
        sentence: what such a text is, for a refusal.
    """

    def matched(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {sentence}, not {text!r}. Mend it.")
        return text

    return AfterValidator(matched)


Text = Annotated[str, matching(r"(?s).*\S.*", "a text that is not blank")]


class ConfigError(UsageError):
    """A configuration file or a setting says what cannot be; the text names it and its key."""


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def table(kind: type[T]) -> type[T]:
    """Make a frozen dataclass of this class that TOML can be checked against.

    Types are strict, nan and infinity are refused, and so is a key that it does not have. A
    `__post_init__` that raises ValueError says what no type can.
    """
    kind.__pydantic_config__ = ConfigDict(  # type: ignore[attr-defined]
        extra="forbid", strict=True, allow_inf_nan=False
    )
    return dataclasses.dataclass(frozen=True)(kind)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file, unchecked.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read ({error}). Mend it.") from error


def check(kind: type[T], raw: object, where: object, at: Sequence[int | str] = ()) -> T:
    """The raw table as a `kind`, a class made by `table`.

    Args:
        kind: its fields are the known keys, their types what a value must be.
        raw: what a TOML file says.
        where: the file, for the text of a refusal.
        at: the table's place in it: names, and numbers of entries.

    Raises:
        ConfigError: naming the first key that is unknown, missing, or has a value that cannot be.
    """
    try:
        checked = adapter(kind).validate_json(json.dumps(raw, default=_foreign))
    except ValidationError as error:
        raise _refusal(kind, error, where, at) from error
    return checked


def laid_over(
    base: Mapping[str, Any],
    own: Mapping[str, Any],
    where: object,
    also: Collection[str] = (),
    table_name: str = "",
) -> dict[str, Any]:
    """The tables of `base` with those of `own` over them; `also` names keys that a base may lack.

    Raises:
        ConfigError: `own` has a key that is neither in base nor in `also`, or no table where base
            has one.
    """
    place = f" in [{table_name}]" if table_name else ""
    refuse_unknown(own, [*base, *also], f"{where}: {{}}{place} is unknown")
    merged = dict(base)
    for key, value in own.items():
        merged[key] = value
        if isinstance(base.get(key), dict):
            name = f"{table_name}.{key}" if table_name else key
            if not isinstance(value, dict):
                raise ConfigError(f"{where}: [{name}] must be a table, not {value!r}. Mend it.")
            merged[key] = laid_over(base[key], value, where, also, name)
    return merged


def read_entries(path: Path, name: str, kind: type[T]) -> list[T]:
    """The entries `[[name]]` of a file that holds nothing else; none where there is no such file.

    Raises:
        ConfigError: something in it is no such entry.
    """
    raw = read_toml(path) if path.is_file() else {}
    refuse_unknown(raw, [name], f"{path}: [[{{}}]] is unknown")
    entries = tables(raw, name, path)
    return [check(kind, entry, path, (name, number)) for number, entry in enumerate(entries)]


def tables(raw: Mapping[str, Any], name: str, where: object) -> Sequence[Mapping[str, Any]]:
    """The tables under `[[name]]`.

    Raises:
        ConfigError: something else stands under this name.
    """
    entries = raw.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{where}: write each {name} under a [[{name}]] of its own.")
    return entries


def refuse_unknown(keys: Iterable[str], known: Collection[str], sentence: str) -> None:
    """Refuse the first key that is not known, with the nearest that is.

    Args:
        keys: what somebody wrote.
        known: what they may write.
        sentence: how to say it, with {} for the key.

    Raises:
        ConfigError: there is such a key.
    """
    for key in keys:
        if key not in known:
            raise ConfigError(f"{sentence.format(repr(key))}.{nearest(key, known)}")


def nearest(key: str, known: Collection[str]) -> str:
    """A hint at the known key that was probably meant, or at all of them."""
    near = difflib.get_close_matches(key, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(known)}."


def adapter(kind: type[T]) -> TypeAdapter[T]:
    """What checks values against a class made by `table`; made once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def must_be(details: ErrorDetails) -> str:
    """What a value must be, and what it is, as the end of a sentence."""
    value, context = details["input"], details.get("ctx", {})
    if details["type"] == "value_error":
        return f" {context['error']}"
    if (wanted := MUST_BE.get(details["type"])) is None:
        return f" cannot be {value!r} ({details['msg']}). Mend it."
    hint = " Mend it."
    if details["type"] == "literal_error" and isinstance(value, str):
        hint = nearest(value, re.findall("'([^']*)'", context["expected"]))
    return f" must be {wanted.format(**context)}, not {value!r}.{hint}"


def _refusal(
    kind: type[Any], error: ValidationError, where: object, at: Sequence[int | str]
) -> ConfigError:
    """The first thing that is wrong, a misspelt key before the one that it leaves out."""
    every = error.errors(include_url=False)
    details = next((each for each in every if each["type"] in UNKNOWN), every[0])
    steps, path = details["loc"], (*at, *details["loc"])
    if details["type"] == "value_error" and not steps:
        text = f"{_place(path)}: {details['ctx']['error']}" if path else details["ctx"]["error"]
    elif details["type"] in UNKNOWN:
        text = f"{_place(path)} is unknown.{nearest(str(path[-1]), _fields_at(kind, steps[:-1]))}"
    elif details["type"] in MISSING:
        text = f"{_place(path)} is missing. Add it."
    elif details["type"] in ("list_type", "tuple_type") and isinstance(details["input"], dict):
        name = ".".join(step for step in path if isinstance(step, str))
        text = f"write each {path[-1]} under a [[{name}]] of its own."
    else:
        text = f"{_place(path)}{must_be(details)}"
    return ConfigError(f"{where}: {text}")


def _place(path: Sequence[int | str]) -> str:
    """A key and its table as TOML writes them: `port in [[stage.hosts]] number 2`."""
    names = [step for step in path if isinstance(step, str)]
    numbers = [step + 1 for step in path if isinstance(step, int)]
    if not names:
        return "it"
    if isinstance(path[-1], int):
        return f"[[{'.'.join(names)}]] number {numbers[-1]}"
    table_name = ".".join(names[:-1])
    if numbers:
        return f"{names[-1]!r} in [[{table_name}]] number {numbers[-1]}"
    return f"{names[-1]!r} in [{table_name}]" if table_name else repr(names[-1])


def _fields_at(kind: Any, path: Iterable[int | str]) -> list[str]:
    """The known keys of the table at this path inside a `kind`."""
    for step in path:
        if dataclasses.is_dataclass(kind):
            kind = get_type_hints(kind)[str(step)]
        else:  # a mapping's values, a list's entries
            kind = next(a for a in reversed(get_args(kind)) if a is not ...)
    return [field.name for field in dataclasses.fields(kind)]


def _foreign(value: object) -> dict[str, str]:
    """A TOML date as something that no text or number is taken for."""
    return {"date": str(value)}
