"""Here is a catalogue that lives elsewhere: bring it here, whole or not at all, and pin it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_checks import CatalogueError
from data_checks.canonical import text
from data_checks.sources import Reading, Row, kind_of, rows
from data_checks.sources.stream import opened
from data_checks.thresholds import known, read_toml
from release_format.program import USAGE, now
from release_format.seal import digest_of_file, flush_directory, write_atomically

PULLS = Path("var/pulls")
KEPT = 2


@dataclass(frozen=True)
class Pin:
    """What a commit says of data outside git: where it came from, and the digest of the pull that is meant."""

    source: str
    sha256: str
    file: str
    pulled_at: str

    def to_toml(self) -> str:
        said = "".join(f"{key} = {json.dumps(value)}\n" for key, value in vars(self).items())
        return (
            f"# The pull of the catalogue that this commit is about; `python -m data_checks pull` writes it.\n{said}"
        )


def pull(source: str, pin: Path, query: str = "") -> str:
    """Bring a source here and write its pin; returns the digest. The pull before this one is kept.

    Raises:
        CatalogueError: the source broke off; nothing is pinned then.
    """
    PULLS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pull.", dir=PULLS) as name:
        draft = Path(name) / _file_name(source)
        if _is_file(source):
            with opened(source) as file, draft.open("wb") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
        else:
            _write_rows(draft, rows(source, Reading({}, query)))
        _refuse_broken(draft)
        digest = digest_of_file(draft)
        (folder := PULLS / digest).mkdir(exist_ok=True)
        draft.rename(folder / draft.name)
        flush_directory(folder)
    write_atomically(pin, Pin(source, digest, draft.name, now()).to_toml())
    _forget(digest)
    return digest


def pinned(pin: Path) -> Path:
    """The pull that a pin means, pulled again where it is not here.

    Raises:
        CatalogueError: the source no longer gives what was pinned.
    """
    raw = read_toml(pin)
    known(f"a key of {pin}", raw, Pin.__dataclass_fields__)
    if missing := set(Pin.__dataclass_fields__) - set(raw):
        raise CatalogueError(f"{pin} lacks {min(missing)}. Run `python -m data_checks pull`.", USAGE)
    meant = Pin(**{key: str(value) for key, value in raw.items()})
    path = PULLS / meant.sha256 / meant.file
    if not path.is_file():
        with tempfile.TemporaryDirectory() as aside:
            pull(meant.source, Path(aside) / pin.name)
    if not path.is_file() or digest_of_file(path) != meant.sha256:
        raise CatalogueError(
            f"{meant.source} no longer gives what {pin} names ({meant.sha256[:12]}). Pull again and commit the pin."
        )
    return path


def _is_file(source: str) -> bool:
    try:
        return bool(kind_of(source))
    except CatalogueError:
        return False


def _file_name(source: str) -> str:
    """A file keeps how its name ends, but is decompressed; anything else becomes JSON lines."""
    return f"pull.{kind_of(source)}" if _is_file(source) else "pull.jsonl"


def _write_rows(path: Path, read: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in read:
            line = json.dumps(dict(row.values), sort_keys=True, default=text)
            file.write(line + "\n")


def _refuse_broken(path: Path) -> None:
    """Read it to its end once: a cut file says so here, before it is pinned."""
    last = None
    for row in rows(str(path)):
        last = row
    if last is None:
        raise CatalogueError("the source gave no rows, so nothing was pinned. Look at it.")
    if last.broken:
        raise CatalogueError(f"the source broke off: {last.place} {last.broken}. Nothing was pinned; pull again.")


def _forget(digest: str) -> None:
    """Keep the newest pulls only."""
    pulls = sorted((p for p in PULLS.iterdir() if len(p.name) == 64), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in [p for p in pulls if p.name != digest][KEPT - 1 :]:
        shutil.rmtree(old)
