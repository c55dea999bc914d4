"""Evidence in values: whether a column that has a fitting name holds what ours would hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from data_checks.canonical_text import text
from data_checks.sources.mapping.dates import reader_of

_ADDRESS = re.compile(r"(?:(?:https?|ftps?):)?//\S+", re.IGNORECASE)
_SEVERAL = re.compile(r"[,;|\s]+(?=https?://|//)", re.IGNORECASE)
# "picture.png (https://…)" of Airtable, "[here](https://…)" of Markdown.
_BRACKETED = re.compile(r"\((https?://[^\s()]+)\)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_PARTS, _ARROW = re.compile(r"[|;,]"), re.compile(r"\w\s?[>»›→]\s?\w")
_LEVELS = re.compile(r"[>»›→]")
_LONGEST_TOPIC = 100
HALF, NEARLY_ALL = 0.5, 0.9


def fits(ours: str, values: Sequence[Any]) -> bool:
    """Whether the values of a column, one a row, can be those of this one of ours."""
    texts = [written for value in values if (written := text(first(value)))]
    return bool(texts) and _CHECKS.get(ours, _anything)(texts, len(values))


def first(value: Any) -> Any:
    """The first of several values that is not empty; a single one as it is."""
    if isinstance(value, list | tuple):
        return next((entry for entry in value if text(entry)), None)
    return value


def address(value: Any) -> Any:
    """The first of several addresses in one text; one without a scheme is https."""
    if not isinstance(value, str) or not value:
        return value
    found = _SEVERAL.split(value.strip(), maxsplit=1)[0].rstrip(",;|")
    if not _ADDRESS.match(found) and (bracketed := _BRACKETED.search(value)):
        found = bracketed[1]
    if found.startswith("www."):
        return f"https://{found}"
    return f"https:{found}" if found.startswith("//") else found


def levels(value: Any) -> Any:
    """The levels of paths like `Tea > Pots` or `/Bread/Rolls/`; topics that are none stay."""
    several = value if isinstance(value, list | tuple) else _PARTS.split(text(value))
    parts: list[str] = []
    for path in map(text, several):
        parts += path.split("/") if path.startswith("/") else _LEVELS.split(path)
    return [word for part in parts if (word := part.strip())]


def are_paths(values: Sequence[Any]) -> bool:
    """Whether topics are paths that are none as they stand: `/A/B/`, or too long for one topic."""
    texts = [written for value in values if (written := text(first(value)))]
    slashes = sum(written.startswith("/") and written.count("/") > 1 for written in texts)
    long = any(len(part) > _LONGEST_TOPIC for each in texts for part in _PARTS.split(each))
    arrows = sum(bool(_ARROW.search(written)) for written in texts)
    is_long_path = long and arrows >= HALF * len(texts)
    return bool(texts) and (slashes >= NEARLY_ALL * len(texts) or is_long_path)


def _is_address(written: str) -> bool:
    return bool(_ADDRESS.match(address(written)))


def names_each(values: Sequence[Any]) -> bool:
    """Whether each row has a value, and no two the same one."""
    texts = [text(value) for value in values]
    return all(texts) and len(set(texts)) == len(texts)


def _identify(texts: Sequence[str], rows: int) -> bool:
    """Nearly each row has one, nearly all differ: doubles are for the rules to tell."""
    return len(texts) >= NEARLY_ALL * rows and len(set(texts)) >= NEARLY_ALL * len(texts)


def _are_short(texts: Sequence[str]) -> bool:
    """Whether nearly all parts of these texts are as short as a topic."""
    short = [all(len(part) <= _LONGEST_TOPIC for part in _PARTS.split(each)) for each in texts]
    return sum(short) >= 0.99 * len(texts) or are_paths(texts)


def _mostly(matches: Callable[[str], object]) -> Callable[[Sequence[str], int], bool]:
    return lambda texts, _rows: (
        sum(bool(matches(written)) for written in texts) >= HALF * len(texts)
    )


def _anything(_texts: Sequence[str], _rows: int) -> bool:
    return True


_CHECKS: Mapping[str, Callable[[Sequence[str], int], bool]] = {
    "id": _identify,
    "topics": lambda texts, _rows: _are_short(texts),
    "url": _mostly(_is_address),
    "image_url": _mostly(_is_address),
    "language": _mostly(_LANGUAGE.fullmatch),
    "updated_at": lambda texts, _rows: reader_of(texts) is not None,
}
