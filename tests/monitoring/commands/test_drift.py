"""`python -m monitoring drift`, typed, over logs of a real release with its real encoder."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from monitoring.drift.text_file import text_file
from release_format.questions import LoggedQuestion, append
from release_format.release import Release
from release_format.verdict import Verdict

END = date(2026, 11, 30)
ASKED = [
    "edit a photo", "remove the background", "write text with modes", "extensible editor",
    "linear algebra in python", "plot a function", "convert video", "record the screen",
    "coffee near me", "keyboard driven editor", "cut a film", "matrix multiplication",
    "crop pictures", "play music", "play a film", "text editor for programmers",
]  # fmt: skip
FOREIGN = [
    "mortgage rates this week", "side effects of ibuprofen", "flights to lisbon",
    "how to prune roses", "divorce lawyer near me", "tax return deadline", "football results",
    "train strike tomorrow",
]  # fmt: skip


def drift(
    release: Release, log: Path, *more: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitoring", "drift", str(release.path), "--log", str(log),
         "--until", END.isoformat(), *more],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )  # fmt: skip


def write(log: Path, weeks: int, foreign: int = 0) -> None:
    """Weeks of 40 questions that are alike; in the last one some are of another subject."""
    random = Random(2)
    for week in range(weeks, 0, -1):
        at = f"{END - timedelta(days=7 * week - 2)}T12:00:00Z"
        questions = [f"{random.choice(ASKED)} {random.choice('abcdefgh')}" for _ in range(40)]
        if week == 1:
            questions[:foreign] = FOREIGN[:foreign]
        for question in questions:
            append(log, LoggedQuestion(question, "r", "i", at, hits=["vim"]))


def test_a_new_subject_is_told_with_its_questions(bundled_release: Release, tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    write(log, 24, foreign=8)
    done = drift(bundled_release, log, "--report", str(tmp_path / "reports"))
    assert done.returncode == 1, done.stderr
    assert "The drift gate says no." in done.stderr
    assert "perhaps: question drift" in done.stderr
    assert "unlike all before: " in done.stderr
    written = (tmp_path / "reports/drift-verdict.json").read_bytes()
    verdict = Verdict.from_json(written)
    assert (verdict.gate, verdict.subject) == ("drift", bundled_release.id)
    assert len(set(verdict.facts["novel"][:8]) & set(FOREIGN)) >= 6
    assert (tmp_path / "reports/drift.prom").read_text() == text_file(verdict)
    # The log has gone but for its last week: what was kept of the others says the same.
    last = [line for line in log.read_text().splitlines() if f"{END - timedelta(days=5)}T" in line]
    log.write_text("\n".join(last) + "\n")
    drift(bundled_release, log, "--report", str(tmp_path / "reports"))
    again = Verdict.from_json((tmp_path / "reports/drift-verdict.json").read_bytes())
    assert replace(again, made_at=verdict.made_at) == verdict


@pytest.mark.proof
def test_weeks_alike_are_a_yes_and_a_young_log_cannot_tell(
    bundled_release: Release, tmp_path: Path
) -> None:
    write(tmp_path / "old.jsonl", 24)
    done = drift(bundled_release, tmp_path / "old.jsonl")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "The drift gate says yes.")
    write(tmp_path / "young.jsonl", 6)
    done = drift(bundled_release, tmp_path / "young.jsonl")
    assert done.returncode == 3
    assert "5 earlier windows that can be compared" in done.stderr
    done = drift(bundled_release, tmp_path / "young.jsonl", "--until", "2020-01-01")
    assert done.returncode == 3
    assert "0 earlier windows that can be compared" in done.stderr


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--days", "0"], "a window has 1 to 366 days. Give --days so."),
        (["--days", "999999999"], "a window has 1 to 366 days. Give --days so."),
        (["--log", "/nowhere/q.jsonl"], "cannot be read (No such file or directory)"),
    ],
)
def test_what_cannot_be_judged_is_said_before_anything_is_opened(
    bundled_release: Release, tmp_path: Path, more: list[str], sentence: str
) -> None:
    write(tmp_path / "q.jsonl", 1)
    done = drift(bundled_release, tmp_path / "q.jsonl", *more)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
