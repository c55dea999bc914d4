"""Snapshots by the name that a person gives: an id, a path, a channel, or latest."""

from __future__ import annotations

from pathlib import Path

from data_checks.errors import CatalogueError
from release_format.exit_codes import USAGE
from release_format.release import KIND as RELEASE
from release_format.release import SNAPSHOT as SNAPSHOT_FOLDER
from release_format.seal import FormatError, is_sealed, read_manifest
from release_format.snapshot import KIND, Snapshot
from release_format.store.base import Store


def named_snapshot(store: Store, name: str) -> Snapshot:
    """The snapshot of a release, of a channel's release, or a snapshot itself; its seal checked.

    Raises:
        CatalogueError: nothing goes by that name.
        FormatError: its seal does not hold.
    """
    path = Path(name)
    if not is_sealed(path):
        path = _in_store(store, name)
    if read_manifest(path).kind == RELEASE:
        path = path / SNAPSHOT_FOLDER
    return Snapshot.open(path)


def _in_store(store: Store, name: str) -> Path:
    try:
        return store.path(RELEASE, name)
    except FormatError as error:
        if error.exit_code != USAGE:
            raise
        try:
            return store.path(KIND, name)
        except FormatError as neither:
            if neither.exit_code != USAGE:
                raise
            raise CatalogueError(
                f"neither a release nor a snapshot is called {name!r}, and nothing was rolled out"
                f" to an environment of that name. Say `latest` for what was built last. {neither}",
                USAGE,
            ) from None
