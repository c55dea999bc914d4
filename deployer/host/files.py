"""Here are files named by their content: tell what is missing, take it in, and lay out a release from them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import IO, Any

from .rooms import HostError, Rooms, note, write_text

RANGE = 16 * 1024 * 1024


def missing(rooms: Rooms, wanted: dict[str, int]) -> dict[str, Any]:
    """Of the wanted files (digest → bytes): which are not here, and what half-sent ones already hold.

    Every file is read again: one that was tampered with on this host counts as missing, and is set aside.
    """
    absent = [digest for digest, size in wanted.items() if not _holds(rooms, digest, size)]
    begun = {d: ranges(rooms.incoming / d) for d in absent if (rooms.incoming / d).is_file()}
    return {"missing": absent, "begun": begun}


def _holds(rooms: Rooms, digest: str, size: int) -> bool:
    path = rooms.objects / digest
    if not path.is_file():
        return False
    if path.stat().st_size == size and _digest(path) == digest:
        return True
    note(rooms, "tampered file set aside", file=digest)
    path.unlink()
    return False


def _digest(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            hashed.update(part)
    return hashed.hexdigest()


def ranges(path: Path) -> list[str]:
    """The SHA-256 of each 16 MiB range, so that an upload that was cut goes on where it stopped."""
    found = []
    with path.open("rb") as file:
        while part := file.read(RANGE):
            found.append(hashlib.sha256(part).hexdigest())
    return found


def reserve(rooms: Rooms, wanted: dict[str, int]) -> None:
    """Reserve the room of every file before its first byte, so that a full disk is noticed before and not halfway."""
    made = []
    try:
        for digest, size in wanted.items():
            path = rooms.incoming / digest
            if not path.exists():
                made.append(path)
            with path.open("ab") as file:
                os.ftruncate(file.fileno(), size)
                if size:
                    os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        for path in made:
            path.unlink()
        raise HostError(
            f"no room for {sum(wanted.values()):,} bytes ({error.strerror}). Run prune, or free some space."
        ) from error


def receive(rooms: Rooms, stream: IO[bytes]) -> int:
    """Write the ranges that come in: one JSON line each (file, offset, bytes), then the bytes."""
    received = 0
    while head := stream.readline():
        part = json.loads(head)
        with (rooms.incoming / part["file"]).open("r+b") as file:
            file.seek(part["offset"])
            left = part["bytes"]
            while left:
                data = stream.read(min(left, 1 << 20))
                if not data:
                    raise HostError(
                        "the connection ended within a file; what arrived is kept. Run it again to go on."
                    )
                file.write(data)
                left -= len(data)
        received += part["bytes"]
    return received


def accept(rooms: Rooms, wanted: dict[str, int]) -> None:
    """Check every file that came in against its name, flush it, and rename it into place."""
    for digest, size in wanted.items():
        path = rooms.incoming / digest
        if path.stat().st_size != size or _digest(path) != digest:
            raise HostError(f"{digest[:12]} did not arrive whole. Run it again; only what is wrong is sent again.")
        path.chmod(0o644)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(rooms.objects / digest)
    _flush(rooms.objects)


def lay_out(rooms: Rooms, id: str, manifest: str) -> str:
    """Make the release directory of links to its files, manifest last; other bytes under a known id are refused."""
    files = {name: seal["sha256"] for name, seal in json.loads(manifest)["files"].items()}
    final = rooms.releases / id
    if (final / "manifest.json").is_file():
        if _files_of(final) != files:
            raise HostError(
                f"release {id[:12]} is already here with other files; the first sealed copy wins. Roll that one out,"
                " or build from other data.", 1,
            )  # fmt: skip
        if all(_same(final / name, rooms.objects / digest) for name, digest in files.items()):
            return "there"
        note(rooms, "release laid out again", release=id)
    work = rooms.releases / f".{id}.{os.getpid()}"
    for name, digest in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(rooms.objects / digest, work / name)
    work.mkdir(parents=True, exist_ok=True)
    write_text(work / "manifest.json", manifest)
    for path in (work, *(p for p in work.rglob("*") if p.is_dir())):
        path.chmod(0o755)
        _flush(path)
    old = work.with_name(f"{work.name}.old")
    if final.exists():
        # A slot may answer from it: it keeps what it opened, and finds the new files when it starts again.
        final.replace(old)
    work.replace(final)
    _flush(rooms.releases)
    shutil.rmtree(old, ignore_errors=True)
    return "laid out"


def _flush(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files_of(directory: Path) -> dict[str, str]:
    manifest = json.loads((directory / "manifest.json").read_bytes())
    return {name: seal["sha256"] for name, seal in manifest["files"].items()}


def _same(path: Path, held: Path) -> bool:
    return path.is_file() and held.is_file() and path.stat().st_ino == held.stat().st_ino


def releases(rooms: Rooms) -> list[str]:
    """The ids of all whole releases here, oldest first."""
    if not rooms.releases.is_dir():
        return []
    whole = [p for p in rooms.releases.iterdir() if not p.name.startswith(".") and (p / "manifest.json").is_file()]
    return [p.name for p in sorted(whole, key=lambda p: (p.stat().st_mtime_ns, p.name))]


def probes(rooms: Rooms, id: str) -> dict[str, Any]:
    """The probes that a release here carries; they are all that a host is asked about a release's inside."""
    path = rooms.releases / id / "probes.json"
    try:
        return {"probes": json.loads(path.read_bytes())}
    except (OSError, ValueError) as error:
        raise HostError(f"release {id[:12]} is not whole here ({error}). Roll it out by name.") from error


def prune(rooms: Rooms, keep: list[str], keep_objects: set[str]) -> dict[str, Any]:
    """Remove every release that is not kept, then every file that nothing links to any more."""
    gone = [id for id in releases(rooms) if id not in keep]
    for path in rooms.releases.iterdir():
        if path.name in gone or path.name.startswith("."):
            shutil.rmtree(path)
    freed = 0
    for path in (*rooms.incoming.iterdir(), *rooms.objects.iterdir()):
        seen = path.stat()
        if seen.st_nlink == 1 and path.name not in keep_objects:
            freed += seen.st_size
            path.unlink()
    note(rooms, "pruned", releases=gone, bytes=freed)
    return {"releases": gone, "bytes": freed}
