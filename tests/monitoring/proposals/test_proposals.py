"""Rows that are proposed: of several days, with why, and never one visitor's or about a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from index_builder.quality.judgments import read_judgments
from monitoring.proposals.proposals import MOST_ROWS, ProposedJudgment, proposals
from tests.monitoring.proposals.visitors import Visitors


def known(id: str) -> bool:
    return id != "gone"


def proposed(visitors: Visitors, **more: object) -> list[ProposedJudgment]:
    return proposals(visitors.requests, known, **more)  # type: ignore[arg-type]


def clicked(visitors: Visitors, question: str, item: str, days: Sequence[int]) -> None:
    """Once on each of these days the second hit is clicked."""
    for day in days:
        id = visitors.line(question, day, hits=("top", item))
        visitors.react(id, question, day, "click", item)


@pytest.mark.parametrize("seed", range(5))
def test_the_item_that_fits_is_graded_above_the_one_that_stands_first(seed: int) -> None:
    visitors = Visitors({"first": 0.3, "fourth": 0.8}, random=Random(seed))
    for day in range(1, 61):
        for _ in range(5):
            visitors.ask("edit photos", ["first", "b", "c", "fourth"], day)
    (row,) = proposed(visitors)
    assert row.relevant["fourth"] > row.relevant["first"]
    assert (row.question, row.kind) == ("edit photos", "clicked")
    assert row.evidence["asked"] == 300
    assert row.evidence["items"]["fourth"]["rank"] == 4.0
    assert "grade" not in row.evidence["items"]["fourth"]


def test_one_visitors_script_makes_no_judgment_and_hides_none() -> None:
    visitors = Visitors({})
    clicked(visitors, "edit photos", "gimp", range(1, 13))
    for _ in range(1000):
        id = visitors.line("edit photos", 3, hits=("top", "gimp", "spam"))
        visitors.react(id, "edit photos", 3, "click", "spam")
    (row,) = proposed(visitors)
    assert set(row.relevant) == {"gimp"}


@pytest.mark.parametrize(("days", "rows"), [(4, 0), (5, 1)])
def test_it_takes_five_days(days: int, rows: int) -> None:
    visitors = Visitors({})
    clicked(visitors, "edit photos", "gimp", range(1, days + 1))
    assert len(proposed(visitors)) == rows
    assert len(proposed(visitors, least_days=2)) == 1


@pytest.mark.parametrize("text", ["jane@example.org order", "photos \u202e", "gimp " * 40])
def test_a_question_that_says_something_of_a_person_is_left_out(text: str) -> None:
    visitors = Visitors({})
    clicked(visitors, text, "gimp", range(1, 12))
    assert proposed(visitors) == []


def test_what_is_judged_gone_or_disliked_as_often_is_left_out() -> None:
    visitors = Visitors({})
    clicked(visitors, "judged", "gimp", range(1, 12))
    clicked(visitors, "sold out", "gone", range(1, 12))
    clicked(visitors, "a trap", "bait", range(1, 12))
    for day in range(1, 12):
        visitors.react(visitors.line("a trap", day, hits=("bait",)), "a trap", day, "bad", "bait")
    assert proposed(visitors, judged={"judged"}) == []


def test_praise_counts_as_a_click() -> None:
    visitors = Visitors({})
    for day in range(1, 8):
        visitors.react(visitors.line("q", day, hits=("vim",)), "q", day, "good", "vim")
    (row,) = proposed(visitors)
    assert row.relevant == {"vim": 3}


def test_what_nothing_answers_is_proposed_as_that() -> None:
    visitors = Visitors({})
    for day in range(1, 8):
        visitors.line("mortgage rates", day, hits=())
        visitors.line("flights", day, hits=("vim",), no_good_match=True)
        visitors.react(visitors.line("boots", day, hits=("vim",)), "boots", day, "missing")
        visitors.react(visitors.line("hats", day, hits=("vim",)), "hats", day, "bad", "vim")
        visitors.line("asked and left", day, hits=("vim",))
    rows = {row.question: row for row in proposed(visitors)}
    assert {question: row.evidence for question, row in rows.items()} == {
        "mortgage rates": {"asked": 7, "days": 7, "days_missed": 7},
        "flights": {"asked": 7, "days": 7, "days_missed": 7},
        "boots": {"asked": 7, "days": 7, "days_missing": 7},
        "hats": {"asked": 7, "days": 7, "days_disliked": 7},
    }
    assert {(row.kind, len(row.relevant)) for row in rows.values()} == {("unanswerable", 0)}


def test_what_the_newest_release_answers_is_not_proposed_as_unanswerable() -> None:
    visitors = Visitors({})
    for day in range(2, 12):
        visitors.line("boots", day, hits=())
    visitors.line("boots", 1, hits=("wellingtons",))
    assert proposed(visitors) == []


def test_another_wording_says_what_was_meant() -> None:
    visitors = Visitors({})
    for day in range(1, 7):
        visitors.line("cut a film", day, seconds=60, hits=("vim",), no_good_match=True)
        id = visitors.line("film editor", day, seconds=90, hits=("kdenlive",))
        visitors.react(id, "film editor", day, "click", "kdenlive")
    rows = {row.question: row for row in proposed(visitors)}
    assert rows["cut a film"].kind == "reformulated"
    assert rows["cut a film"].relevant == {"kdenlive": 2}
    assert rows["film editor"].kind == "clicked"


def test_rows_are_few_and_in_the_order_of_their_ids() -> None:
    visitors = Visitors({})
    for number in range(MOST_ROWS + 5):
        clicked(visitors, f"question {number}", "vim", range(1, 6 + (number < 5)))
    rows = proposed(visitors)
    assert len(rows) == MOST_ROWS
    assert [row.id for row in rows] == sorted(row.id for row in rows)
    assert {f"question {number}" for number in range(5)} <= {row.question for row in rows}
    assert rows == proposed(visitors), "the same log gives the same rows"


def test_a_row_is_a_judgment_as_the_builder_reads_it(tmp_path: Path) -> None:
    visitors = Visitors({})
    clicked(visitors, 'edit "photos" — für alle', "gimp", range(1, 8))
    (row,) = proposed(visitors)
    (tmp_path / "j.proposed.jsonl").write_text(row.to_json() + "\n", "utf-8")
    (read,) = read_judgments(tmp_path / "j.proposed.jsonl")
    assert (read.id, read.question, read.relevant) == (row.id, row.question, row.relevant)
    assert json.loads(row.to_json())["evidence"]["days"] == 7
