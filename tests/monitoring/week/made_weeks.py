"""A made log of two weeks whose figures are known, and what reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.week.report import ReleaseReading, WeekReport, week_report
from monitoring.week.span import Week, count
from release_format.questions import LoggedQuestion
from release_format.store.base import Store

TODAY = date(2026, 11, 30)
WEEK = Week(date(2026, 11, 23))
NEW, OLD = "a" * 64, "b" * 64
TOPICS = {"lamp-1": ("lights", "home"), "desk-1": ("home",), "bare": ()}


def asked(question: str, id: str, day: str = "2026-11-24", **more: Any) -> LoggedQuestion:
    fields: dict[str, Any] = {"release": NEW, "at": f"{day}T10:00:00Z", "hits": ("lamp-1",), **more}
    return LoggedQuestion(question, request_id=id, **fields)


def did(kind: str, id: str, day: str = "2026-11-24", **more: Any) -> LoggedQuestion:
    at = f"{day}T10:00:05Z"
    return LoggedQuestion("", at=at, request_id=id, feedback={"kind": kind, **more})


LOG = [
    asked("ages ago", "0", "2019-01-01", release="c" * 64),
    # The week before: 4 questions, all answered, one of them opened.
    *[asked("lamp", f"b{n}", "2026-11-17", release=OLD) for n in range(3)],
    asked("desk", "b3", "2026-11-22", release=OLD, hits=("desk-1",)),
    did("click", "b3", "2026-11-23", position=4),
    # The week: 8 questions, of which 2 fit nothing and 1 finds nothing, 2 are opened.
    asked("lamp", "1", "2026-11-23", release=OLD),
    asked("Lamp", "2"),
    asked("desk", "3", hits=("desk-1", "lamp-1")),
    asked("mortgage rates", "4", no_good_match=True, hits=("bare",)),
    asked("mortgage rates today", "5", no_good_match=True, hits=("gone",)),
    asked("zzz", "6", "2026-11-29", hits=()),
    asked("chair", "7"),
    asked("chair", "8", "2026-11-29"),
    did("click", "1", "2026-11-23", position=1),
    did("click", "3", "2026-11-30", position=2),
    did("bad", "7"),
    # After it.
    asked("tomorrow", "9", "2026-11-30"),
]


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Words as directions: texts with most words in common lie near."""
    vectors = np.zeros((len(texts), 64), np.float32)
    for row, text in enumerate(texts):
        for word in text.split() or ["-"]:
            vectors[row, sum(word.encode("utf-8", "replace")) % 64] += 1
    units: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


READING = ReleaseReading(NEW, encode, TOPICS.get)


def report(
    lines: Sequence[LoggedQuestion] = tuple(LOG),
    week: Week = WEEK,
    today: date = TODAY,
    reading: ReleaseReading | None = READING,
    store: Store | None = None,
) -> WeekReport:
    return week_report(count(lines, week), today, reading, store)
