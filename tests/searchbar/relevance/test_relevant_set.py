"""Where a question's results stop to fit: without filters, within them, and of variants."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from searchbar.relevance.estimate import Curve, Relevance
from searchbar.relevance.relevant_set import LEAST, relevant_set, relevant_set_within
from tests.searchbar.relevance.conftest import MakeSet, made

RELEVANCE = Relevance(0.5, Curve(20, -3, 5, 8))
HIGH, LOW = 0.95, 0.2


def test_it_ends_where_the_scores_drop(found: MakeSet) -> None:
    cut = relevant_set(found([HIGH] * 14 + [LOW] * 30), RELEVANCE)
    assert (cut.fits, cut.no_good_match, cut.is_cut) == (14, False, True)
    assert relevant_set(found([HIGH] * 44), RELEVANCE).fits == 44, "where nothing drops, all fits"


def test_the_first_ten_are_shown_whatever_the_estimate(found: MakeSet) -> None:
    assert relevant_set(found([HIGH] + [LOW] * 30), RELEVANCE).fits == LEAST
    assert relevant_set(found([HIGH, LOW]), RELEVANCE).fits == 2


def test_where_nothing_fits_the_nearest_are_shown_and_it_is_said(found: MakeSet) -> None:
    cut = relevant_set(found([LOW] * 30), RELEVANCE)
    assert (cut.fits, cut.no_good_match) == (LEAST, True)
    assert relevant_set(found([]), RELEVANCE).no_good_match


def test_without_a_level_or_a_question_nothing_is_cut(found: MakeSet) -> None:
    assert relevant_set(found([HIGH] + [LOW] * 30), Relevance()).fits == 31
    assert relevant_set(found([LOW] * 30, text=""), RELEVANCE).fits == 30


def test_the_best_cut_is_that_of_the_expected_f1(found: MakeSet) -> None:
    """By trying every cut."""
    scores = np.linspace(1.1, 0.3, 60).tolist()
    result_set = found(scores)
    wanted = RELEVANCE.wanted(result_set)
    expected = [2 * wanted[:n].sum() / (n + wanted.sum()) for n in range(1, 61)]
    assert relevant_set(result_set, RELEVANCE).fits == 1 + int(np.argmax(expected))


def test_variants_of_what_fits_fit_and_ten_things_are_shown(found: MakeSet) -> None:
    groups = np.array([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 11])
    cut = relevant_set(found([HIGH] + [LOW] * 16), RELEVANCE, groups)
    shown = groups[cut.result_set.positions[: cut.fits]]
    assert len(set(shown.tolist())) == LEAST
    assert 15 in cut.result_set.positions[: cut.fits], "a variant far down belongs to its thing"
    assert not set(shown.tolist()) & set(groups[cut.result_set.positions[cut.fits :]].tolist())


def test_within_filters_fits_what_fits_without(found: MakeSet) -> None:
    base = relevant_set(found([HIGH] * 14 + [LOW] * 30), RELEVANCE)
    is_within = np.ones(50, np.bool_)
    is_within[2] = False
    order = [13, 20, *range(3, 13), 0, 1, *range(21, 44)]
    cut = relevant_set_within(base, found([0.9] * 37, positions=order), is_within, RELEVANCE)
    assert cut.result_set.positions[:13].tolist() == [0, 1, *range(3, 14)], "as without filters"
    assert cut.fits == 13


def test_ten_hits_are_shown_within_filters_too(found: MakeSet) -> None:
    base = relevant_set(found([HIGH] * 14 + [LOW] * 30), RELEVANCE)
    is_within = np.zeros(50, np.bool_)
    is_within[[3, 13, *range(20, 44)]] = True
    inner = found([0.9] * 26, positions=[13, 20, 3, *range(21, 44)])
    cut = relevant_set_within(base, inner, is_within, RELEVANCE)
    assert cut.result_set.positions[:4].tolist() == [3, 13, 20, 21]
    assert cut.fits == LEAST


def test_what_facets_do_not_count_is_cut_by_itself(found: MakeSet) -> None:
    base = relevant_set(found([HIGH] * 14 + [LOW] * 30), RELEVANCE)
    is_within = np.arange(50) >= 20
    good = found([0.8] * 12 + [0.1] * 5, positions=range(20, 37))
    assert relevant_set_within(base, good, is_within, RELEVANCE).fits == 12
    poor = found([0.3] * 17, positions=range(20, 37))
    cut = relevant_set_within(base, poor, is_within, RELEVANCE)
    assert (cut.fits, cut.no_good_match) == (0, False), "the question has answers elsewhere"


def test_a_full_set_goes_on_within_filters(found: MakeSet) -> None:
    base = relevant_set(found([HIGH] * 30, full=True), RELEVANCE)
    is_within = np.arange(60) % 2 == 0
    inner = found([0.9] * 25 + [0.1] * 5, positions=range(0, 60, 2))
    cut = relevant_set_within(base, inner, is_within, RELEVANCE)
    assert cut.fits == 25
    assert sorted(cut.result_set.positions.tolist()) == list(range(0, 60, 2))


def test_what_nothing_answers_is_answered_by_nothing_within_filters(found: MakeSet) -> None:
    base = relevant_set(found([LOW] * 30), RELEVANCE)
    cut = relevant_set_within(base, found([LOW] * 12), np.ones(30, np.bool_), RELEVANCE)
    assert (cut.fits, cut.no_good_match) == (LEAST, True)


@given(st.data())
def test_no_item_is_lost_or_doubled(data: st.DataObject) -> None:
    many = data.draw(st.integers(1, 40))
    scores = sorted(data.draw(st.lists(st.floats(0, 1.2), min_size=many, max_size=many)))[::-1]
    groups = np.array(data.draw(st.lists(st.integers(0, 12), min_size=many, max_size=many)))
    is_within = np.array(data.draw(st.lists(st.booleans(), min_size=many, max_size=many)))
    base = relevant_set(made(scores, pinned=1, named=[min(1, many - 1)]), RELEVANCE, groups)
    assert sorted(base.result_set.positions.tolist()) == list(range(many))
    assert {0, min(1, many - 1)} <= set(base.result_set.positions[: base.fits].tolist())
    kept = np.flatnonzero(is_within)
    inner = made([scores[n] for n in kept], positions=kept.tolist())
    cut = relevant_set_within(base, inner, is_within, RELEVANCE)
    assert sorted(cut.result_set.positions.tolist()) == kept.tolist()
    fitting = set(base.result_set.positions[: base.fits].tolist()) & set(kept.tolist())
    assert not fitting or fitting <= set(cut.result_set.positions[: cut.fits].tolist())
