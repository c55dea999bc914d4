"""The archive of reports that a pull request's build left: hostile, so unpacked within bounds."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

from forge.errors import ForgeError
from forge.reports import LARGEST

# Of what is read: verdicts and Markdown. Pages, pictures and tables stay in the archive.
MOST_FILES, MOST_BYTES = 1000, 20_000_000
_NAME = re.compile(r"[A-Za-z0-9_][\w.+-]{0,99}(/[A-Za-z0-9_][\w.+-]{0,99}){0,4}", re.ASCII)
# What zipfile raises at archives that are none, broken, locked, or packed in ways it cannot read.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    LookupError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)


def unpack(archive: IO[bytes], folder: Path, below: str = "") -> None:
    """Put the reports of an archive (*.json, *.md) into an empty folder.

    Args:
        archive: what the hosting keeps.
        folder: empty.
        below: the archive's folder that holds the reports (`var/reports/`); what lies elsewhere in
            it is passed over.

    Raises:
        ForgeError: it is no archive, or it holds a link, a path that is no plain one, a name twice,
        or too much. The folder may then hold a part of it.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            _unpack_reports(packed, folder, below)
    except _UNREADABLE as error:
        raise _no_reports(f"the archive cannot be read ({type(error).__name__})") from error


def _unpack_reports(archive: zipfile.ZipFile, folder: Path, below: str) -> None:
    entries = [
        (entry.filename.removeprefix(below), entry)
        for entry in archive.infolist()
        if not entry.is_dir() and entry.filename.startswith(below)
    ]
    if len(entries) > MOST_FILES:
        raise _no_reports(f"they are {len(entries)} files, of at most {MOST_FILES}")
    for name, entry in entries:
        _check_entry(name, entry)
    left = MOST_BYTES
    for name, entry in entries:
        # Giants are left out here as they are where reports are read.
        if name.endswith((".json", ".md")) and entry.file_size <= LARGEST:
            left -= _unpack_entry(archive, entry, folder / name, min(LARGEST, left))


def _check_entry(name: str, entry: zipfile.ZipInfo) -> None:
    shown = repr(name[:100])
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise _no_reports(f"{shown} is a link or a device")
    if not _NAME.fullmatch(name):
        raise _no_reports(f"{shown} is no plain name of a file")


def _unpack_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, most: int) -> int:
    """Write one file and return its bytes; what the archive says of its size is not believed."""
    with archive.open(entry) as packed:
        content = packed.read(most + 1)
    if len(content) > most:
        raise _no_reports(f"{entry.filename!r} is too large")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
    return len(content)


def _no_reports(reason: str) -> ForgeError:
    return ForgeError(
        f"what the build left are no reports: {reason}. Nothing was written. Let the pull request"
        " leave in var/reports what the gates write there, then build it again."
    )
