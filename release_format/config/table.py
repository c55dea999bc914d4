"""Checked TOML tables: typed by a dataclass, and refused with the file, the key and what to do."""

from __future__ import annotations

import codecs
import dataclasses
import json
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, dataclass_transform

from annotated_types import Interval

from release_format.config.refusal import DATE, errors_of, nearest, plain, refusal, shown
from release_format.exit_codes import UsageError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

Share = Annotated[float, Interval(ge=0, le=1)]
Count = Annotated[int, Interval(ge=0, le=10**9)]
Positive = Annotated[float, Interval(gt=0, le=1e9)]
Port = Annotated[int, Interval(ge=1, le=65535)]

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


@dataclasses.dataclass(frozen=True)
class Checked:
    """What a field's type is annotated with, so that its values pass this function.

    `before`: what stands there passes it, before its type is looked at.
    """

    function: Callable[[Any], Any]
    before: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        # Late, like every import of pydantic here: --help and what needs no table pay nothing.
        from pydantic_core import core_schema

        kind = "before" if self.before else "after"
        validator = getattr(core_schema, f"no_info_{kind}_validator_function")
        return validator(self.function, handler(source))


def matching(pattern: str, sentence: str) -> Checked:
    """What a text field's type is annotated with, so that it must match as a whole.

    Args:
        pattern: a regular expression.
        sentence: what such a text is, for a refusal.
    """

    def matched(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {sentence}, not {shown(text)}. Mend it.")
        return text

    return Checked(matched)


Text = Annotated[
    str,
    matching(r"(?=\s*\S)[^\x00-\x08\x0b-\x1f\x7f-\x9f]*", "a text, not blank, that can be printed"),
]
Word = Annotated[
    str, matching(r"[^\s\x00-\x1f\x7f-\x9f]+", "one word, without blanks or control characters")
]


class ConfigError(UsageError):
    """A configuration file or a setting says what cannot be; the text names it and its key."""


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def table(kind: type[T]) -> type[T]:
    """Make a frozen dataclass of this class that TOML can be checked against.

    Types are strict, nan and infinity are refused, and so is a key that it does not have. A
    `__post_init__` that raises ValueError says what no type can.
    """
    kind.__pydantic_config__ = {  # type: ignore[attr-defined]
        "extra": "forbid",
        "strict": True,
        "allow_inf_nan": False,
    }
    return dataclasses.dataclass(frozen=True)(kind)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file, unchecked.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        json.dumps(raw, default=_foreign)  # what is too deep or too large to be checked ends here
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}). Check its name and who may read it."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read: {_fault(error, path)}. Mend it.") from error
    return raw


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
    except ValueError as error:
        raise ConfigError(f"{where}: {refusal(kind, errors_of(error), at)}") from error
    return checked


def laid_over(
    base: Mapping[str, Any],
    own: Mapping[str, Any],
    where: object,
    table_name: str = "",
) -> dict[str, Any]:
    """The tables of `base` with those of `own` over them.

    Raises:
        ConfigError: `own` has a key that base has not, or no table where base has one.
    """
    place = f" in [{table_name}]" if table_name else ""
    refuse_unknown(own, base, f"{where}: ", f"{place} is unknown")
    merged = dict(base)
    for key, value in own.items():
        merged[key] = value
        if isinstance(base.get(key), dict):
            name = f"{table_name}.{key}" if table_name else key
            if not isinstance(value, dict):
                raise ConfigError(
                    f"{where}: [{name}] must be a table, not {shown(value)}. Write its keys as"
                    f" lines below [{name}]."
                )
            merged[key] = laid_over(base[key], value, where, name)
    return merged


def read_entries(path: Path, name: str, kind: type[T]) -> list[T]:
    """The entries `[[name]]` of a file that holds nothing else; none where there is no such file.

    Raises:
        ConfigError: something in it is no such entry.
    """
    raw = read_toml(path) if os.path.lexists(path) else {}
    refuse_unknown(raw, [name], f"{path}: ")
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


def refuse_unknown(
    keys: Iterable[str],
    known: Collection[str],
    where: str = "",
    what: str = " is unknown",
    skip: int = 0,
) -> None:
    """Refuse the first key that is not known, with the nearest that is.

    Args:
        keys: what somebody wrote.
        known: what they may write.
        where: what stands before the key in the refusal.
        what: what stands behind it.
        skip: how many letters all of them begin with.

    Raises:
        ConfigError: there is such a key.
    """
    for key in keys:
        if key not in known:
            raise ConfigError(f"{where}{shown(key)}{what}.{nearest(key, known, skip)}")


def adapter(kind: type[T]) -> TypeAdapter[T]:
    """What checks values against a class made by `table`; made once."""
    if kind not in _ADAPTERS:
        from pydantic import TypeAdapter

        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _foreign(value: object) -> dict[str, str]:
    """A TOML date as something that no text or number is taken for."""
    return {DATE: str(value)}


def _fault(error: ValueError | RecursionError, path: Path) -> str:
    """What is wrong with a file that is no TOML."""
    if path.read_bytes().startswith(codecs.BOM_UTF8):
        return "it begins with a byte order mark. Save it as UTF-8 without one"
    if isinstance(error, RecursionError):
        return "its lists or tables lie too deep inside each other"
    if isinstance(error, UnicodeDecodeError):
        return "it is no UTF-8 text. Save it as UTF-8"
    if not isinstance(error, tomllib.TOMLDecodeError):
        return "it has a number of thousands of digits"
    return plain(str(error))
