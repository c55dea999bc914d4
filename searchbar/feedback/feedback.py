"""Feedback of a visitor's browser, read into the line to log."""

from __future__ import annotations

import json
from typing import Any

from release_format.questions import REACTIONS, LoggedQuestion
from searchbar.errors import bad_question
from searchbar.query.question import LONGEST

LARGEST, LONGEST_REASON, LONGEST_NAME, FURTHEST = 8192, 500, 256, 10_000


def read_feedback(body: bytes) -> LoggedQuestion:
    """Read one reaction. Only the named fields are kept: nothing else that a browser sends is ever
    stored.

    Raises:
        SearchError: it is not a reaction.
    """
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise bad_question("feedback is one JSON object; see /docs.") from error
    if not isinstance(raw, dict) or raw.get("kind") not in REACTIONS:
        raise bad_question(f"feedback needs a kind; give one of {', '.join(REACTIONS)}.")
    feedback: dict[str, Any] = {"kind": raw["kind"]}
    for name, longest in (("id", LONGEST_NAME), ("reason", LONGEST_REASON)):
        if text := _text(raw, name, longest):
            feedback[name] = text
    position = raw.get("position")
    if type(position) is int and 0 < position <= FURTHEST:
        feedback["position"] = position
    return LoggedQuestion(
        _text(raw, "question", LONGEST),
        release=_text(raw, "release", LONGEST_NAME),
        request_id=_text(raw, "request_id", LONGEST_NAME),
        feedback=feedback,
    )


def _text(raw: dict[str, Any], name: str, longest: int) -> str:
    text = raw.get(name) or ""
    if not isinstance(text, str) or len(text) > longest:
        raise bad_question(
            f"feedback's {name} is a text of at most {longest} characters; shorten it."
        )
    return text
