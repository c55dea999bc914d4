"""`python -m monitoring propose`, typed; and what it proposes, merged, in the next gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index_builder.request.request import BuildRequest
from monitoring.__main__ import main
from release_format.cli import run_program
from release_format.questions import append
from release_format.release import Release
from release_format.snapshot import Snapshot, seal_snapshot, write_content
from release_format.store.folder import Folder
from release_format.verdict import Verdict
from tests.index_builder.conftest import Line, catalogue_items
from tests.monitoring.proposals.visitors import UNTIL, Visitors

JUDGED = '{"id": "q1", "question": "judged before", "relevant": {}}\n'


def log_of(path: Path, **questions: str) -> Path:
    """Seven days on which each question is asked and its second hit clicked."""
    visitors = Visitors({})
    for day in range(1, 8):
        for question, item in questions.items():
            id = visitors.line(question.replace("_", " "), day, hits=("emacs", item))
            visitors.react(id, question.replace("_", " "), day, "click", item)
    for line in visitors.lines:
        append(path, line)
    return path


def propose(release: Path, folder: Path, *more: str) -> int:
    return run_program(
        "monitoring",
        main,
        ["propose", str(release), "--log", str(folder / "log.jsonl"), "--until", str(UNTIL),
         "--judgments", str(folder / "judgments.jsonl"), "--out", str(folder / "out.jsonl"), *more],
    )  # fmt: skip


def test_what_is_new_is_written_and_its_path_is_the_last_line(
    bundled_release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_of(tmp_path / "log.jsonl", edit_photos="gimp", judged_before="vim", sold_out="not there")
    (tmp_path / "judgments.jsonl").write_text(JUDGED)
    assert propose(bundled_release.path, tmp_path) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == str(tmp_path / "out.jsonl")
    assert "1 proposed from clicks, 0 from other wordings, 0 that nothing answers" in err
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert (row["question"], list(row["relevant"])) == ("edit photos", ["gimp"])
    assert propose(bundled_release.path, tmp_path, "--least-days", "8") == 0
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "out.jsonl").exists(), "what an earlier run left is no proposal of this"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--days", "0"], "days are 1 to 36,500"),
        (["--days", "999999999999"], "days are 1 to 36,500"),
        (["--log", "/nowhere/q.jsonl"], "cannot be read (No such file or directory)"),
    ],
)
def test_wrong_usage_is_told(
    bundled_release: Release,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    sentence: str,
) -> None:
    log_of(tmp_path / "log.jsonl", edit_photos="gimp")
    assert propose(bundled_release.path, tmp_path, *more) == 2
    assert sentence in capsys.readouterr().err


def test_merged_proposals_make_another_release_and_are_not_proposed_again(
    bundled_release: Release,
    bundled_snapshot: Snapshot,
    shared_store: Folder,
    tmp_path: Path,
) -> None:
    judgments = tmp_path / "judgments.jsonl"
    judgments.write_text(JUDGED)
    log_of(tmp_path / "log.jsonl", edit_photos="gimp")

    def release_id() -> str:
        return BuildRequest.of(shared_store, bundled_snapshot.id, judgments=judgments).origin.id

    before = release_id()
    assert propose(bundled_release.path, tmp_path) == 0
    assert release_id() == before, "proposed is not judged"
    (tmp_path / "out.jsonl").rename(tmp_path / "judgments.proposed.jsonl")  # a person merged it
    assert release_id() != before
    assert propose(bundled_release.path, tmp_path) == 0
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.proof
def test_merged_proposals_are_asked_by_the_next_gate(
    bundled_release: Release, tmp_path: Path
) -> None:
    items = catalogue_items(24)
    log_of(tmp_path / "log.jsonl", **{item.title: item.id for item in (items[3], items[11])})
    (tmp_path / "judgments.jsonl").write_text(JUDGED)
    assert propose(bundled_release.path, tmp_path) == 0
    (tmp_path / "out.jsonl").rename(tmp_path / "judgments.proposed.jsonl")
    store = Folder(tmp_path / "store")
    with store.staging("snapshot") as directory:
        made_from = write_content(directory, items, [], None)
        id = seal_snapshot(directory, made_from, Verdict("data", "", "", [])).id
    line = Line(store, tmp_path / "reports")
    release = line.release(id, "--judgments", str(tmp_path / "judgments.jsonl"))
    asked = release.verdict.facts["quality"]["evaluation"]
    assert (asked["questions"], asked["unanswerable"]) == (2, 1)
