"""A query log that another program wrote in our format, with everything odd that one may hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

END = date(2026, 11, 30)
WEEKS = 22
ASKED = [
    "edit a picture",
    "draw by hand",
    "write text",
    "shrink photos",
    "cut a hedge",
    "paint wood",
]
ODD = [
    "",
    " \t ",
    "\n",
    "long " * 2_000,
    "x" * 10_000,
    "📷🖍️ 👩‍👩‍👧‍👦",
    "عدّل صورة",
    "\u202eerutcip a tide",
    "half \ud800 of a character",
    "\x1b[2Jedit \x07 picture\x00",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script> @channel `x` [a](http://b)",
    "jane.doe@example.org 4111 1111 1111 1111",
    'topic:video -paint "by hand" price:10..50',
    "编辑 图片",
    "a" * 999,
    "\ufeffedit",
]
BROKEN = [
    b"",
    b"{",
    b'{"question": "cut o',
    b'{"question": "a", "at": 5}',
    b'{"question": ["a"]}',
    b"[1, 2]",
    b"null",
    b"\x00\x00\x00\x00",
    b"\xff\xfe\xfa",
    b'"a text"',
    b"typed by hand",
    b'{"a": ' + b"[" * 5_000,
]
TIMES = [
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-11-25",
    "2026-11-25T10:00:00",
    "2026-11-25T23:30:00-23:00",
    "2026-11-25 10:00:00.123456+05:30",
    "yesterday",
    "",
]


def write(log: Path) -> None:
    """Write it; the same bytes each time."""
    log.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(_lines()) + b"\n\x00\x00\x00")


def _lines() -> Iterator[bytes]:
    random = Random(5)
    for week in range(WEEKS, 0, -1):
        for number in range(40):
            # Two days are missing, and the clock goes back again and again.
            day = END - timedelta(days=7 * week - random.choice([0, 1, 2, 5, 6]))
            id = f"r-{week}-{number}"
            text = f"{random.choice(ASKED)} {number % 9}"
            yield _row(text, id, f"{day}T{random.randrange(24):02}:00:00Z")
            if number % 4 == 0:
                yield _row(text, id, f"{day}T23:59:59Z", feedback=_feedback(random))
        if week % 4 == 1:
            for number, text in enumerate(ODD):
                at = f"{END - timedelta(days=7 * week - 1)}T05:00:00Z"
                yield _row(text, f"odd-{week}-{number}", at)
                yield _row(text, f"odd-{week}-{number}", at, feedback=_feedback(random))
            yield from BROKEN
    for number, at in enumerate(TIMES):
        yield _row("edit a picture", f"time-{number}", at)
    for number, more in enumerate(FIELDS):
        at = f"{END - timedelta(days=2)}T05:00:00Z"
        yield _row("edit a picture", f"field-{number}", at, **more)


FIELDS: list[dict[str, Any]] = [
    {"hits": ["gimp"] * 3 + ["\ud800", "", "../../etc/passwd", "\x1b[2J"]},
    {"hits": [str(number) for number in range(5_000)]},
    {"filters": {"": [""], "\ud800": ["\udfff"], "colour": ["!red"] * 99}},
    {"sort": "-price,,title,\x00", "cut": "half"},
    {"k": -5, "total": -1},
    {"k": 10**9, "total": 10**18},
    {"confidence": 1e308, "level": -1e308},
    {"confidence": -(2**62), "level": 0},
    {"release": "../../etc/passwd"},
    {"release": "\x1b[2J\ud800" * 99},
    {"did_you_mean": "\u202e\ud800"},
    {"request_id": "\x1b[2J\n\u202e"},
    {"of_tomorrow": {"a": 1}},
]


def _row(question: str, id: str, at: str, **more: Any) -> bytes:
    row = {"question": question, "request_id": id, "at": at, "release": "f" * 64, "k": 10}
    row |= {"hits": ["gimp", "krita"], "total": 2, "confidence": 0.6, "level": 0.25}
    if more.get("feedback"):
        row = {"question": question, "request_id": id, "at": at}
    return json.dumps(row | more).encode()


def _feedback(random: Random) -> dict[str, Any]:
    return random.choice(
        [
            {"kind": "click", "id": "gimp", "position": 1},
            {"kind": "good", "id": "krita"},
            {"kind": "bad", "id": ["gimp"]},
            {"kind": ["click"], "id": {"a": 1}, "position": "first"},
            {"kind": "click", "id": None, "position": -3},
            {"kind": "missing", "reason": "\ud800\x1b[2J"},
            {"kind": "bought", "id": "gimp", "position": 10**30},
            {"id": "gimp"},
        ]
    )
