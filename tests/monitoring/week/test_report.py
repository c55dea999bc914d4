"""What the report says of a log that is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from monitoring.week.clusters import MOST_QUESTIONS, clusters
from monitoring.week.figures import figures
from monitoring.week.span import Week, count
from searchbar.feedback.query_log import AskedQuestion, Usage
from tests.monitoring.week.made_weeks import NEW, OLD, WEEK, asked, did, report


def test_the_figures_of_a_known_week_are_exact() -> None:
    told = {figure.name: (figure.now, figure.before) for figure in report().figures}
    assert told == {
        "Questions": ("8", "4"),
        "Different": ("6", "2"),
        "Answered": ("62.5 % [30.6, 86.3]", "100.0 % [51.0, 100.0]"),
        "No good match": ("25.0 % [7.1, 59.1]", "0.0 % [0.0, 49.0]"),
        "No result": ("12.5 % [2.2, 47.1]", "0.0 % [0.0, 49.0]"),
        "Nothing left by filters": ("0.0 % [0.0, 32.4]", "0.0 % [0.0, 49.0]"),
        "Click-through": ("25.0 % [7.1, 59.1]", "25.0 % [4.6, 69.9]"),
        "Click position": ("0.75 of 2", "0.25 of 1"),
        "Thumbs down": ("100.0 % [20.7, 100.0]", "–"),
    }


def test_what_may_be_chance_has_no_tone_and_says_so() -> None:
    changes = {figure.name: (figure.change, figure.tone) for figure in report().figures}
    assert changes["Questions"] == ("+100 %", "")
    assert changes["Answered"] == ("−37.5 points [−69.4, +17.0], as before", "")
    assert changes["Thumbs down"] == changes["Click position"] == ("", "")


def usage(answered: int, missed: int) -> Usage:
    lines = [asked(f"q{n}", str(n), no_good_match=n >= answered) for n in range(answered + missed)]
    return count(lines, WEEK).now


def test_what_is_no_chance_is_good_or_bad_by_its_kind() -> None:
    worse = {figure.name: figure for figure in figures(usage(50, 50), usage(95, 5))}
    better = {figure.name: figure for figure in figures(usage(95, 5), usage(50, 50))}
    assert (worse["Answered"].tone, worse["No good match"].tone) == ("bad", "bad")
    assert (better["Answered"].tone, better["No good match"].tone) == ("good", "good")
    assert worse["Answered"].change.startswith("−45.0 points [")
    assert "as before" not in worse["Answered"].change


def test_days_stand_beside_those_of_the_week_before() -> None:
    days = report().days
    assert [(now, before) for _, now, before in days] == [
        (1, 0), (5, 3), (0, 0), (0, 0), (0, 0), (0, 0), (2, 1)
    ]  # fmt: skip
    assert days[0][0] == date(2026, 11, 23)


def test_failed_questions_of_one_meaning_stand_together_under_the_most_asked() -> None:
    failed = {cluster.name: cluster for cluster in report().failed}
    assert set(failed) == {"chair", "mortgage rates", "zzz"}
    together = failed["mortgage rates"]
    assert [question.text for question in together.questions] == [
        "mortgage rates",
        "mortgage rates today",
    ]
    assert (together.times, together.why) == (2, "nothing fits 2×")
    assert (failed["zzz"].why, failed["chair"].why) == ("nothing found 1×", "disliked 1×")


def test_the_most_asked_names_a_cluster_and_nothing_is_drawn_along() -> None:
    def question(text: str, times: int) -> AskedQuestion:
        return AskedQuestion(text, times, missed=times)

    # b lies near a, and c near b, but c not near a.
    chain = [question("a b", 5), question("b c", 3), question("c d", 2)]
    vectors = {"a b": [1.0, 0.0], "b c": [0.7, 0.714], "c d": [0.0, 1.0]}

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([vectors[text] for text in texts], np.float32)

    found = clusters(chain, encode)
    assert [[q.text for q in cluster.questions] for cluster in found] == [["a b", "b c"], ["c d"]]
    assert [cluster.name for cluster in clusters(chain, None)] == ["a b", "b c", "c d"]


def test_of_very_many_failures_those_asked_most_are_put_together() -> None:
    lines = [asked(f"w{n}", str(n), hits=()) for n in range(MOST_QUESTIONS + 5)]
    told = report(lines)
    assert sum(len(cluster.questions) for cluster in told.failed) == MOST_QUESTIONS
    assert told.failed_questions == MOST_QUESTIONS + 5
    assert "1,005 different questions failed" in told.notes[-1]


def test_topics_are_those_of_first_hits_and_the_rest_is_counted() -> None:
    table = report().topics
    assert table is not None
    told = {use.name: (use.opened.count, use.opened.of, use.position.mean) for use in table.topics}
    # lamp-1 came first 4 times and was opened once, at 1; desk-1 once, opened at 2.
    assert told == {"home": (2, 5, 0.75), "lights": (1, 4, 1.0)}
    assert table.untold == 2


def test_releases_stand_in_the_order_in_which_they_answered() -> None:
    first, second = report().releases
    assert (first.id, first.answered.of, first.is_new) == (OLD, 1, False)
    assert (second.id, second.answered.count, second.answered.of) == (NEW, 4, 7)
    assert first.changed == "Live since before this week."
    assert "cannot be told" in second.changed


def test_an_empty_week_says_where_to_look() -> None:
    told = report([])
    assert told.asked == 0
    assert "Nothing was asked. Look whether" in told.notes[0]
    assert told.figures[2].now == "–"


def test_one_question_is_told_as_little_as_it_says() -> None:
    told = report([asked("lamp", "1")])
    assert told.figures[2].now == "100.0 % [20.7, 100.0]"
    assert {figure.change for figure in told.figures} == {""}
    assert any("nothing stands beside" in note for note in told.notes)


def test_a_week_that_is_not_over_and_no_clicks_and_no_release_are_said() -> None:
    lines = [asked("lamp", "1", "2026-11-30"), did("good", "1", "2026-11-30")]
    notes = " ".join(report(lines, Week(date(2026, 11, 30)), reading=None).notes)
    assert "not over: 1 of 7 days" in notes
    assert "No click was logged" in notes
    assert "No release that answered is in the store any more" in notes
