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
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return text(bytes(value).decode("utf-8", "surrogateescape"))
    if isinstance(value, Mapping | list | tuple):
        return text(
            json.dumps(
                value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=text
            )
        )
    return text(str(value))


def moment_text(moment: datetime) -> str:
    """A moment in UTC, to the second; without a zone it is UTC.

    One that begins or ends outside the years 1 to 9999 in UTC keeps its own zone.
    """
    try:
        utc = moment.astimezone(UTC) if moment.tzinfo else moment
    except OverflowError:
        return moment.isoformat(timespec="seconds")
    return f"{utc.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _decimal(value: Decimal) -> str:
    """Every digit of it, but zeros behind the point."""
    digits = format(value, "f")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if digits == "-0" else digits
