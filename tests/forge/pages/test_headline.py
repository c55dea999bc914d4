"""The first line of a comment: the answer, what to look at, what changes, and the worst of it."""

from __future__ import annotations

import pytest

from forge.pages.headline import figure, headline
from forge.reports import Reports
from release_format.verdict import Verdict
from tests.as_github import as_github
from tests.forge.pages.line_reports import (
    LOSER,
    built,
    data,
    met,
    pair,
    refused,
    safe,
    unknown,
    warning,
)


def shown(
    *verdicts: Verdict, unreadable: tuple[str, ...] = (), policy: tuple[str, ...] = ()
) -> str:
    line = headline(Reports(verdicts, {}, unreadable), policy)
    assert "\n" not in line
    return as_github(line).text.replace("\u200b", "").strip()


def test_a_safe_change_is_told_in_one_line() -> None:
    assert headline(safe()) == (
        "✅ **Safe, 3 things to look at:** +6 −6 ~20 rows · 89 of 165 answers change · worst:"
        " *remove the background from a photo* lost GIMP (.73 → 0)"
    )


FIRST = "592 rows, and nothing live to compare with"
MANY = "89 of 165 answers change"
WORST = "worst: remove the background from a photo"
ROWS, SEEN = "+6 −6 ~20 rows", "27 % (160 rows)"
MISSED = f"removed: {SEEN}. Visitors would miss them"
FELL = {**LOSER, "moved": [{"title": "GIMP", "before": 1, "after": 9}]}


@pytest.mark.parametrize(
    ("verdicts", "line"),
    [
        ([data(), pair(losers=[])], f"✅ Safe: +6 −6 ~20 rows · {MANY}"),
        ([data(warning("html"))], "✅ Safe, 1 thing to look at: +6 −6 ~20 rows"),
        ([data(changes=None)], f"✅ Safe: {FIRST}"),
        ([data(changes={"added": 0, "removed": 0, "changed": 0})], "✅ Safe: no row changes"),
        ([pair(questions_changed=0, losers=[])], "✅ Safe: none of 165 answers changes"),
        ([built()], "✅ Safe: every gate says yes"),
        ([pair(losers=[{**LOSER, "moved": []}])], f"✅ Safe: {MANY} · {WORST} .73 → 0"),
        ([pair(losers=[FELL])], f"✅ Safe: {MANY} · {WORST} GIMP 1 → 9 (.73 → 0)"),
        (
            [data(refused(), changes=None), built()],
            f"❌ Stopped by the data gate: {MISSED} · {FIRST}",
        ),
        (
            [data(refused("a", why="")), pair(refused("b"), refused("c"), losers=[])],
            f"❌ Stopped by the data gate: a: {SEEN} (and 2 more reasons) · {ROWS} · {MANY}",
        ),
        (
            [pair(refused(seen="-0.0034: .83 → .81", why=""), losers=[])],
            f"❌ Stopped by the quality gate: removed: .83 → .81 · {MANY}",
        ),
        (
            [data(unknown(), changes={})],
            f"❔ The data gate could not tell: drift: nothing: no memory. Run it again · {FIRST}",
        ),
        (
            [data(unknown(), changes=None), pair(refused(), losers=[])],
            f"❌ Stopped by the quality gate: {MISSED} (and 1 more reason) · {FIRST} · {MANY}",
        ),
        ([], "❔ Could not tell: no gate left a verdict. Look at the build's log."),
    ],
)
def test_every_answer_has_its_line(verdicts: list[Verdict], line: str) -> None:
    assert shown(*verdicts) == line


def test_a_policy_and_what_cannot_be_read_come_first() -> None:
    safe_verdict = data(changes=None)
    assert shown(safe_verdict, policy=("Only stage goes to prod.", "And more.")).startswith(
        "❌ Stopped by this line's policy: Only stage goes to prod. (and 1 more reason)"
    )
    assert shown(safe_verdict, unreadable=("x.json is not a verdict.",)).startswith(
        "❔ Could not tell: x.json is not a verdict."
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"changes": "all"},
        {"changes": {"added": -3, "removed": "6", "changed": True, "examples": [1]}},
        {"changes": {"added": 1, "examples": {"added": [None, {"after": [], "fields": 3}]}}},
        {"accepted": "many", "quarantined": None},
        {"questions_changed": "x", "questions": [], "losers": {"a": 1}, "winners": [3, {}, [[]]]},
        {"questions_changed": 2, "losers": [{"question": {"a": 1}, "before": "x", "moved": [7]}]},
        {"questions_changed": 10**30, "questions": 1e400},
    ],
)
def test_facts_of_another_shape_are_passed_over(facts: dict[str, object]) -> None:
    """A pull request's own build wrote them."""
    assert shown(data(**facts), pair(**facts)).startswith("✅ Safe: ")


def test_a_figure_has_two_digits() -> None:
    assert [figure(value) for value in (0.0, 0.004, 0.7312, 0.999, 1.0)] == [
        "0",
        "0",
        ".73",
        "1",
        "1",
    ]


def test_a_gate_that_only_met_its_conditions_is_nothing_to_look_at() -> None:
    assert "look at" not in shown(data(met("rows")))
