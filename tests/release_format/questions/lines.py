"""Logged questions to try things with, and days that have passed."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from hypothesis import strategies as st

from release_format.questions import LoggedQuestion
from release_format.questions.parts import today

TEXT = st.text(max_size=20)
SHARE = st.none() | st.floats(0, 1)


def logged_questions() -> st.SearchStrategy[LoggedQuestion]:
    """Questions and reactions of any text that UTF-8 can hold."""
    return st.builds(
        LoggedQuestion,
        TEXT,
        release=TEXT,
        request_id=TEXT,
        at=TEXT,
        filters=st.dictionaries(TEXT, st.lists(TEXT, max_size=2), max_size=2),
        hits=st.lists(TEXT, max_size=3),
        no_good_match=st.booleans(),
        k=st.integers(0, 100),
        sort=TEXT,
        cut=TEXT,
        total=st.integers(0, 10**9),
        confidence=SHARE,
        level=SHARE,
        did_you_mean=TEXT,
        feedback=st.dictionaries(TEXT, TEXT | st.integers(), max_size=3),
    )


def ago(days: int) -> date:
    """The day so many days before this one, in UTC."""
    return today() - timedelta(days=days)


def set_day(path: Path, day: date) -> None:
    """Let a file have been written to last at noon of that day."""
    moment = datetime.combine(day, time(12), UTC).timestamp()
    os.utime(path, (moment, moment))
