"""Judged files and BEIR folders, as given and as broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.quality.judgments import (
    JudgedQuestion,
    beir_items,
    missing_items,
    read_judgments,
)
from release_format.exit_codes import UsageError


def beir(folder: Path, qrels: str) -> Path:
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(
        '{"_id": "2", "title": "B", "text": "b"}\n{"_id": "1", "text": "a"}\n'
    )
    (folder / "queries.jsonl").write_text(
        '{"_id": "q", "text": "what?"}\n{"_id": "unjudged", "text": "?"}\n'
    )
    (folder / "qrels/test.tsv").write_text(qrels)
    return folder


def test_a_judged_file_keeps_questions_that_cannot_be_answered(tmp_path: Path) -> None:
    file = tmp_path / "j.jsonl"
    file.write_text(
        '{"id": "a", "question": "q", "kind": "name", "relevant": {"x": 3, "y": 0}}\n\n{"id": "b",'
        ' "question": "none", "relevant": {}}\n'
    )
    assert read_judgments(file) == [
        JudgedQuestion("a", "q", {"x": 3}, "name"),
        JudgedQuestion("b", "none", {}),
    ]


@pytest.mark.parametrize("head", ["query-id\tcorpus-id\tscore\n", ""])
def test_a_beir_folder_with_and_without_a_head(tmp_path: Path, head: str) -> None:
    folder = beir(tmp_path / "set", f"{head}q\t1\t1\nq\t2\t0\n")
    assert read_judgments(folder) == [JudgedQuestion("q", "what?", {"1": 1})]
    assert [(item.id, item.title, item.description) for item in beir_items(folder)] == [
        ("1", "", "a"),
        ("2", "B", "b"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON lines"),
        ("[]", "not JSON lines"),
        ('{"id": "a"}', "line 1 is not a judgment"),
        ('{"id": 1, "question": "q", "relevant": {"a": "much"}}', "not a judgment"),
        ('{"id": 1, "question": "q", "relevant": {"a": 1e999}}', "line 1 is not a judgment"),
        ('{"id": 1, "question": "q", "relevant": {"a": 1001}}', "a grade is above 1000"),
        ('{"id": 1, "question": "\\ud800", "relevant": {}}', "not JSON lines"),
        ("[" * 9000, "not JSON lines"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "j.jsonl").write_text(text)
    with pytest.raises(UsageError, match=said):
        read_judgments(tmp_path / "j.jsonl")


def test_what_is_not_there_and_what_is_no_set_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UsageError, match=r"cannot be read|BEIR layout"):
            read_judgments(path)
    with pytest.raises(UsageError, match="line 2"):
        read_judgments(beir(tmp_path / "set", "q\t1\t1\nq 2 1\n"))


def test_judged_items_that_are_gone_are_told_by_question() -> None:
    assert missing_items(
        [JudgedQuestion("a", "?", {"x": 1, "y": 1}), JudgedQuestion("b", "?", {"x": 1})], {"x"}
    ) == {"a": ["y"]}


def test_what_was_proposed_and_merged_beside_a_file_is_judged_after_it(tmp_path: Path) -> None:
    """A person's own judgment of the same question counts, and a refused proposal for nothing."""
    (tmp_path / "mine.judgments.jsonl").write_text(
        '{"id": "q1", "question": "Edit photos", "relevant": {"gimp": 3}}\n'
    )
    proposed = tmp_path / "mine.judgments.proposed.jsonl"
    proposed.write_text(
        '{"id": "a", "question": "edit  PHOTOS", "kind": "clicked", "relevant": {"vim": 1}}\n'
        '{"id": "b", "question": "spam", "kind": "refused", "relevant": {"vim": 3}}\n'
        '{"id": "c", "question": "plots", "kind": "clicked", "relevant": {"gnuplot": 2},'
        ' "evidence": {"days": 7}}\n'
    )
    plots = JudgedQuestion("c", "plots", {"gnuplot": 2}, "clicked")
    read = read_judgments(tmp_path / "mine.judgments.jsonl")
    assert read == [JudgedQuestion("q1", "Edit photos", {"gimp": 3}), plots]
    by_itself = JudgedQuestion("a", "edit  PHOTOS", {"vim": 1}, "clicked")
    assert read_judgments(proposed) == [by_itself, plots]


def test_another_files_proposals_are_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "judgments.jsonl").write_text("")
    (tmp_path / "mine.judgments.proposed.jsonl").write_text("broken")
    assert read_judgments(tmp_path / "judgments.jsonl") == []
