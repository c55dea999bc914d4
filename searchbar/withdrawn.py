"""Here is a list that changes while we serve: give me the ids that must not be shown."""

from __future__ import annotations

from pathlib import Path

from searchbar.errors import Cause, SearchError


class Withdrawn:
    """Ids taken back after the release was made, one a line; read again whenever the file changes.

    A list that vanishes or cannot be read keeps its last content: an accident must not show what was taken back.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self.ids: frozenset[str] = frozenset()
        self.number = 0
        if path is not None and not self.refresh():
            what = "Write it (empty will do) or unset SEARCHBAR_WITHDRAWN."
            raise SearchError(Cause.BAD_SETTING, f"the list of withdrawn ids {path} cannot be read. {what}")

    def refresh(self) -> bool:
        """Read the list if it changed; `number` counts the changes. False when it cannot be read."""
        if self._path is None:
            return True
        try:
            state = self._path.stat()
            now = (state.st_mtime_ns, state.st_size, state.st_ino)
            if now != self._seen:
                lines = self._path.read_text(encoding="utf-8").splitlines()
                self.ids = frozenset(line.strip() for line in lines if line.strip())
                self._seen, self.number = now, self.number + 1
        except (OSError, UnicodeDecodeError):
            return False
        return True
