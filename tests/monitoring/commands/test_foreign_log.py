"""Every verb that reads a query log reads one that another program wrote, odd as it may be."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from index_builder.comparison.logged_questions import newest_questions
from monitoring.__main__ import main
from monitoring.replay.console import Replayed
from release_format.cli import run_program
from release_format.questions import read
from release_format.release import KIND, Release
from release_format.store.folder import Folder
from release_format.verdict import Verdict
from searchbar.engine import Engine
from searchbar.query.question import LONGEST
from searchbar.replay.logged_request import logged_request
from tests.monitoring.foreign_log import ASKED, END, FIELDS, ODD, TIMES, write

Typed = Callable[..., int]
TERMINAL = ("\x1b", "\x07", "\x00", "\u202e", "\x9b")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    write(tmp_path / "questions.jsonl")
    return tmp_path / "questions.jsonl"


@pytest.fixture
def typed(tools_store: Folder, log: Path, capfd: pytest.CaptureFixture[str]) -> Typed:
    """Types a verb about the log; nothing that it prints may command a terminal."""

    def type_(verb: str, *words: str | Path) -> int:
        line = [verb, *map(str, words), "--log", str(log), "--store", str(tools_store.root)]
        code = run_program("monitoring", main, line)
        printed = "".join(capfd.readouterr())
        assert "could not tell, because of" not in printed, printed
        assert "Traceback" not in printed, printed
        assert not any(letter in printed for letter in TERMINAL), printed
        return code

    return type_


def test_drift_is_judged_by_what_can_be_read(typed: Typed, tmp_path: Path) -> None:
    words = ("prod", "--until", END.isoformat(), "--report", tmp_path / "out")
    assert typed("drift", *words) in (0, 1)
    verdict = Verdict.from_json((tmp_path / "out/drift-verdict.json").read_bytes())
    assert verdict.facts["windows"] >= 21
    assert "jane.doe" not in verdict.to_json()


def test_what_is_proposed_is_json_of_plain_questions(typed: Typed, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    words = ("prod", "--until", END.isoformat(), "--out", out, "--judgments", tmp_path / "none")
    assert typed("propose", *words, "--least-days", "1") == 0
    rows = [json.loads(row) for row in out.read_text("utf-8").splitlines()]
    assert rows
    questions = {row["question"] for row in rows}
    assert not any(text in questions for text in ODD if not text.strip() or "@" in text)
    assert all(len(question) <= LONGEST for question in questions)


def test_a_week_is_told_as_a_page_and_a_message(typed: Typed, tmp_path: Path) -> None:
    assert typed("report", "prod", "--week", "2026-W48", "--report", tmp_path / "out") == 0
    page = (tmp_path / "out/week.html").read_text("utf-8")
    assert "edit a picture" in page
    assert "<script>alert" not in page
    assert not any(letter in page for letter in TERMINAL)


def test_a_request_is_replayed_by_the_verb(typed: Typed) -> None:
    assert typed("replay", "odd-1-8", "--live", "prod") == 3, "its own release is nowhere"
    assert typed("replay", "odd-1-8", "--live", "prod", "--json") == 3


def test_each_request_is_replayed_or_refused_with_a_sentence(
    log: Path, tools_store: Folder
) -> None:
    live = Engine.open(Release.open(tools_store.path(KIND, "prod")))
    several: dict[str, Sequence[object]] = {"odd-1": ODD, "time": TIMES, "field": FIELDS}
    for id in (f"{name}-{number}" for name, odd in several.items() for number in range(len(odd))):
        if (request := logged_request(log, id)) is None:
            assert "request_id" in FIELDS[int(id.rpartition("-")[2])], id
            continue
        replayed = Replayed.of(request, None, "gone", live, "prod")
        printed = "\n".join(replayed.lines())
        assert not any(letter in printed for letter in TERMINAL), id
        assert json.loads(json.dumps(replayed.to_json()))["live"]["release"] == live.release.id
        assert replayed.live.row or replayed.live.refusal.endswith(".")


def test_the_newest_questions_are_those_that_can_be_asked(log: Path) -> None:
    newest = newest_questions(log, 500)
    assert newest[0] == "edit a picture"
    assert {text for text in ODD if not text.strip() or len(text) > LONGEST} & set(newest) == set()


def test_nothing_that_is_whole_is_passed_over(log: Path) -> None:
    rows = list(read(log))
    texts = {row.question for row in rows}
    assert set(ODD) <= texts
    assert {row.request_id for row in rows} >= {f"time-{n}" for n in range(len(TIMES))}
    assert sum(row.request_id.startswith("field-") for row in rows) == len(FIELDS) - 1
    assert rows[0].question in {f"{text} 0" for text in ASKED}
