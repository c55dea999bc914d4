"""Settings that servers here are started with, each set in a file of its own that only we read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from .layout import HostError, Layout, write_text

MODE, FOLDER_MODE = 0o600, 0o700


def difference(layout: Layout, id: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    """The names by which a kept set (none: "") differs from what is wanted."""
    kept = _read(layout, id) if id else {}
    if kept is None:
        return {"known": False, "added": sorted(wanted), "changed": [], "gone": []}
    return {
        "known": True,
        "added": sorted(wanted.keys() - kept.keys()),
        "changed": sorted(name for name in wanted.keys() & kept if wanted[name] != kept[name]),
        "gone": sorted(kept.keys() - wanted.keys()),
    }


def keep(
    layout: Layout, id: str, wanted: Mapping[str, str], others: Collection[str]
) -> dict[str, Any]:
    """Keep a set for the Docker client to read, and no others than these."""
    for name, value in wanted.items():
        if "\n" in value or "=" in name:
            raise HostError(f"{name} is no line of a file. Mend it where the settings are kept.")
    layout.settings.mkdir(mode=FOLDER_MODE, exist_ok=True)
    layout.settings.chmod(FOLDER_MODE)
    text = "".join(f"{name}={value}\n" for name, value in sorted(wanted.items()))
    write_text(_path(layout, id), text, MODE)
    forget(layout, [id, *others])
    return {"settings": id}


def forget(layout: Layout, keep: Collection[str]) -> None:
    """Remove every set that is not kept, and drafts of killed writers."""
    if layout.settings.is_dir():
        kept = {_path(layout, id) for id in keep if id}
        for path in layout.settings.iterdir():
            if path not in kept:
                path.unlink(missing_ok=True)


def _read(layout: Layout, id: str) -> dict[str, str] | None:
    try:
        text = _path(layout, id).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return dict(line.split("=", 1) for line in text.split("\n") if line)


def _path(layout: Layout, id: str) -> Path:
    if not id.isalnum():
        raise HostError(f"{id!r} names no settings. Look at the labels of the containers here.")
    return layout.settings / f"{id}.env"
