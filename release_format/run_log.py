"""Log of one run: JSON lines under a run id that all programs of a line share."""

from __future__ import annotations

import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from release_format.config.line import LineSettings
from release_format.config.registry import settings_unchecked
from release_format.secrets.redaction import without_secrets


def run_id() -> str:
    """The run id of the whole line: SEARCHBAR_RUN, or a new one that child processes inherit."""
    return os.environ.setdefault("SEARCHBAR_RUN", uuid.uuid4().hex[:12])


class RunLog:
    """JSON lines about one run, appended to `$SEARCHBAR_LOG` (default var/log/<program>.jsonl).

    A log that cannot be written never stops the program: what it says is also on the console.
    """

    def __init__(self, program: str) -> None:
        self.program = program
        self.path = Path(settings_unchecked(LineSettings).log or f"var/log/{program}.jsonl")

    def write(self, event: str, **fields: Any) -> None:
        line = {
            "at": now(),
            "run": run_id(),
            "program": self.program,
            "event": event,
            **without_secrets(fields),
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # A name of a file may be no UTF-8: what is not is written as JSON writes it.
            with self.path.open("a", encoding="utf-8", errors="backslashreplace") as log:
                log.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        except OSError:
            pass


def now() -> str:
    """This moment as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
