"""What everybody may read of the release that is live."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.items import Item
from release_format.release import VERDICT
from release_format.verdict import Verdict
from searchbar.engine import Engine
from searchbar.http.app import create_app
from tests.searchbar.conftest import MakeRelease

SAID = {"texts": {"said": "9 items."}, "languages": {"said": "fr: words count double <b>."}}

# Whatever the page's language is.
ENGLISH = '<dd lang="en" dir="ltr">'


@pytest.mark.parametrize(
    ("quality", "shown"),
    [
        (
            SAID,
            f"<dt>Texts</dt>{ENGLISH}9 items. fr: words count double &lt;b&gt;.</dd>",
        ),
        (
            {"languages": SAID["languages"]},
            f"{ENGLISH}fr: words count double &lt;b&gt;.</dd>",
        ),
        (
            {"texts": SAID["texts"], "languages": {"said": ""}},
            f"<dt>Texts</dt>{ENGLISH}9 items.</dd>",
        ),
        ({"texts": ["nothing"], "languages": "?"}, "<dt>Encoder</dt>"),
        ("?", "<dt>Encoder</dt>"),
    ],
)
def test_it_says_what_texts_and_languages_the_build_saw(
    make_release: MakeRelease, quality: Any, shown: str
) -> None:
    release = make_release([Item("a", "Lampe", "Une lampe.", language="fr")])
    gate = Verdict("quality", release.id, "", [], {"quality": quality})
    (release.path / VERDICT).write_text(gate.to_json(), encoding="utf-8")
    with TestClient(create_app(Engine.open(release), ServerSettings())) as client:
        text = client.get("/about").text
    assert shown in text
    assert ("<dt>Texts</dt>" in text) == (quality != "?" and "?" not in str(quality))
