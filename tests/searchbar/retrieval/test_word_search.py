"""The lexical leg within a mask finds what it would if there were no other items."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from index_builder.indexing import lexical
from index_builder.indexing.lexical import LiveLexical
from index_builder.unchanged import places_in_live
from release_format.items import Item, Items, write_items
from searchbar.query.filters import read_filters
from searchbar.retrieval import word_search
from searchbar.retrieval.word_search import NOBODY, NOTHING, WordLeg, WordSearch
from searchbar.retrieval.words.lexical import Lexical, Positions, Scores

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


def scores_of(search: WordSearch, leg: WordLeg, positions: Positions) -> Scores:
    order = np.argsort(positions)
    scores = np.empty(len(positions), np.float32)
    scores[order] = search.bm25_of(positions[order], leg)
    return scores


@pytest.mark.parametrize("named_at_most", [0, 1000], ids=["deeper", "by name"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 1.0])
def test_a_mask_is_as_if_there_were_no_others(
    index: Lexical, share: float, named_at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_search, "NAMED", 0.0)
    monkeypatch.setattr(word_search, "MOST_NAMED", named_at_most)
    monkeypatch.setattr(word_search, "MORE", 0.2)
    mask = np.random.default_rng(5).random(len(index)) < share
    for asked in ({}, {"topic": ["t1"]}):
        filters = read_filters(asked, {}).choices
        left = np.zeros(len(index), np.bool_)
        left[index.within(filters, ())] = True
        left &= mask
        stems = {"lamp": 1.0, "big": 0.5, "now": 2.0}
        every, scores = index.search(stems, len(index))
        search = WordSearch(index, stems, filters=filters)
        leg = search.best_within(left, 7)
        found, expected = leg.positions, scores[left[every]][:7]
        assert len(found) == len(set(found.tolist())) == len(expected)
        assert left[found].all()
        by_score = np.argsort(-scores_of(search, leg, found), kind="stable")
        np.testing.assert_array_equal(by_score, np.arange(len(found)))
        np.testing.assert_allclose(scores_of(search, leg, found), expected, rtol=1e-5)
        if leg.is_all:
            assert set(found.tolist()) == set(every[left[every]][:7].tolist())


@pytest.mark.parametrize("depth", [1, 7, 1000], ids=["one", "few", "all"])
def test_every_candidate_has_the_score_that_it_has_among_all(index: Lexical, depth: int) -> None:
    """Whichever leg found it, and however early the lexical one stopped."""
    stems = {"lamp": 1.0, "big": 0.5, "now": 2.0}
    every = np.zeros(len(index), np.float32)
    held, scores = index.search(stems, len(index))
    every[held] = scores
    search = WordSearch(index, stems)
    near = np.random.default_rng(3).permutation(len(index))[:60]
    leg = search.best(depth, NOBODY)
    candidates = np.union1d(near, leg.positions)
    bm25 = search.bm25_of(candidates, leg)
    np.testing.assert_allclose(bm25, every[candidates], rtol=1e-5)
    assert (bm25 == 0).any(), "some hold none of the words"
    assert np.count_nonzero(bm25) > min(depth, 7), "and more than the leg found do"


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_candidates_within_a_mask_have_it_too(index: Lexical, share: float) -> None:
    """Others were scored on the way, and not every candidate was."""
    mask = np.random.default_rng(7).random(len(index)) < share
    search = WordSearch(index, {"lamp": 1.0, "big": 0.5})
    every = np.zeros(len(index), np.float32)
    held, scores = index.search({"lamp": 1.0, "big": 0.5}, len(index))
    every[held] = scores
    candidates = np.flatnonzero(mask)
    bm25 = search.bm25_of(candidates, search.best_within(mask, 5))
    np.testing.assert_allclose(bm25, every[candidates], rtol=1e-5)


def test_what_was_found_deeper_is_not_looked_for_again(
    index: Lexical, monkeypatch: pytest.MonkeyPatch
) -> None:
    stems = {"lamp": 1.0, "big": 0.5}
    alone = WordSearch(index, stems).best(20, NOBODY)
    search = WordSearch(index, stems)
    search.best_within(np.arange(len(index)) % 3 == 0, 20)
    monkeypatch.setattr(Lexical, "search", None)
    again = search.best(20, NOBODY)
    np.testing.assert_array_equal(again.positions, alone.positions)
    np.testing.assert_array_equal(again.scores, alone.scores)
    assert again.is_all == alone.is_all


def test_no_candidate_is_looked_up_twice(index: Lexical, monkeypatch: pytest.MonkeyPatch) -> None:
    stems = {"lamp": 1.0, "big": 0.5}
    search, every = WordSearch(index, stems), np.arange(len(index))
    leg = search.best(5, NOBODY)
    half, first = every[::2], search.bm25_of(every[::2], leg)
    asked: list[NDArray[np.bool_]] = []
    only = index.only

    def noted(mask: NDArray[np.bool_]) -> object:
        asked.append(mask.copy())
        return only(mask)

    monkeypatch.setattr(index, "only", noted)
    np.testing.assert_array_equal(search.bm25_of(half, leg), first)
    assert not asked
    whole = search.bm25_of(every, leg)
    (mask,) = asked
    assert not mask[half].any()
    np.testing.assert_array_equal(whole[half], first)
    np.testing.assert_array_equal(whole, WordSearch(index, stems).bm25_of(every, leg))


def test_the_best_are_without_those_that_are_excluded(index: Lexical) -> None:
    stems = {"lamp": 1.0, "big": 0.5}
    first = WordSearch(index, stems).best(20, NOBODY).positions
    left = WordSearch(index, stems).best(17, np.sort(first[:3])).positions
    np.testing.assert_array_equal(left, first[3:])


def test_a_question_without_words_scores_nobody(index: Lexical) -> None:
    none = WordLeg(NOBODY, NOBODY, NOTHING, is_all=False)
    assert not WordSearch(index, {}).bm25_of(np.arange(5), none).any()
    assert not len(WordSearch(index, {"lamp": 1.0}).bm25_of(NOBODY, none))
    assert not len(WordSearch(index, {}).best(5, NOBODY).positions)
