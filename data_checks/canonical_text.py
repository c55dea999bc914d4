"""Any value as canonical text: the one form in which equal values are equal."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


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
        return text(
            json.dumps(
                value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=text
            )
        )
    return text(str(value))
