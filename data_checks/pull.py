"""Here is a catalogue that lives elsewhere: bring it here, whole or not at all, and pin it."""

from __future__ import annotations

import contextlib
import json
import os
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
from release_format.program import SOURCE, USAGE, now
from release_format.redaction import hides, know_secrets_of, redacted
from release_format.seal import digest_of_file, flush_directory, write_atomically

PULLS = Path("var/pulls")
# A folder that several machines see: what one of them pulled, the others need not ask the source for.
SHARED = "SEARCHBAR_PULLS"
KEPT = 2


@dataclass(frozen=True)
class Pin:
    """What a commit says of data outside git: where it came from, and the digest of the pull that is meant.

    The source stands here without its secrets: a pin is committed and pushed.
    """

    source: str
    sha256: str
    file: str
    pulled_at: str

    def stands_in(self, pin: Path) -> bool:
        """Whether the file says the same but for the time: a day without news leaves nothing to commit."""
        try:
            raw = read_toml(pin)
        except CatalogueError:
            return False
        return {**raw, "pulled_at": self.pulled_at} == vars(self)

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
    know_secrets_of(source)
    pulls = next(filter(_takes_files, _places()), PULLS)
    with tempfile.TemporaryDirectory(prefix=".pull.", dir=pulls) as name:
        draft = Path(name) / _file_name(source)
        if _is_file(source):
            with opened(source) as file, draft.open("wb") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
        else:
            _write_rows(draft, rows(source, Reading({}, query)))
        _refuse_broken(draft)
        digest = digest_of_file(draft)
        (folder := pulls / digest).mkdir(exist_ok=True)
        draft.chmod(0o644)
        draft.rename(folder / draft.name)
        flush_directory(folder)
    made = Pin(redacted(source), digest, draft.name, now())
    if not made.stands_in(pin):
        write_atomically(pin, made.to_toml())
    _forget(pulls, digest)
    return digest


def _places() -> list[Path]:
    """Where pulls are looked for; the first that takes files takes new ones."""
    shared = os.environ.get(SHARED, "")
    return [Path(shared), PULLS] if shared else [PULLS]


def _takes_files(place: Path) -> bool:
    with contextlib.suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
    return os.access(place, os.W_OK)


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
    if (path := _found(meant)) is None:
        with tempfile.TemporaryDirectory() as aside:
            pull(_whole_source(meant, pin), Path(aside) / pin.name)
        path = _found(meant)
    if path is None or digest_of_file(path) != meant.sha256:
        raise CatalogueError(
            f"{meant.source} no longer gives what {pin} names ({meant.sha256[:12]}). Pull again and commit the pin."
        )
    return path


def _whole_source(meant: Pin, pin: Path) -> str:
    """The source with its secrets, which the pin leaves out: the environment has them."""
    if not hides(meant.source):
        return meant.source
    whole = os.environ.get(SOURCE, "")
    if redacted(whole) != meant.source:
        raise CatalogueError(
            f"the pull that {pin} names is not here, and its source {meant.source} needs a secret. Put the whole"
            f" address into {SOURCE}, or run `python -m data_checks pull` with it and commit the pin.",
            USAGE,
        )
    return whole


def _found(meant: Pin) -> Path | None:
    paths = (place / meant.sha256 / meant.file for place in _places())
    return next((path for path in paths if path.is_file()), None)


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


def _forget(pulls: Path, digest: str) -> None:
    """Keep the newest pulls only."""
    kept = sorted((p for p in pulls.iterdir() if len(p.name) == 64), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in [p for p in kept if p.name != digest][KEPT - 1 :]:
        shutil.rmtree(old)
