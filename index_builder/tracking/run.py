"""Runs of builds, tunings and trials, and an outbox on disk where they wait for MLflow.

Nothing here decides anything.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.progress import say

FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"
OFF = "off"
WAITING, RECORD, REPORTS = "waiting", "record.json", "reports"


@dataclass(frozen=True)
class Run:
    """One line of the ledger.

    `kind` is "build", "tune" or "trial". `steps` are figures by step, such as a training loss:
    {"training/loss": [(1, 0.9)]}. `parent` is the id of the run that this one belongs to, sent
    before or after. `data` says what it was made from: {"name", "digest", "source"}. `reports`
    are files to keep with it. `release` is the sealed directory that came of it, to be registered.
    `note` is Markdown. Times are seconds since 1970.
    """

    kind: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    steps: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    reports: Sequence[Path] = ()
    release: Path | None = None
    note: str = ""
    parent: str = ""
    status: str = FINISHED
    started: float = field(default_factory=time.time)
    ended: float = field(default_factory=time.time)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True)
class Alias:
    """The release that an alias of the registry (`candidate`, `stage`, `prod`) stands for."""

    alias: str
    release: Path


def ledger_folder() -> Path | None:
    """SEARCHBAR_LEDGER, or var/ledger; None when the ledger is off."""
    folder = read_settings(LineSettings).ledger
    return None if folder == OFF else Path(folder).absolute()


def enqueue(record: Run | Alias) -> None:
    """Write a run or an alias into the outbox.

    What hinders that is told, and changes nothing else.
    """
    if (folder := ledger_folder()) is None:
        return
    draft = folder / f".{uuid.uuid4().hex}"
    try:
        draft.mkdir(parents=True)
        for report in record.reports if isinstance(record, Run) else ():
            if report.exists():
                (draft / REPORTS).mkdir(exist_ok=True)
                shutil.copy(report, draft / REPORTS / report.name)
        (draft / RECORD).write_text(
            json.dumps(_plain(record), ensure_ascii=False), encoding="utf-8"
        )
        (folder / WAITING).mkdir(exist_ok=True)
        draft.rename(folder / WAITING / f"{time.time_ns()}-{draft.name[1:9]}")
    except (OSError, ValueError, TypeError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        say(
            f"ledger: this is not recorded ({error}). Mend that for the next time; nothing else is"
            " touched by it."
        )


def waiting_records(folder: Path) -> Iterator[tuple[Path, Run | Alias]]:
    """What has not been sent yet, oldest first, each with the folder it lies in.

    Unreadable ones are passed over.
    """
    for entry in sorted((folder / WAITING).glob("*")):
        try:
            yield entry, _read(entry)
        except (OSError, ValueError, TypeError, KeyError):
            say(f"ledger: {entry} cannot be read and is left there. Look at it, or delete it.")


def _read(entry: Path) -> Run | Alias:
    raw = json.loads((entry / RECORD).read_bytes())
    kind, release = raw.pop("what"), raw.pop("release")
    if kind == "alias":
        return Alias(release=Path(release), **raw)
    reports = sorted((entry / REPORTS).glob("*"))
    return Run(release=Path(release) if release else None, reports=reports, **raw)


def _plain(record: Run | Alias) -> dict[str, Any]:
    plain = asdict(record)
    plain.pop("reports", None)
    return {**plain, "what": type(record).__name__.lower(), "release": str(record.release or "")}
