"""The seal: a manifest, written last, that names every file of a directory with its digest."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from release_format.exit_codes import ProgramError
from release_format.run_log import now
from release_format.untrusted_json import parse_json

FORMAT = 4
OLDEST_READABLE_FORMAT = 1
MANIFEST = "manifest.json"
_ID = re.compile(r"[0-9a-f]{64}")
# Hashing is the processor's work, and more readers than this only wait for the disk.
READERS = 4


class FormatError(ProgramError):
    """A directory, file or record is not what its seal or its format says."""


@dataclass(frozen=True)
class FileSeal:
    """What the manifest says of one file: its SHA-256 in hex and its size in bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """The seal of one directory. `made_from` names what the id is the digest of."""

    format: int
    kind: str
    id: str
    made_from: Mapping[str, Any]
    files: Mapping[str, FileSeal]
    created_at: str

    def to_json(self) -> str:
        files = {
            path: {"sha256": f.sha256, "bytes": f.bytes} for path, f in sorted(self.files.items())
        }
        return json.dumps(
            {
                "format": self.format,
                "kind": self.kind,
                "id": self.id,
                "made_from": dict(self.made_from),
                "files": files,
                "created_at": self.created_at,
            },
            indent=1,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str | bytes, where: object = MANIFEST) -> Manifest:
        """Read a manifest from untrusted text.

        Raises:
            FormatError: not a manifest, of an unknown format, or naming a file outside its
            directory.
        """
        try:
            raw = parse_json(text)
            files = {
                path: FileSeal(str(f["sha256"]), int(f["bytes"]))
                for path, f in raw["files"].items()
            }
            manifest = cls(
                int(raw["format"]),
                str(raw["kind"]),
                str(raw["id"]),
                dict(raw["made_from"]),
                files,
                str(raw["created_at"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError(f"{where} is not a manifest ({error}). Build it again.") from error
        manifest._refuse_nonsense(where)
        return manifest

    def _refuse_nonsense(self, where: object) -> None:
        if not OLDEST_READABLE_FORMAT <= self.format <= FORMAT:
            raise FormatError(
                f"{where} is of format {self.format}, this program reads {OLDEST_READABLE_FORMAT}"
                f" to {FORMAT}. Use the program of the matching version."
            )
        if not _ID.fullmatch(self.id):
            raise FormatError(f"{where} names no valid id. Build it again.")
        for path, file in self.files.items():
            if not _is_inside(path):
                raise FormatError(
                    f"{where} names {path!r}, which is not inside its directory. Do not use it."
                )
            if not _ID.fullmatch(file.sha256) or file.bytes < 0:
                raise FormatError(f"{where} gives no valid digest for {path!r}. Build it again.")


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path)
    is_odd = path == MANIFEST or "\\" in path or "\0" in path
    return not (is_odd or parts.is_absolute() or ".." in parts.parts)


def digest_of(value: Any) -> str:
    """SHA-256 (hex) of a JSON value in canonical form: keys sorted, no spaces, UTF-8."""
    text = json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_sealed(directory: Path) -> bool:
    """Whether the directory carries a manifest (that it holds, `check_seal` says)."""
    return (directory / MANIFEST).is_file()


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a sealed directory, without looking at its files.

    Raises:
        FormatError: there is none, or it cannot be read.
    """
    path = directory / MANIFEST
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise FormatError(
            f"{directory} is not sealed: it has no {MANIFEST}. Build it again."
        ) from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror}). Look at it.") from error
    return Manifest.from_json(text, path)


def check_seal(directory: Path, *, sizes_only: bool = False) -> Manifest:
    """Check every file against the manifest; `sizes_only` skips the digests.

    Raises:
        FormatError: naming the first file that is missing, of another size, or of other content.
    """
    manifest = read_manifest(directory)
    paths = {directory / name: seal for name, seal in manifest.files.items()}
    for path, seal in paths.items():
        if not path.is_file():
            raise FormatError(
                f"{path} is missing; {_short(manifest)} is broken. Fetch or build it again."
            )
        if (size := path.stat().st_size) != seal.bytes:
            raise FormatError(
                f"{path} has {size:,} bytes where its seal says {seal.bytes:,}. Fetch or build it"
                " again."
            )
    for path, digest in () if sizes_only else _digests(paths):
        if digest != paths[path].sha256:
            raise FormatError(f"{path} was changed after it was sealed. Fetch or build it again.")
    return manifest


def _digests(paths: Collection[Path]) -> Iterator[tuple[Path, str]]:
    """The digest of every file: several are read at a time."""
    with ThreadPoolExecutor(READERS) as pool:
        yield from zip(paths, pool.map(digest_of_file, paths), strict=True)


def _short(manifest: Manifest) -> str:
    return f"{manifest.kind} {manifest.id[:12]}"


def seal(
    directory: Path,
    *,
    kind: str,
    id: str,
    made_from: Mapping[str, Any],
    known: Mapping[str, FileSeal] = MappingProxyType({}),
) -> Manifest:
    """Flush every file of a finished directory, make all readable, and write its manifest last.

    `known` are files that are those of a sealed directory, linked and checked just now: they are
    not read again.
    """
    files, unread = {}, {}
    for path in sorted(p for p in directory.rglob("*") if not p.is_dir()):
        if path.is_symlink():
            raise FormatError(
                f"{path} is a link; a sealed directory holds plain files only. Copy the file"
                " instead."
            )
        if (name := path.relative_to(directory).as_posix()) != MANIFEST:
            path.chmod(0o644)
            if name in known:
                files[name] = known[name]
            else:
                unread[path] = name
                _flush(path)
    for path, digest in _digests(unread):
        files[unread[path]] = FileSeal(digest, path.stat().st_size)
    for path in (p for p in directory.rglob("*") if p.is_dir()):
        path.chmod(0o755)
        flush_directory(path)
    manifest = Manifest(FORMAT, kind, id, made_from, files, now())
    write_atomically(directory / MANIFEST, manifest.to_json() + "\n")
    return manifest


def write_atomically(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old text or the new one, never half of it."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")
        draft.chmod(0o644)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft that the block writes; it takes the place of `path` when the block ends well."""
    with draft_of(path) as draft:
        yield draft
        _flush(draft)
        draft.replace(path)
    flush_directory(path.parent)


@contextlib.contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """A name for a draft of `path` on the same disk, removed after the block.

    No other writer has it: two containers on one volume have the same process ids. It has no
    suffix by which what a power cut left could be taken for a report.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        yield Path(folder) / "draft"


def link_or_copy(source: Path, target: Path) -> None:
    """Put a sealed file into a new directory: a hard link, or a copy across file systems."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def flush_directory(path: Path) -> None:
    """Make renames and new names in a directory survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
