"""Here is a row as its source gives it: give me the item, in the one form that is compared and sealed."""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from release_format.items import FIELDS, Item

TOPIC_SEPARATORS = re.compile(r"[|;,]")


def canonical(values: Mapping[str, Any]) -> Item:
    """The item of a row. Order of fields, space at the ends, line endings, Unicode form and types do not count.

    Every scalar is a text, so that a CSV file and a Parquet file with the same rows give the same item.
    """
    known = {name: text(values.get(name)) for name in FIELDS if name != "topics"}
    extra = {
        word: value
        for name, raw in values.items()
        if name not in FIELDS and (word := text(name)) and (value := _extra(raw)) not in ("", [])
    }
    return Item(**known, topics=topics(values.get("topics")), extra=extra)


def text(value: Any) -> str:
    """A value as canonical text."""
    if isinstance(value, str):
        clean = value.strip()
        if clean.isascii() and "\r" not in clean:
            return clean
        return unicodedata.normalize("NFC", clean.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if value is None or value != value:  # NaN, NaT
        return ""
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, bytes):
        return text(value.decode("utf-8", "surrogateescape"))
    if isinstance(value, Mapping | list | tuple):
        return text(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=text))
    return text(str(value))


def _extra(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [word for part in value if (word := text(part))]
    return text(value)


def topics(value: Any) -> tuple[str, ...]:
    """Topics, sorted and unique, from a list or from a text that separates them by | ; or ,."""
    parts: Iterable[Any] = value if isinstance(value, list | tuple) else TOPIC_SEPARATORS.split(text(value))
    return tuple(sorted({word for part in parts if (word := text(part))}))


def nameless(values: Mapping[str, Any]) -> str:
    """A name for a row without an id: from what it says, never from where it stands, so that order does not count."""
    said = json.dumps(values, sort_keys=True, default=text).encode()
    return f"~{hashlib.sha256(said).hexdigest()[:16]}"


def printable(value: str) -> str:
    """Text that any file can hold: bytes that are not UTF-8 shown as escapes."""
    return value.encode("utf-8", "backslashreplace").decode()
