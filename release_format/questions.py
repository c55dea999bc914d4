"""Query log: questions and feedback as JSON lines, written by servers and read by programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from release_format.run_log import now


@dataclass(frozen=True)
class LoggedQuestion:
    """One question as a visitor asked it, with the ids that were answered, best first.

    `filters` are the query's own (`{"topic": ["video", "!audio"]}`); no address and no cookie is
    ever kept. `feedback` is empty for a question, and names what a visitor did for a reaction
    ({"kind": "click" | "good" | "bad" | "missing", "id": …, "position": …, "reason": …}).
    """

    question: str
    release: str = ""
    request_id: str = ""
    at: str = field(default_factory=now)
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hits: Sequence[str] = ()
    no_good_match: bool = False
    feedback: Mapping[str, Any] = field(default_factory=dict)


def append(path: Path, logged: LoggedQuestion) -> None:
    """Append one line in a single write: processes may share a log, and a cut loses one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(asdict(logged), ensure_ascii=True, separators=(",", ":")) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def read(path: Path) -> Iterator[LoggedQuestion]:
    """The logged questions of a file; a line that was cut or is foreign is passed over.

    A plain line of text counts as a question too, so that a list typed by hand can be used.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if logged := _parse(line.strip()):
                yield logged


def _parse(line: str) -> LoggedQuestion | None:
    if not line:
        return None
    if not line.startswith("{"):
        return LoggedQuestion(line)
    try:
        raw = json.loads(line)
        known = {name: raw[name] for name in LoggedQuestion.__dataclass_fields__ if name in raw}
        return LoggedQuestion(**known) if isinstance(known.get("question"), str) else None
    except (ValueError, TypeError, RecursionError):
        return None
