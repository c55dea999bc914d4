"""A store with two releases of a few tools, the second of which is live in `prod`."""

from __future__ import annotations

import pytest

from release_format.items import Item
from release_format.release import ENCODER, Release
from release_format.store.folder import Folder
from tests.searchbar.conftest import RULES, TOOLS, write_release

KRITA = Item("krita", "Krita \x1b[2J", "Paints pictures and retouches photos.", ("graphics",))
LEVELS = {"no_good_match": {"level": 0.25, "score": "confidence"}}


@pytest.fixture(scope="session")
def tools_store(bundled_release: Release, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """`stage` has the older release, `prod` one without gimp and with krita."""
    store = Folder(tmp_path_factory.mktemp("store"))
    items = [[*TOOLS], [*(item for item in TOOLS if item.id != "gimp"), KRITA]]
    for channel, several in zip(("stage", "prod"), items, strict=True):
        release = write_release(
            tmp_path_factory.mktemp("release") / "r",
            several,
            bundled_release.path / ENCODER,
            rules=RULES,
            levels=LEVELS,
        )
        store.switch_channel(channel, release=store.put(release.path), image="sha256:1")
    return store
