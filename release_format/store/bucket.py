"""Store behind an address that fsspec knows, such as `s3://bucket/prefix`."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import USAGE
from release_format.run_log import now
from release_format.seal import (
    MANIFEST,
    FormatError,
    Manifest,
    check_seal,
    digest_of_file,
    is_sealed,
    link_or_copy,
    read_manifest,
    replacing,
)
from release_format.store.base import Store
from release_format.store.filesystem import filesystem_of
from release_format.store.unsealed import remove_sealed, unsealed

# A mark that lies in the store while somebody sweeps it, for at most so many seconds.
SWEEPING, SWEEP_SECONDS = "sweeping.json", 300.0


class Bucket(Store):
    """A store behind fsspec.

    Files lie under their digest; the manifest comes last, created once, never replaced.
    """

    def __init__(self, url: str, cache: Path | None = None) -> None:
        self._fs, self._root = filesystem_of(url)
        self._cache = cache or Path(read_settings(LineSettings).store_cache)

    def ids(self, kind: str) -> list[str]:
        seals = [
            (_modified(entry), path)
            for path, entry in self._find(f"{kind}s", 2).items()
            if path.endswith(f"/{MANIFEST}")
        ]
        return [path.rsplit("/", 2)[-2] for _, path in sorted(seals)]

    @contextlib.contextmanager
    def staging(self, kind: str) -> Iterator[Path]:
        written: list[Manifest] = []
        with unsealed(self._cache / f"{kind}s") as directory:
            yield directory
            written.append(read_manifest(directory))
        self._upload(kind, written[0].id)

    def _upload(self, kind: str, id: str) -> None:
        directory = self._cache / f"{kind}s" / id
        manifest = read_manifest(directory)
        self._put_missing(directory, manifest)
        self._create(f"{kind}s/{id}/{MANIFEST}", (directory / MANIFEST).read_text(encoding="utf-8"))
        # A sweep that read the seals before this one was there may have taken files that it names.
        self._wait_for_sweep()
        self._put_missing(directory, manifest)
        sealed = self._read(f"{kind}s/{id}/{MANIFEST}")
        if sealed is None or Manifest.from_json(sealed).files != manifest.files:
            # Somebody sealed other bytes under this id first: that is the release, here too.
            shutil.rmtree(directory)

    def _put_missing(self, directory: Path, manifest: Manifest) -> None:
        for name, file in manifest.files.items():
            blob = self._at(f"blobs/{file.sha256}")
            if not self._fs.exists(blob):
                self._fs.put_file(str(directory / name), blob)

    def _wait_for_sweep(self) -> None:
        """Wait while another sweeps; one that was killed is given up, and its mark removed."""
        deadline = time.monotonic() + 2 * SWEEP_SECONDS
        while self._fs.exists(self._at(SWEEPING)):
            if time.monotonic() > deadline:
                self._delete(SWEEPING)
                return
            time.sleep(min(1.0, SWEEP_SECONDS))

    def remove(self, kind: str, id: str) -> None:
        # Without its seal it is not there; its files go with the next sweep.
        self._delete(f"{kind}s/{id}/{MANIFEST}")
        if is_sealed(copy := self._cache / f"{kind}s" / id):
            remove_sealed(copy)

    def sweep(self, seconds: float = 86_400.0) -> int:
        if not self._create(SWEEPING, json.dumps({"at": now()})):
            raise FormatError(
                f"somebody else sweeps the store {self._root}. Run this again in ten minutes; if it"
                f" was killed, delete {self._root}/{SWEEPING}."
            )
        try:
            return self._sweep_blobs(seconds, time.monotonic() + SWEEP_SECONDS)
        finally:
            self._delete(SWEEPING)

    def _sweep_blobs(self, seconds: float, deadline: float) -> int:
        """Delete the old files that no seal names, until it is time to look at the seals again."""
        named, swept = self._named_blobs(), 0
        oldest = datetime.now(UTC) - timedelta(seconds=seconds)
        for path, entry in self._find("blobs", 1).items():
            digest = path.rpartition("/")[2]
            if digest in named or _modified(entry) > oldest:
                continue
            if time.monotonic() > deadline:
                break
            self._delete(f"blobs/{digest}")
            swept += 1
        return swept

    def _named_blobs(self) -> set[str]:
        """The digests of all files that any seal of any kind names."""
        named = set()
        for folder in set(self._names("")) - {"blobs", "channels", "records"}:
            for path in self._find(folder, 2):
                if path.endswith(f"/{MANIFEST}"):
                    manifest = Manifest.from_json(self._fs.cat_file(path), path)
                    named |= {file.sha256 for file in manifest.files.values()}
        return named

    def _find(self, folder: str, depth: int) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError):
            entries: dict[str, Any] = self._fs.find(self._at(folder), maxdepth=depth, detail=True)
            return entries
        return {}

    def _delete(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(self._at(name))

    def _local(self, kind: str, id: str) -> Path:
        directory = self._cache / f"{kind}s" / id
        if is_sealed(directory):
            return directory
        text = self._read(f"{kind}s/{id}/{MANIFEST}")
        if text is None:
            raise FormatError(
                f"{kind} {id[:12]} is not in the store {self._root}. {self._offer(kind)}", USAGE
            )
        manifest = Manifest.from_json(text, f"{self._root}/{kind}s/{id}/{MANIFEST}")
        with unsealed(directory.parent) as copy:
            for name, file in manifest.files.items():
                link_or_copy(self._blob(file.sha256), copy / name)
            (copy / MANIFEST).write_bytes(text)
            check_seal(copy, sizes_only=True)
        return directory

    def _blob(self, sha256: str) -> Path:
        path = self._cache / "blobs" / sha256
        if not path.is_file():
            with replacing(path) as draft:
                self._fs.get_file(self._at(f"blobs/{sha256}"), str(draft))
                if digest_of_file(draft) != sha256:
                    raise FormatError(
                        f"{self._root}/blobs/{sha256} is damaged. Delete it there and build again."
                    )
                draft.chmod(0o644)
        return path

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _read(self, name: str) -> bytes | None:
        with contextlib.suppress(FileNotFoundError):
            content: bytes = self._fs.cat_file(self._at(name))
            return content
        return None

    def _create(self, name: str, text: str) -> bool:
        try:
            self._fs.pipe_file(self._at(name), text.encode(), mode="create")
        except FileExistsError:
            return False
        except OSError as error:
            # S3 has a code for it; its file system has none, and keeps S3's error as the cause.
            match getattr(error.__cause__, "response", None):
                case {"Error": {"Code": "PreconditionFailed" | "ConditionalRequestConflict"}}:
                    return False
            raise
        return True

    def _write(self, name: str, text: str) -> None:
        self._fs.pipe_file(self._at(name), text.encode())

    def _names(self, folder: str) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            paths: list[Any] = self._fs.ls(self._at(folder), detail=False)
            return [str(path).rstrip("/").rsplit("/", 1)[-1] for path in paths]
        return []


def _modified(entry: Mapping[str, Any]) -> datetime:
    """When a file of a bucket was last written; now, where its file system does not tell."""
    for key in ("LastModified", "last_modified", "updated", "mtime", "created"):
        moment = entry.get(key)
        if isinstance(moment, int | float):
            return datetime.fromtimestamp(moment, UTC)
        if isinstance(moment, str):
            with contextlib.suppress(ValueError):
                moment = datetime.fromisoformat(moment)
        if isinstance(moment, datetime):
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.now(UTC)
