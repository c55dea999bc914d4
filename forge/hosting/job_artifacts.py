"""What a job of a merge request left, unpacked: whoever wrote the request wrote this, too."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from forge.errors import ForgeError
from forge.reports import LARGEST

FOLDER = PurePosixPath("var/reports")
LARGEST_ARCHIVE = 100_000_000
MOST_FILES = 500
# What Python's own reader raises at an archive that is none, or that somebody bent.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


def unpack_reports(archive: IO[bytes], folder: Path) -> None:
    """Write the verdicts and texts of an archive of artifacts into a folder.

    Only plain files below var/reports, of a size that reports have; nothing becomes a link.

    Raises:
        ForgeError: it is no archive, or holds more files than a build leaves.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [member for member in packed.infolist() if _is_report(member)]
            if len(members) > MOST_FILES:
                raise ForgeError(
                    f"the archive holds {len(members)} reports, and a build leaves no more than"
                    f" {MOST_FILES}. Look at its job."
                )
            for member in members:
                path = folder / PurePosixPath(member.filename).relative_to(FOLDER)
                path.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(member) as report:
                    path.write_bytes(report.read(LARGEST + 1))
    except _BROKEN as error:
        raise ForgeError(
            f"what the build left cannot be unpacked ({type(error).__name__}). Build it again."
        ) from error


def _is_report(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    return (
        not member.is_dir()
        and FOLDER in path.parents
        and ".." not in path.parts
        and path.suffix in (".json", ".md")
        and member.file_size <= LARGEST
        and member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    )
