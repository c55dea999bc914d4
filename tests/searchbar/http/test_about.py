"""What everybody may read of the release that is live."""

from __future__ import annotations

import json
from typing import Any

import pytest
from babel import Locale as Cldr
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.items import Item
from release_format.release import LEXICAL, VERDICT
from release_format.verdict import Verdict
from searchbar.engine import Engine
from searchbar.http.app import create_app
from searchbar.page.language_names import NAMES
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
        text = client.get("/gates").text
    assert shown in text
    assert ("<dt>Texts</dt>" in text) == (quality != "?" and "?" not in str(quality))


COUNTED = {
    "texts": {"empty": 1, "title_only": 2},
    "level": {"judged": 20, "false_reject": 0.07, "false_accept": 0.1},
}


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "en",
            [
                "<dd>3</dd>",
                '<bdi lang="fr">français</bdi> <span class="dim">2</span>',
                '<bdi lang="xx">xx</bdi> <span class="dim">1</span>',
                "Entries that say little more than their name: 3.",
                "have an answer here, 7% are told",
                "something else, 10% are answered",
                '<bdi lang="fr">français</bdi>: here words are found better',
            ],
        ),
        ("de", ["In diesen Sprachen", "heißt es bei 7\xa0%, dass nichts passt", ">Deutsch<"]),
    ],
)
def test_visitors_are_told_what_stands_behind_the_answers(
    make_release: MakeRelease, locale: str, said: list[str]
) -> None:
    made = [("a", "fr"), ("b", "fr"), ("c", "xx")] if locale == "en" else [("a", "de")]
    release = make_release([Item(id, "Lampe", "Une lampe.", language=code) for id, code in made])
    gate = Verdict("quality", release.id, "", [], {"quality": COUNTED})
    (release.path / VERDICT).write_text(gate.to_json(), encoding="utf-8")
    languages = release.path / LEXICAL / "languages.json"
    told = {**json.loads(languages.read_bytes()), "meaning": {"fr": 0.5, "en": 1.0}}
    languages.write_text(json.dumps(told), encoding="utf-8")
    app = create_app(Engine.open(release), ServerSettings(locale=locale))
    with TestClient(app) as client:
        text = client.get("/about").text
    assert [sentence for sentence in said if sentence not in text] == []
    assert '<a href="gates">' in text


@pytest.mark.parametrize("quality", ["?", {"texts": "?", "level": []}, {"level": {"judged": 19}}])
def test_what_nobody_measured_is_not_told(make_release: MakeRelease, quality: Any) -> None:
    release = make_release([Item("a", "Lampe", "Une lampe.", language="fr")])
    gate = Verdict("quality", release.id, "", [], {"quality": quality})
    (release.path / VERDICT).write_text(gate.to_json(), encoding="utf-8")
    with TestClient(create_app(Engine.open(release), ServerSettings())) as client:
        text = client.get("/about").text
    assert "What stands in none of them" in text
    assert "%" not in text
    assert "say little more" not in text


@pytest.mark.parametrize("code", NAMES)
def test_languages_are_called_as_they_call_themselves(code: str) -> None:
    assert Cldr.parse(code).languages[code] == NAMES[code]
