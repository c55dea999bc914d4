"""Here is what a build or a trial saw: give me its run, kept on disk until the ledger has it. It decides nothing."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from release_format.program import say

FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"
OFF = "off"
WAITING, RECORD, REPORTS = "waiting", "record.json", "reports"


@dataclass(frozen=True)
class Run:
    """One line of the ledger. `steps` are figures by step, such as a training loss: {"training/loss": [(1, 0.9)]}.

    `kind` is "build", "tune" or "trial"; `parent` is the id of the run that this one belongs to, kept before or
    after. `data` says what it was made from: {"name", "digest", "source"}. `reports` are files to keep with it.
    `release` is the sealed directory that came of it, to be registered. `note` is Markdown. Times are seconds
    since 1970.
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
    """A release that an alias of the registry (`candidate`, `stage`, `prod`) stands for from now on."""

    alias: str
    release: Path


def home() -> Path | None:
    """Where the ledger keeps its things on this machine: SEARCHBAR_LEDGER, or var/ledger; None when it is off."""
    where = os.environ.get("SEARCHBAR_LEDGER") or "var/ledger"
    return None if where == OFF else Path(where).absolute()


def keep(record: Run | Alias) -> None:
    """Write a run or an alias where the ledger finds it. What hinders that is told, and changes nothing else."""
    if (folder := home()) is None:
        return
    made = folder / f".{uuid.uuid4().hex}"
    try:
        made.mkdir(parents=True)
        for report in record.reports if isinstance(record, Run) else ():
            if report.exists():
                (made / REPORTS).mkdir(exist_ok=True)
                shutil.copy(report, made / REPORTS / report.name)
        (made / RECORD).write_text(json.dumps(_plain(record), ensure_ascii=False), encoding="utf-8")
        (folder / WAITING).mkdir(exist_ok=True)
        made.rename(folder / WAITING / f"{time.time_ns()}-{made.name[1:9]}")
    except (OSError, ValueError, TypeError) as error:
        shutil.rmtree(made, ignore_errors=True)
        say(f"ledger: this is not recorded ({error}). Mend that for the next time; nothing else is touched by it.")


def waiting(folder: Path) -> Iterator[tuple[Path, Run | Alias]]:
    """What has not been sent yet, oldest first, each with the folder it lies in; unreadable ones are passed over."""
    for kept in sorted((folder / WAITING).glob("*")):
        try:
            raw = json.loads((kept / RECORD).read_bytes())
            what, release = raw.pop("what"), raw.pop("release")
            if what == "alias":
                yield kept, Alias(release=Path(release), **raw)
            else:
                reports = sorted((kept / REPORTS).glob("*"))
                yield kept, Run(release=Path(release) if release else None, reports=reports, **raw)
        except (OSError, ValueError, TypeError, KeyError):
            say(f"ledger: {kept} cannot be read and is left there. Look at it, or delete it.")


def _plain(record: Run | Alias) -> dict[str, Any]:
    plain = asdict(record)
    plain.pop("reports", None)
    return {**plain, "what": type(record).__name__.lower(), "release": str(record.release or "")}
