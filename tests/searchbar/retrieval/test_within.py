"""The lexical leg within a mask finds what it would if there were no other items."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from index_builder.indexing import lexical
from index_builder.indexing.lexical import LiveLexical
from index_builder.unchanged import places_in_live
from release_format.items import Item, Items, write_items
from searchbar.query.filters import read_filters
from searchbar.retrieval import within
from searchbar.retrieval.lexical import Lexical
from searchbar.retrieval.within import bm25_of, search_within

WORDS = ("hose", "lamp", "table", "kettle")


def items(tail: str) -> list[Item]:
    """300 items; of these the last word of some depends on the day."""
    texts = [f"{WORDS[n % 4]} {WORDS[n // 4 % 4]} {'big ' * (n % 3)}" for n in range(300)]
    return [
        Item(f"i{n:03}", f"Thing {n}", text + (tail if n % 60 == 0 else ""), (f"t{n % 3}",))
        for n, text in enumerate(texts)
    ]


@pytest.fixture(scope="module", params=["whole", "beside live"])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lexical:
    folder = tmp_path_factory.mktemp("within")
    live, today = folder / "live", folder / "today"
    for directory, day in ((live, items("yesterday")), (today, [Item("a", "New"), *items("now")])):
        write_items(directory, day)
    lexical.write(live / "lexical", Items(live))
    own, base = Items(today), Items(live)
    places = places_in_live(own, base)
    beside = LiveLexical(live / "lexical", base, places) if request.param != "whole" else None
    lexical.write(today / "lexical", own, beside)
    return Lexical.open(today / "lexical")


@pytest.mark.parametrize("named_at_most", [0, 1000], ids=["deeper", "by name"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 1.0])
def test_a_mask_is_as_if_there_were_no_others(
    index: Lexical, share: float, named_at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(within, "NAMED", 0.0)
    monkeypatch.setattr(within, "MOST_NAMED", named_at_most)
    monkeypatch.setattr(within, "MORE", 0.2)
    mask = np.random.default_rng(5).random(len(index)) < share
    for asked in ({}, {"topic": ["t1"]}):
        filters = read_filters(asked, {}).choices
        left = np.zeros(len(index), np.bool_)
        left[index.within(filters, ())] = True
        left &= mask
        stems = {"lamp": 1.0, "big": 0.5, "now": 2.0}
        every, scores = index.search(stems, len(index))
        search = partial(index.search, stems, filters=filters)
        found, own = search_within(index, search, stems, 7, left)
        expected = scores[left[every]][:7]
        assert len(found) == len(set(found.tolist())) == len(expected)
        assert left[found].all()
        np.testing.assert_allclose(own, expected, rtol=1e-5)


@pytest.mark.parametrize("depth", [1, 7, 1000], ids=["one", "few", "all"])
def test_every_candidate_has_the_score_that_it_has_among_all(index: Lexical, depth: int) -> None:
    """Whichever leg found it, and however early the lexical one stopped."""
    stems = {"lamp": 1.0, "big": 0.5, "now": 2.0}
    every = np.zeros(len(index), np.float32)
    held, scores = index.search(stems, len(index))
    every[held] = scores
    found, own = index.search(stems, depth)
    near = np.random.default_rng(3).permutation(len(index))[:60]
    candidates = np.union1d(near, found)
    bm25 = bm25_of(index, stems, candidates, found, own, depth)
    np.testing.assert_allclose(bm25, every[candidates], rtol=1e-5)
    assert (bm25 == 0).any(), "some hold none of the words"
    assert np.count_nonzero(bm25) > min(depth, 7), "and more than the leg found do"


def test_a_question_without_words_scores_nobody(index: Lexical) -> None:
    nobody, nothing = np.empty(0, np.int64), np.empty(0, np.float32)
    assert not bm25_of(index, {}, np.arange(5), nobody, nothing, 0).any()
    assert not len(bm25_of(index, {"lamp": 1.0}, nobody, nobody, nothing, 0))
