"""Hits: what is shown of an item."""

from __future__ import annotations

from typing import Any

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.query.question import Question


def test_a_hit_by_meaning_shows_the_sentence_that_is_nearest(make_release: Any) -> None:
    about = (
        "Written in portable C by a number of volunteers around the world since 1998, and kept up"
        " to date ever since. It takes still pictures and makes them smaller. The website has news,"
        " a list of all those who took part, and an archive of every version there was since the"
        " first."
    )
    engine = Engine.open(make_release([Item("x", "Xyz", about)]))
    hit = engine.search(Question("shrink photographs")).hits[0]
    assert hit.matched == "meaning"
    assert hit.snippet == "… It takes still pictures and makes them smaller. …"
