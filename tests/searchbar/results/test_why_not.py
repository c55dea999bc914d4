"""Every reason why an item is not among the hits, told apart."""

from __future__ import annotations

from typing import Any

import pytest

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.query.question import Question


@pytest.mark.parametrize(
    ("question", "id", "reason", "facts"),
    [
        (Question("video"), "nope", "unknown", {}),
        (Question("video"), "broken-1", "quarantined", {"rule": "title-or-description"}),
        (Question("video"), "ffmpeg-doc", "hidden", {}),
        (
            Question("gimp", filters={"topic": ["!graphics"]}),
            "gimp",
            "filtered",
            {"filters": ["topic"], "rank_without": 1},
        ),
        (Question('"text editor"'), "gimp", "phrase", {}),
        (Question("edit pictures"), "gimp", "found", {"rank": 1}),
        (Question("text editor", k=1), "vim", "outranked", {"rank": 2}),
        (Question("edit pictures", k=1), "sku-48291", "below the level", {}),
    ],
)
def test_each_reason(
    tools: Engine, question: Question, id: str, reason: str, facts: dict[str, Any]
) -> None:
    why = tools.why_not(question, id)
    assert (why["reason"], why["id"], why["query"]) == (reason, id, question.text)
    assert {name: why[name] for name in facts} == facts
    assert why["sentence"].endswith(".")


def test_how_far_below_the_level(tools: Engine) -> None:
    why = tools.why_not(Question("edit pictures", k=1), "sku-48291")
    assert why["below"] == pytest.approx(0.25 - why["confidence"], abs=1e-5)


def test_beyond_the_set_it_tells_the_rank_by_meaning(make_release: Any) -> None:
    items = [Item(f"p{n:03}", f"Photo tool {n}", "Edits photos.") for n in range(230)] + [
        Item("tax", "Tax forms")
    ]
    why = Engine.open(make_release(items)).why_not(Question("edit photos"), "tax")
    assert (why["reason"], why["rank"], why["dense_rank"]) == ("outranked", None, 231)
