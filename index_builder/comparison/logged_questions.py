"""What people asked last: the questions of a log that a comparison asks."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from release_format.questions import read
from searchbar.errors import SearchError
from searchbar.query.question import check_text


def newest_questions(log: Path, most: int) -> list[str]:
    """The different questions that were asked last, the last one first; no more are held than are
    kept, however long the log is.

    What the search refuses (too long a text, half a character) is passed over.

    Args:
        log: a query log, or a list with a question a line, whose end is the newest.
        most: so many at most.

    Raises:
        OSError: it cannot be read.
    """
    newest: OrderedDict[str, None] = OrderedDict()
    for logged in read(log):
        if logged.feedback or not _can_be_asked(logged.question):
            continue
        newest[logged.question] = None
        newest.move_to_end(logged.question)
        if len(newest) > most:
            newest.popitem(last=False)
    return list(reversed(newest))


def _can_be_asked(question: str) -> bool:
    try:
        check_text(question)
    except SearchError:
        return False
    return True
