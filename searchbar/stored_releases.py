"""The releases of a store: when each was built, of what, and who has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from release_format.release import KIND, SNAPSHOT
from release_format.store.base import Store

# Where each item begins, and where the last one ends: 64 bits each.
OFFSETS, OFFSET_BYTES = f"{SNAPSHOT}/items.offsets", 8


@dataclass(frozen=True)
class StoredRelease:
    """A release as its manifest tells of it.

    `channels` are those that were last switched to it, `held_in` those where a rollback left it.
    `latest` is the one that was sealed last, which need not be what is live anywhere.
    """

    release: str
    created_at: str
    items: int
    snapshot: str
    latest: bool
    channels: Sequence[str]
    held_in: Sequence[str]


def stored_releases(store: Store) -> list[StoredRelease]:
    """Every release of a store, the newest first; no more than the manifests is read."""
    ids = store.ids(KIND)
    channels = [channel for name in store.channels() if (channel := store.channel(name))]
    releases = []
    for id in reversed(ids):
        manifest = store.manifest(KIND, id)
        offsets = manifest.files[OFFSETS].bytes if OFFSETS in manifest.files else OFFSET_BYTES
        releases.append(
            StoredRelease(
                release=id,
                created_at=manifest.created_at,
                items=offsets // OFFSET_BYTES - 1,
                snapshot=str(manifest.made_from.get("snapshot", "")),
                latest=id == ids[-1],
                channels=[channel.name for channel in channels if channel.release == id],
                held_in=[channel.name for channel in channels if id in channel.hold],
            )
        )
    return releases
