"""One logged question or reaction, and the line of JSON that it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from release_format.run_log import now

# What a column of 64 bits holds; a visitor's number is smaller.
_LARGEST = 1 << 63
# Around a line: spaces, the mark that some programs begin a file with, and what a lost block of a
# disk is filled with.
_AROUND = " \t\r\n\ufeff\0"


# What a visitor may do with an answer.
REACTIONS = ("click", "good", "bad", "missing")


@dataclass(frozen=True)
class LoggedQuestion:
    """One question as a visitor asked it, with the ids that were answered, best first.

    `filters` are the query's own (`{"topic": ["video", "!audio"]}`); no address and no cookie is
    ever kept. With them, `k`, `sort` and `cut` a release answers the question again; `k` is 0 in a
    line that an older program wrote, which kept nothing of these and of what follows. `confidence`
    is that of the first hit, and `level` what a good match has in that release; None where there
    was none. `did_you_mean` is what was offered instead.
    `feedback` is empty for a question, and names what a visitor did for a reaction
    ({"kind": "click" | "good" | "bad" | "missing", "id": …, "position": …, "reason": …}).
    """

    question: str
    release: str = ""
    request_id: str = ""
    at: str = field(default_factory=now)
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hits: Sequence[str] = ()
    no_good_match: bool = False
    k: int = 0
    sort: str = ""
    cut: str = ""
    total: int = 0
    confidence: float | None = None
    level: float | None = None
    did_you_mean: str = ""
    feedback: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_blocked(self) -> bool:
        """Whether something fits, and only its filters, those written in it too, left nothing.

        Doubt is about the question without its filters. Of what an older program wrote, which
        kept no `k`, only filters beside the question tell.
        """
        is_filtered = bool(self.filters) or self.k > 0
        return is_filtered and not self.hits and not self.no_good_match

    def to_line(self) -> str:
        """The line of the log that it is."""
        return json.dumps(asdict(self), ensure_ascii=True, separators=(",", ":")) + "\n"

    @classmethod
    def of(cls, raw: object) -> LoggedQuestion | None:
        """What stands in a JSON object; None where it is no question, or a field is of another
        kind than ours. Fields of a newer program are passed over."""
        if not isinstance(raw, Mapping) or "question" not in raw:
            return None
        known = {name: raw[name] for name in cls.__dataclass_fields__ if name in raw}
        return cls(**known) if all(_KINDS[name](known[name]) for name in known) else None

    @classmethod
    def from_line(cls, line: str) -> LoggedQuestion | None:
        """Read a line of a log; a plain line of text is a question, one that was cut is none."""
        line = line.strip(_AROUND).strip()
        if not line:
            return None
        if not line.startswith("{"):
            return cls(line)
        try:
            return cls.of(json.loads(line))
        except (ValueError, RecursionError):
            return None


def day_of(at: str) -> date | None:
    """The day of a moment as the log writes it, in UTC; None where it is none."""
    try:
        moment = datetime.fromisoformat(at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()
    except (ValueError, TypeError, OverflowError):
        return None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_count(value: object) -> bool:
    return type(value) is int and -_LARGEST <= value < _LARGEST


def _is_share(value: object) -> bool:
    return value is None or _is_count(value) or (isinstance(value, float) and isfinite(value))


def _are_filters(value: object) -> bool:
    return isinstance(value, dict) and all(map(_are_texts, value.values()))


_KINDS: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(("question", "release", "request_id", "at", "sort", "cut"), _is_text),
    "did_you_mean": _is_text,
    "filters": _are_filters,
    "hits": _are_texts,
    "no_good_match": lambda value: isinstance(value, bool),
    "k": _is_count,
    "total": _is_count,
    "confidence": _is_share,
    "level": _is_share,
    "feedback": lambda value: isinstance(value, dict),
}
