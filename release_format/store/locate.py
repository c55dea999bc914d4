"""Opens the store that an address, a setting or the default names."""

from __future__ import annotations

from pathlib import Path

from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.store.base import Store
from release_format.store.bucket import Bucket
from release_format.store.folder import Folder


def open_store(url: str | Path | None = None) -> Store:
    """The store in a folder or at an address (`s3://bucket/prefix`).

    Without `url`, SEARCHBAR_STORE names it, or else it is var/store.
    """
    address = str(url or read_settings(LineSettings).store)
    return Bucket(address) if "://" in address else Folder(Path(address))
