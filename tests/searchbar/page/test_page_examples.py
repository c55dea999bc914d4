"""Examples on the start page: what a person might type, not sentences that break off."""

from __future__ import annotations

import pytest

from release_format.items import Item
from release_format.probes import Probe
from searchbar.page.examples import examples, is_cut
from tests.searchbar.conftest import MakeRelease

ITEM = Item(
    "a", "Apple pie", "Bakes slowly. With  charm and\nprecision it is served warm", ("pie",)
)


@pytest.mark.parametrize(
    ("question", "cut"),
    [
        ("Bakes slowly", False),
        ("Bakes slowly.", False),
        ("Bakes slowly. With charm and", True),
        ("Bakes slowly. With charm and precision it is served warm", False),
        ("Apple pie", False),
        ("Bake", True),
    ],
)
def test_a_sentence_that_breaks_off_is_told(
    make_release: MakeRelease, question: str, cut: bool
) -> None:
    items = make_release([ITEM]).items
    assert is_cut(items, Probe(question, "a")) == cut
    assert not is_cut(items, Probe(question, "nobody"))


def test_whole_phrases_come_first(make_release: MakeRelease) -> None:
    questions = ["Bakes slowly. With charm and", "pie", "Apple pie with cream", "x" * 60]
    probes = [Probe(question, "a") for question in questions]
    items = make_release([ITEM]).items
    assert examples(probes, items) == ["Apple pie with cream", "pie", questions[0]]
    assert examples(reversed(probes), items) == ["Apple pie with cream", "pie", questions[0]]
    assert examples([], items) == []
