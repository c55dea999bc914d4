"""Store behind an address that fsspec knows, such as `s3://bucket/prefix`."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import USAGE
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
from release_format.unsealed import unsealed


class Bucket(Store):
    """A store behind fsspec.

    Files lie under their digest; the manifest comes last, created once, never replaced.
    """

    def __init__(self, url: str, cache: Path | None = None) -> None:
        # A server and a folder of releases go without fsspec.
        import fsspec

        # Listings are never cached: another machine may have written a moment ago.
        self._fs, self._root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        self._cache = cache or Path(read_settings(LineSettings).store_cache)

    def ids(self, kind: str) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            entries = self._fs.find(self._at(f"{kind}s"), maxdepth=2, detail=True)
            seals = [
                (str(entry.get("LastModified", "")), path)
                for path, entry in entries.items()
                if path.endswith(MANIFEST)
            ]
            return [path.rsplit("/", 2)[-2] for _, path in sorted(seals)]
        return []

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
        for name, file in manifest.files.items():
            blob = self._at(f"blobs/{file.sha256}")
            if not self._fs.exists(blob):
                self._fs.put_file(str(directory / name), blob)
        self._create(f"{kind}s/{id}/{MANIFEST}", (directory / MANIFEST).read_text(encoding="utf-8"))
        sealed = self._read(f"{kind}s/{id}/{MANIFEST}")
        if sealed is None or Manifest.from_json(sealed).files != manifest.files:
            # Somebody sealed other bytes under this id first: that is the release, here too.
            shutil.rmtree(directory)

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
