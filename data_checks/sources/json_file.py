"""Rows of a .json file: a list of objects, an object that holds one, or columns side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from data_checks.errors import CatalogueError
from data_checks.sources import jsonl
from data_checks.sources.json_text import TOO_DEEP, DoubledObject, json_row, parsed
from data_checks.sources.row import ReadOptions, Row
from data_checks.sources.stream import text_lines
from release_format.config.refusal import nearest, shown
from release_format.exit_codes import USAGE

LARGEST, DEEPEST = 1 << 30, 4


def rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """One row an object of the list; a file of JSON lines under this name is read as one.

    Raises:
        CatalogueError: the file is no JSON, too large to be read at once, or holds no list of
        objects, or more than one.
    """
    with text_lines(address, options) as lines:
        text = lines.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise CatalogueError(f"{address} is larger than 1 GB. Export it as JSON lines (.jsonl).")
    chosen = options.list if options else ""
    if _is_json_lines(text):
        yield from jsonl.rows(address, options)
        return
    try:
        document = parsed(text)
    except RecursionError as error:
        raise CatalogueError(
            f"{address} {TOO_DEEP}. Export it as JSON lines (.jsonl), of which one row is refused."
        ) from error
    except ValueError as error:
        raise CatalogueError(f"{address} is not JSON ({error}). Export it again.") from error
    for number, values in enumerate(_the_list(address, document, chosen), 1):
        yield json_row(f"object {number}", values)


def _is_json_lines(text: str) -> bool:
    """Whether the first line is an object of its own, and another one follows."""
    first, _, rest = text.strip().partition("\n")
    if not (first.startswith("{") and rest.lstrip().startswith("{")):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _the_list(address: str, document: Any, chosen: str = "") -> list[Any]:
    if isinstance(document, DoubledObject):
        raise CatalogueError(f"{address} {document.fault}. Export it again.")
    if chosen:
        return _chosen(address, document, chosen)
    if isinstance(document, list):
        return document
    if isinstance(document, dict) and (turned := _turned(document)):
        return turned
    lists = dict(_lists(document, "", DEEPEST)) if isinstance(document, dict) else {}
    if not lists and isinstance(document, dict) and (named := _by_key(document)):
        return named
    if len(lists) != 1:
        names = ", ".join(shown(name) for name in [*lists][:8]) or "none"
        first = shown(next(iter(lists), ""))
        which = f"Say which: `list = {first}` under [read] of fields.toml."
        hint = which if lists else "Export it as one."
        raise CatalogueError(
            f"{address} should hold one list of objects, but holds {len(lists)} ({names}). {hint}"
        )
    return next(iter(lists.values()))


def _chosen(address: str, document: Any, chosen: str) -> list[Any]:
    """The list of this path, whatever else the document holds."""
    lists = dict(_lists(document, "", DEEPEST)) if isinstance(document, dict) else {}
    if chosen not in lists:
        raise CatalogueError(
            f"{address} holds no list of objects {shown(chosen)}.{nearest(chosen, lists)} Mend"
            " `list` under [read] of fields.toml.",
            USAGE,
        )
    return lists[chosen]


def _turned(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a document that holds columns, as pandas writes them; none where it does not."""
    columns, lines = document.get("columns"), document.get("data")
    if isinstance(columns, list) and isinstance(lines, list):
        names = [str(name) for name in columns]
        if all(isinstance(line, list) and len(line) == len(names) for line in lines):
            return [dict(zip(names, line, strict=True)) for line in lines]
    values = [*document.values()]
    if len(values) > 1 and all(isinstance(value, dict) for value in values):
        keys = list(values[0])
        if keys and all(key.isdecimal() for key in keys) and all([*v] == keys for v in values):
            return [{name: document[name][key] for name in document} for key in keys]
    return []


def _by_key(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of an object of objects, each with the key that it goes by."""
    if len(document) < 2 or not all(isinstance(value, dict) for value in document.values()):
        return []
    return [{"key": key, **value} for key, value in document.items()]


def _lists(values: Mapping[str, Any], path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Each list of objects with its path in the document; none that lies inside another one."""
    for name, value in values.items():
        place = f"{path}.{name}" if path else name
        if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
            yield place, value
        elif isinstance(value, dict) and depth > 1:
            yield from _lists(value, place, depth - 1)
