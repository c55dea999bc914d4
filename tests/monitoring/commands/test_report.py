"""`python -m monitoring report`, typed, over logs that a real release answered."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from release_format.questions import LoggedQuestion, append
from release_format.release import Release

TODAY = datetime.now(UTC).date()


def typed(*arguments: str, store: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitoring", "report", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "SEARCHBAR_STORE": str(store)},
    )


def write(log: Path, release: str, *questions: str, days_ago: int = 3) -> None:
    at = f"{TODAY - timedelta(days=days_ago)}T12:00:00Z"
    for number, question in enumerate(questions):
        id = f"{days_ago}-{number}"
        append(log, LoggedQuestion(question, release, id, at, hits=["vim"], no_good_match=True))


def test_a_week_becomes_a_page_and_a_message(bundled_release: Release, tmp_path: Path) -> None:
    log, store = tmp_path / "q.jsonl", bundled_release.path.parents[1]
    write(
        log, bundled_release.id, "mortgage rates today", "current mortgage rates", "cheap flights"
    )
    write(log, bundled_release.id, "mortgage rates today", days_ago=10)
    done = typed("--week", "--log", str(log), "--report", str(tmp_path / "out"), store=store)
    assert (done.returncode, done.stderr) == (0, f"Report: {tmp_path / 'out/week.html'}\n")
    assert (tmp_path / "out/week.md").read_text() == done.stdout
    assert "- Questions: 3 (before: 1, +200 %)" in done.stdout
    # The release's own encoder sees that two of them are one, and its items have topics.
    assert "- Failed 2×: current mortgage rates (nothing fits 2×)" in done.stdout
    assert "- Click-through by topic: " in done.stdout
    page = (tmp_path / "out/week.html").read_text()
    assert "2 ways to ask" in page
    assert bundled_release.id[:12] in page


def test_without_a_release_of_the_week_it_says_so_and_tells_the_rest(tmp_path: Path) -> None:
    log = tmp_path / "q.jsonl"
    write(log, "f" * 64, "lamp", "lamps")
    done = typed("--log", str(log), "--report", str(tmp_path), store=tmp_path / "empty")
    assert done.returncode == 0, done.stderr
    assert "No release that answered is in the store any more" in done.stdout
    assert "- No good match: 100.0 %" in done.stdout


def test_an_empty_week_is_told(tmp_path: Path) -> None:
    log = tmp_path / "q.jsonl"
    write(log, "f" * 64, "lamp", days_ago=100)
    done = typed("--log", str(log), "--report", str(tmp_path), store=tmp_path / "empty")
    assert done.returncode == 0, done.stderr
    assert "Nothing was asked. Look whether the page was there" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--log", "/nowhere/q.jsonl"], 2, "cannot be read (No such file or directory)"),
        (["--log", "q.jsonl", "--week", "2026-W60"], 2, "is no week of that year"),
        (["--log", "q.jsonl", "--week", "9000-W01"], 2, "has not begun"),
        (["--log", "empty.jsonl"], 3, "holds no question"),
        ([], 2, "which log?"),
        (["nosuchrelease", "--log", "q.jsonl"], 2, "no release is called 'nosuchrelease'"),
    ],
)
def test_what_cannot_be_told_ends_with_what_to_do(
    arguments: list[str], code: int, sentence: str, tmp_path: Path
) -> None:
    write(tmp_path / "q.jsonl", "f" * 64, "lamp")
    (tmp_path / "empty.jsonl").write_text("\n{broken\n")
    names = {name: str(tmp_path / name) for name in ("q.jsonl", "empty.jsonl")}
    words = [names.get(word, word) for word in arguments]
    done = typed(*words, "--report", str(tmp_path / "out"), store=tmp_path / "store")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert sentence in done.stderr
    assert not (tmp_path / "out").exists()
