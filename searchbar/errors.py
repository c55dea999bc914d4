"""The error of this package and its causes; its text ends with what to do."""

from __future__ import annotations

from enum import StrEnum

from release_format.exit_codes import COULD_NOT_TELL, USAGE, ProgramError


class Cause(StrEnum):
    """Why not; `http/problems.py` turns each into a status, in one place."""

    BAD_QUESTION = "bad question"
    FOREIGN = "foreign origin"
    UNKNOWN_ITEM = "unknown item"
    NOT_OFFERED = "not offered"
    OTHER_RELEASE = "other release"
    OTHER_TYPE = "unknown content type"
    TOO_MANY = "too many questions"
    BUSY = "busy"
    NOT_READY = "not ready"
    BAD_SETTING = "bad setting"
    BROKEN_RELEASE = "broken release"


_USAGE = (Cause.BAD_QUESTION, Cause.UNKNOWN_ITEM, Cause.BAD_SETTING)


class SearchError(ProgramError):
    """The one error of this package."""

    def __init__(self, cause: Cause, text: str) -> None:
        super().__init__(text, USAGE if cause in _USAGE else COULD_NOT_TELL)
        self.cause = cause


def bad_question(text: str) -> SearchError:
    """A question that its asker must change."""
    return SearchError(Cause.BAD_QUESTION, text)


def broken_release(where: object, why: str) -> SearchError:
    """A release whose files do not belong together."""
    return SearchError(Cause.BROKEN_RELEASE, f"{where} is no whole release: {why}. Build it again.")
