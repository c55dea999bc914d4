"""The newest questions of a log, whatever else stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.comparison.logged_questions import newest_questions
from release_format.questions import LoggedQuestion, append
from searchbar.query.question import LONGEST


def test_the_newest_come_first_each_once_and_no_more_than_wanted(tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    (tmp_path / "questions-2026-11-01-001.jsonl").write_text("oldest\nlamp\n")
    for question in ("chair", "lamp", "desk", "chair"):
        append(log, LoggedQuestion(question))
    assert newest_questions(log, 500) == ["chair", "desk", "lamp", "oldest"]
    assert newest_questions(log, 2) == ["chair", "desk"]


def test_of_a_list_with_a_question_a_line_the_end_is_the_newest(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("".join(f"question {n}\n" for n in range(1200)))
    newest = newest_questions(tmp_path / "list.txt", 500)
    assert newest == [f"question {n}" for n in range(1199, 699, -1)]


def test_reactions_and_what_the_search_refuses_take_no_place(tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    append(log, LoggedQuestion("lamp"))
    append(log, LoggedQuestion("liked", feedback={"kind": "good", "id": "a"}))
    for refused in ("", " \t", "x" * (LONGEST + 1), "half \ud800"):
        append(log, LoggedQuestion(refused))
    with log.open("a") as file:
        file.write('{"question": "cut off\n[1, 2]\n')
    append(log, LoggedQuestion("лампа 💡 مصباح"))
    assert newest_questions(log, 3) == ["лампа 💡 مصباح", "[1, 2]", "lamp"]


def test_a_log_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        newest_questions(tmp_path / "none.jsonl", 5)
