"""The click model tells what is clicked for its place from what is clicked for itself."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from monitoring.proposals.click_model import MOST_A_DAY, fit_clicks
from tests.monitoring.proposals.visitors import Visitors

LIKES = {"good": 0.7, "fair": 0.3, "poor": 0.1}


def shuffled(visitors: Visitors, days: int, a_day: int, questions: int = 8) -> None:
    """Several questions whose hits stand in another order each time, as releases come and go."""
    for day in range(1, days + 1):
        for question in range(questions):
            for _ in range(a_day):
                hits = [*LIKES, "other", "more"]
                visitors.random.shuffle(hits)
                visitors.ask(f"question {question}", hits, day)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5])
def test_what_is_looked_at_is_learned_from_items_that_stood_at_several_ranks(power: float) -> None:
    visitors = Visitors(LIKES, lambda rank: rank**-power)
    shuffled(visitors, days=40, a_day=8)
    model = fit_clicks(visitors.requests)
    truth = np.arange(1, 6) ** -power
    assert np.abs(model.examined - truth).max() < 0.12
    for item, share in LIKES.items():
        found = np.mean([model.attractions[f"question {n}", item].attractive for n in range(8)])
        assert found == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_the_better_item_is_found_below_one_that_is_clicked_more(seed: int) -> None:
    """The poor one stands first and has more clicks; only its place brings them."""
    visitors = Visitors({"first": 0.3, "fourth": 0.8}, random=Random(seed))
    for day in range(1, 61):
        for _ in range(5):
            visitors.ask("edit photos", ["first", "b", "c", "fourth"], day)
    found = fit_clicks(visitors.requests).attractions
    first, fourth = found["edit photos", "first"], found["edit photos", "fourth"]
    assert first.clicks > fourth.clicks
    assert fourth.attractive > first.attractive + 0.1
    assert (first.rank, fourth.rank) == (1.0, 4.0)


def test_somebodys_script_counts_as_a_few_visitors_of_its_day() -> None:
    visitors = Visitors({})
    for _ in range(500):
        visitors.react(visitors.line("q", 3, hits=("spam", "vim")), "q", 3, "click", "spam")
    attraction = fit_clicks(visitors.requests).attractions["q", "spam"]
    assert attraction.clicks == pytest.approx(MOST_A_DAY)


def test_no_request_at_all_is_an_empty_model() -> None:
    assert fit_clicks([]).attractions == {}
    nothing_found = Visitors({})
    nothing_found.line("q", 1, hits=())
    assert fit_clicks(nothing_found.requests).attractions == {}
