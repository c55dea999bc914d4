"""Files named by their digest: received in ranges, checked, and linked into releases."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

from .layout import (
    HostError,
    Layout,
    flush,
    is_full,
    note,
    parse_json,
    stale_drafts,
    write_text,
)

RANGE = 16 * 1024 * 1024
# Alone: this rollout still holds the lock, and nobody can take it while the block runs. What a
# dead deployer began must end when the next one has the lock.
Alone = Callable[[], AbstractContextManager[None]]


def missing(layout: Layout, sizes: dict[str, int]) -> dict[str, Any]:
    """Of files (digest → bytes): which are missing, and which ranges have arrived.

    Every file is read again: one that was tampered with on this host is missing.
    """
    absent = [digest for digest, size in sizes.items() if not _holds(layout, digest, size)]
    begun = {d: ranges(layout.incoming / d) for d in absent if (layout.incoming / d).is_file()}
    return {"missing": absent, "begun": begun}


def _holds(layout: Layout, digest: str, size: int) -> bool:
    path = layout.objects / digest
    if not path.is_file():
        return False
    return path.stat().st_size == size and _digest(path) == digest


def _digest(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            hashed.update(part)
    return hashed.hexdigest()


def ranges(path: Path) -> list[str]:
    """The SHA-256 of each 16 MiB range, so that an upload that was cut goes on where it stopped."""
    digests = []
    with path.open("rb") as file:
        while part := file.read(RANGE):
            digests.append(hashlib.sha256(part).hexdigest())
    return digests


def reserve(layout: Layout, sizes: dict[str, int]) -> None:
    """Reserve the disk of every file before its first byte: a full disk is noticed at once."""
    created = []
    try:
        for digest, size in sizes.items():
            path = layout.incoming / digest
            if not path.exists():
                created.append(path)
            with path.open("ab") as file:
                os.ftruncate(file.fileno(), size)
                if size:
                    os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        for path in created:
            path.unlink()
        raise _no_room(f"{sum(sizes.values()):,} bytes", error) from error


def _no_room(what: str, error: OSError) -> HostError:
    return HostError(f"no room for {what} ({error.strerror}). Run prune, or free some space.")


def receive(layout: Layout, stream: IO[bytes]) -> int:
    """Write the ranges that come in: one JSON line each (file, offset, bytes), then the bytes."""
    received = 0
    while head := stream.readline():
        part = parse_json(head)
        path = layout.incoming / part["file"]
        try:
            _receive_range(path, part["offset"], part["bytes"], stream)
        except OSError as error:
            if not is_full(error):
                raise
            # Some file systems reserve no room: what cannot be finished gives back what it took.
            path.unlink(missing_ok=True)
            raise _no_room(f"{part['file'][:12]}", error) from error
        received += part["bytes"]
    return received


def _receive_range(path: Path, offset: int, left: int, stream: IO[bytes]) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        while left:
            data = stream.read(min(left, 1 << 20))
            if not data:
                raise HostError(
                    "the connection ended within a file; what arrived is kept. Run it again to go"
                    " on."
                )
            file.write(data)
            left -= len(data)


def accept(layout: Layout, sizes: dict[str, int], alone: Alone = nullcontext) -> None:
    """Check every file that came in against its name, flush it, and rename it into place."""
    for digest, size in sizes.items():
        path = layout.incoming / digest
        if path.stat().st_size != size or _digest(path) != digest:
            raise HostError(
                f"{digest[:12]} did not arrive whole. Run it again; only what is wrong is sent"
                " again."
            )
        path.chmod(0o644)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        with alone():
            if (layout.objects / digest).exists():
                note(layout, "tampered file set aside", file=digest)
            path.replace(layout.objects / digest)
    flush(layout.objects)


def lay_out(layout: Layout, id: str, manifest: str, alone: Alone = nullcontext) -> str:
    """Make a release directory of links, manifest last; other bytes under its id are refused."""
    files = _files_in(manifest)
    final = layout.releases / id
    if (final / "manifest.json").is_file():
        if _files_of(final) != files:
            raise HostError(
                f"release {id[:12]} is already here with other files; the first sealed copy wins."
                " Roll that one out, or build from other data.",
                1,
            )
        if all(_is_same(final / name, layout.objects / digest) for name, digest in files.items()):
            return "there"
        note(layout, "release laid out again", release=id)
    try:
        _lay_out_files(layout, files, manifest, final, alone)
    except OSError as error:
        if not is_full(error):
            raise
        _remove_unlinked(layout, files.values())
        raise _no_room(f"release {id[:12]}, which was taken away again", error) from error
    return "laid out"


def _lay_out_files(
    layout: Layout, files: dict[str, str], manifest: str, final: Path, alone: Alone
) -> None:
    work = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=layout.releases))
    try:
        _link_files(layout, files, new := work / "new")
        write_text(new / "manifest.json", manifest)
        for path in (new, *(p for p in new.rglob("*") if p.is_dir())):
            path.chmod(0o755)
            flush(path)
        with alone():
            if final.exists():
                # A slot may answer from it: it keeps what it opened, and finds the new files when
                # it starts again.
                final.replace(work / "old")
            new.replace(final)
        flush(layout.releases)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _remove_unlinked(layout: Layout, digests: Collection[str]) -> None:
    """Remove those of these files that no release holds."""
    for path in (layout.objects / digest for digest in digests):
        if path.exists() and path.stat().st_nlink == 1:
            path.unlink()


def _link_files(layout: Layout, files: dict[str, str], work: Path) -> None:
    work.mkdir()
    for name, digest in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(layout.objects / digest, work / name)


def _files_of(directory: Path) -> dict[str, str]:
    return _files_in((directory / "manifest.json").read_bytes())


def _files_in(manifest: str | bytes) -> dict[str, str]:
    """Name and digest of every file that a manifest names."""
    return {name: seal["sha256"] for name, seal in parse_json(manifest)["files"].items()}


def _is_same(path: Path, other: Path) -> bool:
    return path.is_file() and other.is_file() and path.stat().st_ino == other.stat().st_ino


def releases(layout: Layout) -> list[str]:
    """The ids of all whole releases here, oldest first."""
    return [path.name for path in _sealed(layout) if _is_whole(path)]


def _sealed(layout: Layout) -> list[Path]:
    """The directories of releases, whole or not, oldest first."""
    if not layout.releases.is_dir():
        return []
    sealed = [
        path
        for path in layout.releases.iterdir()
        if not path.name.startswith(".") and (path / "manifest.json").is_file()
    ]
    return sorted(sealed, key=lambda path: (path.stat().st_mtime_ns, path.name))


def _is_whole(directory: Path) -> bool:
    """Whether every file is there in its size; `missing` reads them, before anything starts."""
    try:
        sealed = parse_json((directory / "manifest.json").read_bytes())["files"]
        return all((directory / n).stat().st_size == seal["bytes"] for n, seal in sealed.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def probes(layout: Layout, id: str) -> dict[str, Any]:
    """The probes of a release, the only part of its content that a host is asked for."""
    path = layout.releases / id / "probes.json"
    try:
        return {"probes": parse_json(path.read_bytes())}
    except (OSError, ValueError) as error:
        raise HostError(
            f"release {id[:12]} is not whole here ({error}). Roll it out by name."
        ) from error


def prune(
    layout: Layout, keep: list[str], keep_objects: set[str], alone: Alone = nullcontext
) -> dict[str, Any]:
    """Remove every release that is not kept, then every file that nothing links to any more."""
    removed = [path.name for path in _sealed(layout) if path.name not in keep]
    for work in list(layout.releases.glob(".*")):
        shutil.rmtree(work)
    for id in removed:
        # It loses its name first: whoever dies half-way leaves nothing that looks whole.
        with alone():
            work = (layout.releases / id).replace(layout.releases / f".pruned.{id}")
        shutil.rmtree(work)
    freed = 0
    for path in (*layout.incoming.iterdir(), *layout.objects.iterdir()):
        with alone():
            status = path.stat()
            if status.st_nlink == 1 and path.name not in keep_objects:
                freed += status.st_size
                path.unlink()
    for draft in stale_drafts(layout):
        draft.unlink(missing_ok=True)
    note(layout, "pruned", releases=removed, bytes=freed)
    return {"releases": removed, "bytes": freed}
