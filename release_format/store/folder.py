"""Store in a folder of a file system."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from release_format.exit_codes import USAGE
from release_format.seal import (
    MANIFEST,
    FormatError,
    draft_of,
    flush_directory,
    is_sealed,
    write_atomically,
)
from release_format.store.base import Store
from release_format.store.unsealed import remove_drafts, remove_sealed, unsealed


class Folder(Store):
    """A store in a folder of a file system that its users share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def ids(self, kind: str) -> list[str]:
        folder = self.root / f"{kind}s"
        if not folder.is_dir():
            return []
        sealed = [p for p in folder.iterdir() if not p.name.startswith(".") and is_sealed(p)]
        return [
            p.name
            for p in sorted(sealed, key=lambda p: ((p / MANIFEST).stat().st_mtime_ns, p.name))
        ]

    def staging(self, kind: str) -> contextlib.AbstractContextManager[Path]:
        return unsealed(self._made(f"{kind}s"))

    def remove(self, kind: str, id: str) -> None:
        directory = self._local(kind, id)
        try:
            remove_sealed(directory)
        except OSError as error:
            raise FormatError(
                f"{directory} cannot be removed ({error.strerror}). Let its owner do it."
            ) from error

    def sweep(self, seconds: float = 86_400.0) -> int:
        folders = self.root.iterdir() if self.root.is_dir() else ()
        return sum(remove_drafts(folder, seconds) for folder in folders if folder.is_dir())

    def _local(self, kind: str, id: str) -> Path:
        path = self.root / f"{kind}s" / id
        if not is_sealed(path):
            raise FormatError(
                f"{kind} {id[:12]} is not in the store {self.root}. {self._offer(kind)}", USAGE
            )
        return path

    def _read(self, name: str) -> bytes | None:
        with contextlib.suppress(FileNotFoundError):
            return (self.root / name).read_bytes()
        return None

    def _create(self, name: str, text: str) -> bool:
        path = self.root / name
        self._made(Path(name).parent)
        with draft_of(path) as draft:
            write_atomically(draft, text)
            try:
                os.link(draft, path)
            except FileExistsError:
                # A network's file system whose answer was lost asks again, and meets its own link.
                if draft.stat().st_nlink == 1:
                    return False
        flush_directory(path.parent)
        return True

    def _write(self, name: str, text: str) -> None:
        self._made(Path(name).parent)
        write_atomically(self.root / name, text)

    def _made(self, name: str | Path) -> Path:
        """A folder of the store, made where it is missing.

        All who share the store can read what is in it, whatever the umask of whoever made it.
        """
        folder = self.root / name
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for path in missing:
            if path.is_relative_to(self.root):
                path.chmod(path.stat().st_mode | 0o055)
        return folder

    def _names(self, folder: str) -> list[str]:
        path = self.root / folder
        return (
            [p.name for p in path.iterdir() if not p.name.startswith(".")] if path.is_dir() else []
        )
