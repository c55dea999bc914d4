"""Normalization: the item of a row, in the one form that is compared and sealed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from data_checks.canonical_text import text
from release_format.items import FIELDS, Item

TOPIC_SEPARATORS = re.compile(r"[|;,]")


def canonical(values: Mapping[str, Any]) -> Item:
    """The item of a row.

    Order of fields, space at the ends, line endings, Unicode form and types do not count: every
    scalar is a text, so that CSV and Parquet files with the same rows give the same items.
    """
    ours = {name: text(values.get(name)) for name in FIELDS if name != "topics"}
    extra = {
        word: value
        for name, raw in values.items()
        if name not in FIELDS and (word := text(name)) and (value := _extra(raw)) not in ("", [])
    }
    return Item(**ours, topics=topics(values.get("topics")), extra=extra)


def _extra(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [word for part in value if (word := text(part))]
    return text(value)


def topics(value: Any) -> tuple[str, ...]:
    """Topics, sorted and unique, from a list or from a text that separates them by | ; or ,."""
    is_list = isinstance(value, list | tuple)
    parts: Iterable[Any] = value if is_list else TOPIC_SEPARATORS.split(text(value))
    return tuple(sorted({word for part in parts if (word := text(part))}))


def name_from_values(values: Mapping[str, Any]) -> str:
    """A name for a row without an id, made from its values.

    Its place in the source does not count.
    """
    content = json.dumps(values, sort_keys=True, default=text).encode()
    return f"~{hashlib.sha256(content).hexdigest()[:16]}"


def printable(value: str) -> str:
    """Text that any file can hold: bytes that are not UTF-8 shown as escapes."""
    return value.encode("utf-8", "backslashreplace").decode()
