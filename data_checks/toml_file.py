"""Checked TOML files: reading, and refusing unknown keys with the nearest known one."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from data_checks.errors import CatalogueError
from release_format.exit_codes import USAGE

# Keys of an entry that may not be blank.
FILLED = ("by", "because", "id", "snapshot")

Entry = TypeVar("Entry")


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file.

    Raises:
        CatalogueError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{path} cannot be read ({error}). Mend it.", USAGE) from error


def refuse_unknown(kind: str, keys: Iterable[str], known: Iterable[str]) -> None:
    """Refuse the first key that is not a known one, with the nearest that is.

    Raises:
        CatalogueError: there is such a key.
    """
    names = list(known)
    for key in keys:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1, cutoff=0.0)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise CatalogueError(f"{key!r} is not {kind}.{hint}", USAGE)


def read_entries(path: Path, table: str, entry_class: type[Entry]) -> list[Entry]:
    """The entries `[[table]]` of a file that holds nothing else; none when there is no such file.

    Raises:
        CatalogueError: an unknown key, or one that is missing, no text, or blank.
    """
    if not path.is_file():
        return []
    raw = read_toml(path)
    refuse_unknown(f"a table of {path}", raw, [table])
    names = [field.name for field in fields(entry_class)]  # type: ignore[arg-type]
    entries = []
    for values in raw.get(table, []):
        refuse_unknown(f"a key of [[{table}]] in {path}", values, names)
        if missing := _missing(values, names):
            raise CatalogueError(
                f"{path}: every [[{table}]] says {', '.join(names)}; one lacks {missing[0]}.", USAGE
            )
        entries.append(entry_class(**values))
    return entries


def _missing(values: dict[str, Any], names: Sequence[str]) -> list[str]:
    return [
        name
        for name in names
        if not isinstance(values.get(name), str) or (name in FILLED and not values[name].strip())
    ]
