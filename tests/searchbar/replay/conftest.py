"""A release of the same tools after a change of the catalogue."""

from __future__ import annotations

import pytest

from release_format.items import Item
from release_format.release import Release
from searchbar.engine import Engine
from tests.searchbar.conftest import RULES, TOOLS, MakeRelease

KRITA = Item("krita", "Krita", "Paints pictures and retouches photos, in layers.", ("graphics",))


@pytest.fixture(scope="session")
def changed_release(make_release: MakeRelease) -> Release:
    """Without gimp, which a rule of admission refuses now, and with krita; another level."""
    refused = [{"id": "gimp", "rule": "title-length", "reason": "its title is too short."}]
    return make_release(
        [*(item for item in TOOLS if item.id != "gimp"), KRITA],
        rules=RULES,
        quarantine=refused,
        levels={"no_good_match": {"level": 0.3, "score": "confidence"}},
    )


@pytest.fixture(scope="session")
def changed(changed_release: Release) -> Engine:
    return Engine.open(changed_release)
