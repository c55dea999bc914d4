"""Layout of a site's directory on a host, and the small files that are written whole there."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COLOURS = ("blue", "green")
SPARE_BYTES = 512 * 1024
SPARE = "spare"
STALE_SECONDS = 3600


class HostError(Exception):
    """Text for the person at the deployer's console; `exit_code` as the deployer promises them."""

    def __init__(self, text: str, exit_code: int = 3) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class Layout:
    """The directory of one site on a host. Every name is decided here and nowhere else."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.programs = root / "programs"
        self.objects = root / "objects"
        self.incoming = root / "incoming"
        self.releases = root / "releases"
        self.images = root / "images"
        self.site = root / "site"
        self.settings = root / "settings"
        self.logs = root / "logs"
        self.metrics = root / "metrics"
        self.withdrawn = self.site / "withdrawn.txt"
        self.router = root / "router"
        self.map = self.router / "slots.map"
        self.config = self.router / "haproxy.cfg"
        self.admin = self.router / "admin.sock"
        self.lock = root / "lock"
        self.holder = root / "lock.json"
        self.frozen = root / "frozen.json"
        self.pending = root / "pending.json"
        self.guard = root / "guard.json"
        self.route_lock = root / "acts"
        self.slots = root / "slots.json"
        self.journal = root / "journal.jsonl"
        self.spare = root / SPARE

    def make(self) -> None:
        """Make every directory that is missing."""
        directories = (
            self.programs,
            self.objects,
            self.incoming,
            self.releases,
            self.images,
            self.site,
            self.logs,
            self.router,
        )
        for path in directories:
            path.mkdir(parents=True, exist_ok=True)
        # The containers' user is another one, and writes only its question log.
        self.logs.chmod(0o1777)
        if not self.withdrawn.exists():
            self.withdrawn.touch(0o644)


def other(colour: str) -> str:
    """The other colour."""
    return COLOURS[1 - COLOURS.index(colour)]


def parse_json(text: str | bytes) -> Any:
    """The value that a JSON text stands for, whoever wrote it.

    Raises:
        ValueError: it is no JSON, or is nested too deep.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("its lists or objects lie too deep inside each other") from None


def read_record(path: Path) -> dict[str, Any]:
    """A small JSON file, or {} where there is none; writers rename, so it is always whole."""
    try:
        record = parse_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise HostError(f"{path} cannot be read ({error}). Look at it, then remove it.") from error
    if not isinstance(record, dict):
        raise HostError(f"{path} is no record. Look at it, then remove it.")
    return record


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a small file so that readers, and a power cut, see the old text or the new one.

    On a full disk it takes the room that was kept back: who withdraws, turns back or frees space
    must be able to.
    """
    try:
        _write_whole(path, text, mode)
    except OSError as error:
        if not (is_full(error) and _give_up_spare(path)):
            raise
        _write_whole(path, text, mode)


def _write_whole(path: Path, text: str, mode: int) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink()
        raise
    flush(path.parent)


def flush(directory: Path) -> None:
    """Have the names in a directory outlast a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_full(error: BaseException) -> bool:
    """Whether a disk that is full, or a quota, is why."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def keep_spare(layout: Layout) -> None:
    """Keep room back for the small records, as far as there is any."""
    try:
        with layout.spare.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, SPARE_BYTES)
    except OSError:
        layout.spare.unlink(missing_ok=True)


def _give_up_spare(path: Path) -> bool:
    """Free the room that was kept back for files such as this one; whether there was any."""
    for directory in (path.parent, path.parent.parent):
        with contextlib.suppress(FileNotFoundError):
            (directory / SPARE).unlink()
            return True
    return False


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a small JSON file whole."""
    write_text(path, json.dumps(record, indent=1) + "\n")


def stale_drafts(layout: Layout) -> Iterator[Path]:
    """Drafts of small files whose writers were killed a while ago."""
    oldest = time.time() - STALE_SECONDS
    records = (layout.holder, layout.frozen, layout.pending, layout.guard, layout.slots)
    for path in (*records, layout.withdrawn, layout.map, layout.config):
        for draft in path.parent.glob(f".{path.name}.*"):
            if draft.stat().st_mtime < oldest:
                yield draft


def note(layout: Layout, event: str, **fields: Any) -> None:
    """Append one line to the host's journal; a full disk costs the line, never what was done."""
    line = json.dumps({"at": stamp(), "event": event, **fields}) + "\n"
    try:
        _append(layout.journal, line)
    except OSError as error:
        if not is_full(error):
            raise
        if _give_up_spare(layout.journal):
            with contextlib.suppress(OSError):
                _append(layout.journal, line)


def _append(path: Path, line: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def stamp() -> str:
    """This moment as ISO 8601 in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def boot_id() -> str:
    """The id of this boot of the machine: a clock counts only within one boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
