"""`python -m monitoring alarm`: a file only where something moved, and the exit code says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from monitoring.__main__ import main
from release_format.cli import run_program
from release_format.verdict import Condition, Outcome, Verdict
from release_format.watch.alarm import Alarm
from tests.monitoring.drift.test_drift import judged


def run(folder: Path, answer: Outcome, *more: str, **facts: Any) -> int:
    """The verb, for a verdict of one condition."""
    verdict = Verdict("drift", "r", "", [Condition("topic-clicks", answer, "1", "2")], facts)
    (folder / "verdict.json").write_text(verdict.to_json())
    (folder / "out").mkdir(exist_ok=True)
    return run_program(
        "monitoring",
        main,
        ["alarm", str(folder / "verdict.json"), "--out", str(folder / "out/alarm.json"),
         "--judgments", str(folder / "judgments.jsonl"), "--recipe", str(folder / "recipe.toml"),
         *more],
    )  # fmt: skip


FELL = {"start": "2026-11-23", "days": 7, "topics": [{"topic": "film", "is_below": True}]}


def judge(folder: Path, many: int) -> None:
    rows = [f'{{"id": "q{n}", "question": "q{n}", "relevant": {{"a": 1}}}}\n' for n in range(many)]
    (folder / "judgments.jsonl").write_text("".join(rows))


@pytest.mark.parametrize(
    ("answer", "facts", "code", "sentence"),
    [
        (Outcome.YES, {}, 0, "nothing moved"),
        (
            Outcome.COULD_NOT_TELL,
            {"cause": "source outage"},
            3,
            "no alarm: The drift gate could not tell",
        ),
    ],
    ids=["as before", "outage"],
)
def test_where_nothing_moved_or_nobody_could_tell_no_file_is_left(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    answer: Outcome,
    facts: dict[str, Any],
    code: int,
    sentence: str,
) -> None:
    judge(tmp_path, 60)
    assert run(tmp_path, Outcome.NO, **FELL) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "alarm.json", "recipe.toml",
    ]  # fmt: skip
    capsys.readouterr()
    assert run(tmp_path, answer, **facts) == code
    out, err = capsys.readouterr()
    assert (out, sentence in err) == ("", True)
    assert list((tmp_path / "out").iterdir()) == [], "what an earlier run left is no alarm of this"


def test_an_alarm_is_written_and_its_path_is_the_last_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, Outcome.NO, cause="quality drop") == 1
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "out/alarm.json")
    alarm = Alarm.from_json((tmp_path / "out/alarm.json").read_bytes())
    assert (alarm.cause, [each.name for each in alarm.moved]) == ("quality drop", ["topic-clicks"])
    assert not (tmp_path / "out/recipe.toml").exists(), "no topic fell: nothing is learned"


@pytest.mark.parametrize(
    ("judged", "recipe", "learns", "sentence"),
    [
        (60, "", True, "keeps it only where it wins"),
        (60, '[train]\ntrain = "finetune"\n', False, "The recipe learns already"),
        (3, "", False, "Nothing is learned: 3 questions are judged, 40 would do."),
    ],
)
def test_where_a_topic_fell_a_recipe_that_learns_is_proposed(
    tmp_path: Path, judged: int, recipe: str, learns: bool, sentence: str
) -> None:
    judge(tmp_path, judged)
    if recipe:
        (tmp_path / "recipe.toml").write_text(recipe)
    assert run(tmp_path, Outcome.NO, **FELL) == 1
    assert (tmp_path / "out/recipe.toml").exists() is learns
    advice = Alarm.from_json((tmp_path / "out/alarm.json").read_bytes()).advice
    assert any(sentence in line for line in advice), advice


@pytest.mark.parametrize("weeks", [0, 1, 6, 19])
def test_too_young_a_log_is_no_alarm_and_no_outage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], weeks: int
) -> None:
    verdict = judged(weeks)
    assert verdict.exit_code == 3
    (tmp_path / "verdict.json").write_text(verdict.to_json())
    out = tmp_path / "alarm.json"
    line = ["alarm", str(tmp_path / "verdict.json"), "--out", str(out)]
    assert run_program("monitoring", main, line) == 0
    assert capsys.readouterr().err == (
        f"nothing can be told yet: {max(0, weeks - 1)} earlier windows that can be compared, and at"
        " least 19 are needed. Let the log grow.\n"
    )
    assert not out.exists()


@pytest.mark.parametrize("text", [None, "nonsense", "{}"])
def test_what_is_no_verdict_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    path = tmp_path / "verdict.json"
    if text is not None:
        path.write_text(text)
    code = run_program("monitoring", main, ["alarm", str(path), "--out", str(tmp_path / "a.json")])
    assert code == (2 if text is None else 3)
    assert "Traceback" not in capsys.readouterr().err
