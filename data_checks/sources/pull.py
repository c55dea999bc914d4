"""Pulls: copies of a catalogue that lives elsewhere, whole or not at all, each named by a pin."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from data_checks.canonical_text import text
from data_checks.errors import CatalogueError
from data_checks.sources.fields_file import FIELDS_FILE, read_fields
from data_checks.sources.pin import Pin
from data_checks.sources.reader import kind_of, source_rows
from data_checks.sources.row import ReadOptions, Row
from data_checks.sources.stream import opened
from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.config.table import check, read_toml
from release_format.exit_codes import USAGE
from release_format.run_log import now
from release_format.seal import digest_of_file, flush_directory, write_atomically
from release_format.secrets.redaction import hides, know_secrets_of, redacted_address
from release_format.system.temporary_folder import temporary_folder

PULLS = Path("var/pulls")
KEPT_PULLS = 2


def pull(source: str, pin: Path, query: str = "") -> str:
    """Bring a source here and write its pin; returns the digest. The pull before this one is kept.

    Raises:
        CatalogueError: the source broke off; nothing is pinned then.
    """
    know_secrets_of(source)
    pulls = next(filter(_is_writable, _pull_folders()), PULLS)
    with temporary_folder(".pull.", pulls) as work:
        draft = work / _file_name(source)
        if _is_file(source):
            with opened(source) as file, draft.open("wb") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
        else:
            _write_rows(draft, source_rows(source, ReadOptions({}, query)))
        _refuse_broken(draft, pin.with_name(FIELDS_FILE))
        digest = digest_of_file(draft)
        (folder := pulls / digest).mkdir(exist_ok=True)
        draft.chmod(0o644)
        draft.rename(folder / draft.name)
        flush_directory(folder)
    new_pin = Pin(redacted_address(source), digest, draft.name, now())
    if not new_pin.is_written_in(pin):
        write_atomically(pin, new_pin.to_toml())
    _prune(pulls, digest)
    return digest


def _pull_folders() -> list[Path]:
    """Where pulls are looked for; the first that can be written takes new ones."""
    shared = read_settings(LineSettings).pulls
    return [Path(shared), PULLS] if shared else [PULLS]


def _is_writable(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return os.access(folder, os.W_OK)


def pinned_pull(path: Path) -> Path:
    """The pull that a pin's file means, pulled again where it is not here.

    Raises:
        CatalogueError: the source no longer gives what was pinned.
    """
    pin = check(Pin, read_toml(path), path)
    if (file := _local_file(pin)) is None:
        with temporary_folder("pin.") as folder:
            _pull_again(_whole_source(pin, path), folder / path.name, path)
        file = _local_file(pin)
    if file is None or digest_of_file(file) != pin.sha256:
        raise CatalogueError(
            f"{pin.source} no longer gives what {path} names ({pin.sha256[:12]}). Pull again and"
            " commit the pin."
        )
    return file


def _pull_again(source: str, new_pin: Path, pin: Path) -> None:
    try:
        pull(source, new_pin)
    except CatalogueError as error:
        raise CatalogueError(f"{pin}: 'source': {error}", error.exit_code) from error


def _local_file(pin: Pin) -> Path | None:
    paths = (folder / pin.sha256 / pin.file for folder in _pull_folders())
    return next((path for path in paths if path.is_file()), None)


def _whole_source(pin: Pin, path: Path) -> str:
    """The source with its secrets, which the pin leaves out: the environment has them."""
    if not hides(pin.source):
        return pin.source
    whole = read_settings(LineSettings).source.reveal()
    if redacted_address(whole) != redacted_address(pin.source):
        raise CatalogueError(
            f"the pull that {path} names is not here, and its source {pin.source} needs a secret."
            f" Put the whole address into SEARCHBAR_SOURCE, or run `python -m data_checks pull`"
            " with it and commit the pin.",
            USAGE,
        )
    return whole


def _is_file(source: str) -> bool:
    try:
        return bool(kind_of(source))
    except CatalogueError:
        return False


def _file_name(source: str) -> str:
    """The pull of a file keeps its suffix, but is decompressed; anything else is JSON lines."""
    return f"pull.{kind_of(source)}" if _is_file(source) else "pull.jsonl"


def _write_rows(path: Path, source_rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in source_rows:
            line = json.dumps(dict(row.values), sort_keys=True, default=text)
            file.write(line + "\n")


def _refuse_broken(path: Path, fields: Path) -> None:
    """Read a pull to its end once: a cut file is refused here, before it is pinned."""
    declared, last = read_fields(fields).read, None
    options = ReadOptions(
        {}, encoding=declared.encoding, separator=declared.separator, list=declared.list
    )
    for row in source_rows(str(path), options):
        last = row
    if last is None:
        raise CatalogueError("the source gave no rows, so nothing was pinned. Look at it.")
    if last.broken:
        raise CatalogueError(
            f"the source broke off: {last.place} {last.broken}. Nothing was pinned; pull again."
        )


def _prune(pulls: Path, digest: str) -> None:
    """Keep this pull and the newest of the others."""
    folders = [path for path in pulls.iterdir() if len(path.name) == 64]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in [path for path in folders if path.name != digest][KEPT_PULLS - 1 :]:
        shutil.rmtree(folder)
