"""Parts of the query log: finished stretches of it, named by the day of their last line."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

_NAME = re.compile(r"-(\d{4}-\d{2}-\d{2})-(\d{3,9})\.(?:jsonl|parquet)")


@dataclass(frozen=True, order=True)
class Part:
    """A part: JSON lines, Parquet, or for a moment both, which hold the same."""

    day: date
    number: int
    log: Path = field(compare=False)

    @property
    def jsonl(self) -> Path:
        """The file of lines, as a server wrote it."""
        return self._named("jsonl")

    @property
    def parquet(self) -> Path:
        """The file that the lines become."""
        return self._named("parquet")

    def delete(self) -> None:
        """Delete it, whatever it is; that it is gone already is no error."""
        self.jsonl.unlink(missing_ok=True)
        self.parquet.unlink(missing_ok=True)

    def _named(self, ending: str) -> Path:
        return self.log.with_name(f"{self.log.stem}-{self.day}-{self.number:03}.{ending}")


def parts_of(log: Path) -> list[Part]:
    """The parts beside a live file, which need not be there itself; oldest first."""
    parts = set()
    with contextlib.suppress(FileNotFoundError):
        for path in log.parent.iterdir():
            match = _NAME.fullmatch(path.name.removeprefix(log.stem))
            if not match or not path.name.startswith(log.stem):
                continue
            with contextlib.suppress(ValueError):
                parts.add(Part(date.fromisoformat(match[1]), int(match[2]), log))
    return sorted(parts)


def next_part(log: Path, day: date) -> Part:
    """The part that comes after those of a day."""
    numbers = [part.number for part in parts_of(log) if part.day == day]
    return Part(day, max(numbers, default=0) + 1, log)


def delete_expired(log: Path, days: int) -> int:
    """Delete the parts whose last line is older than so many days, 0 for none; how many there
    were."""
    if not days:
        return 0
    first = today() - timedelta(days=days)
    expired = [part for part in parts_of(log) if part.day < first]
    for part in expired:
        part.delete()
    return len(expired)


def today() -> date:
    """This day in UTC."""
    return datetime.now(UTC).date()
