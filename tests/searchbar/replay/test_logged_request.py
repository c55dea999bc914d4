"""A request is found in a log, with what visitors did, whatever else the log holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from release_format.questions import LoggedQuestion, append
from searchbar.feedback.feedback import read_feedback
from searchbar.replay.logged_request import MOST_REACTIONS, logged_request, reaction


def react(log: Path, request: str, **feedback: Any) -> None:
    append(log, LoggedQuestion("draw", request_id=request, feedback=feedback))


def test_a_question_is_found_with_what_visitors_did(tmp_path: Path) -> None:
    log = tmp_path / "q.jsonl"
    react(log, "r1", kind="click", id="gimp", position=2)
    for id in ("r0", "r1", "r10"):
        append(log, LoggedQuestion(f"draw {id}", request_id=id, hits=["gimp"]))
    react(log, "r10", kind="click", id="vim")
    react(log, "r1", kind="bad", id="vim", reason="no drawing")
    found = logged_request(log, "r1")
    assert found is not None
    assert (found.asked.question, found.earlier, found.further) == ("draw r1", 0, 0)
    assert [reaction(row) for row in found.reactions] == [
        "opened: gimp, number 2",
        "thumb down: vim, no drawing",
    ]
    assert found.opened == {"gimp"}
    assert logged_request(log, "r") is None
    assert logged_request(log, "draw") is None


def test_reactions_alone_are_no_request(tmp_path: Path) -> None:
    log = tmp_path / "q.jsonl"
    react(log, "made-up", kind="click", id="gimp")
    assert logged_request(log, "made-up") is None


def test_of_several_questions_the_last_counts_and_of_endless_reactions_the_first(
    tmp_path: Path,
) -> None:
    log = tmp_path / "q.jsonl"
    for word in ("first", "second", "third"):
        append(log, LoggedQuestion(word, request_id="same"))
    for number in range(MOST_REACTIONS + 7):
        react(log, "same", kind="click", id=f"n{number}")
    found = logged_request(log, "same")
    assert found is not None
    assert (found.asked.question, found.earlier, found.further) == ("third", 2, 7)
    assert found.reactions[-1].feedback["id"] == f"n{MOST_REACTIONS - 1}"


@pytest.mark.parametrize("id", ['quo"te', "back\\slash", "café", "\u202e", "a b", "\ud800", "n\n"])
def test_an_id_that_is_written_otherwise_in_the_log_is_found_too(tmp_path: Path, id: str) -> None:
    log = tmp_path / "q.jsonl"
    append(log, LoggedQuestion("draw", request_id=id))
    found = logged_request(log, id)
    assert found is not None
    assert found.asked.request_id == id


def test_each_kind_of_reaction_is_a_few_words(tmp_path: Path) -> None:
    sent = {
        b'{"kind":"good"}': "thumb up",
        b'{"kind":"missing","reason":"a torch"}': "missing: a torch",
        b'{"kind":"click","id":"vim"}': "opened: vim",
    }
    assert {body: reaction(read_feedback(body)) for body in sent} == sent
    assert reaction(LoggedQuestion("", feedback={"position": [1], "id": None})) == (
        ": None, number [1]"
    )
