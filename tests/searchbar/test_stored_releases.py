"""Which releases a store has, and that an earlier one is served again."""

from __future__ import annotations

from pathlib import Path

import pytest

from release_format.release import Release
from release_format.store.folder import Folder
from searchbar.stored_releases import stored_releases

V1, V2 = (Path(__file__).parents[1] / "formats" / name for name in ("v1", "v2"))


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    """Two releases: the older one is live everywhere, and prod turned back from the newer."""
    store = Folder(tmp_path / "store")
    older, newer = store.put(V1), store.put(V2)
    store.switch_channel("stage", release=older, image="sha256:1")
    store.switch_channel("prod", release=older, image="sha256:1", hold=[newer])
    return store


def test_the_newest_comes_first_with_what_its_manifest_tells(store: Folder) -> None:
    newer, older = stored_releases(store)
    opened = [Release.open(path) for path in (V2, V1)]
    assert [r.release for r in (newer, older)] == [release.id for release in opened]
    assert [r.items for r in (newer, older)] == [len(release.items) for release in opened]
    assert newer.snapshot == opened[0].manifest.made_from["snapshot"]
    assert newer.created_at == opened[0].manifest.created_at
    assert (newer.latest, newer.channels, newer.held_in) == (True, [], ["prod"])
    assert (older.latest, older.channels, older.held_in) == (False, ["prod", "stage"], [])


def test_only_manifests_are_read(store: Folder) -> None:
    """A bucket's releases would be fetched whole."""
    for path in (store.root / "releases").rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            path.unlink()
    assert [release.items for release in stored_releases(store)] == [
        len(Release.open(path).items) for path in (V2, V1)
    ]


def test_a_store_without_a_release_has_none(tmp_path: Path) -> None:
    assert stored_releases(Folder(tmp_path)) == []
