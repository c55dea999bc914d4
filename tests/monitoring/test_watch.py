"""`make watch`, typed with programs that only write down what they are asked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

PROGRAM = """#!/bin/bash
echo "$*" >>lines
drift=$(cat drift)
case "$*" in
  "forge live"*) [ -e nothing-live ] || echo store/releases/live ;;
  "monitoring drift"*)
    [ -e no-log ] && exit 2
    touch var/watch/drift-verdict.json; exit "$drift" ;;
  "monitoring alarm"*)
    [ "$drift" = 1 ] && touch var/watch/alarm.json $(cat leaves)
    if [ -e young ]; then exit 0; else exit "$drift"; fi ;;
  "monitoring propose"*) touch var/watch/judgments.proposed.jsonl ;;
  "forge alarm"*) echo https://forge.example/pull/1 ;;
esac
"""
# What make would install first.
INSTALLED = (".venv/bin/uv", ".venv/.torch", ".venv/.up", ".venv/.line")


def watch(folder: Path, drift: int, *more: str, leaves: str = "") -> tuple[int, list[str], str]:
    """Type it; returns its exit code, the lines that it typed, and the last line."""
    program = folder / "program"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    (folder / "drift").write_text(str(drift))
    (folder / "leaves").write_text(leaves)
    (folder / "lines").write_text("")
    (folder / ".venv/bin").mkdir(parents=True)
    for name in INSTALLED:
        (folder / name).touch()
    typed = ["make", "-s", "-f", str(ROOT / "Makefile"), "watch", f"RUN={program}", "AGENT=yes"]
    done = subprocess.run([*typed, "VENV=.venv", *more], cwd=folder, capture_output=True, text=True)
    last = done.stdout.strip().rpartition("\n")[2]
    return done.returncode, (folder / "lines").read_text().splitlines(), last


def verbs(lines: list[str]) -> list[str]:
    return [" ".join(line.split()[:2]) for line in lines]


def test_where_nothing_moved_nothing_is_opened(tmp_path: Path) -> None:
    code, lines, last = watch(tmp_path, 0)
    assert (code, verbs(lines)) == (0, ["forge live", "monitoring drift", "monitoring alarm"])
    assert last == ""


def test_an_alarm_proposes_and_opens_one_pull_request_and_ends_well(tmp_path: Path) -> None:
    code, lines, last = watch(
        tmp_path, 1, "LOG=my log.jsonl", "DAYS=1", leaves="var/watch/recipe.toml"
    )
    assert (code, last) == (0, "https://forge.example/pull/1")
    assert verbs(lines)[-2:] == ["monitoring propose", "forge alarm"]
    assert "drift store/releases/live --log my log.jsonl --days 1 --report var/watch" in lines[1]
    assert lines[-1] == (
        "forge alarm var/watch/alarm.json"
        " --judgments var/watch/judgments.proposed.jsonl --recipe var/watch/recipe.toml"
    )


@pytest.mark.parametrize(("drift", "without_log"), [(3, False), (2, True)])
def test_an_outage_and_a_log_that_is_missing_open_nothing_and_fail(
    tmp_path: Path, drift: int, without_log: bool
) -> None:
    if without_log:
        (tmp_path / "no-log").touch()
    code, lines, _ = watch(tmp_path, drift)
    assert code == 2
    assert not {"forge alarm", "monitoring propose"} & set(verbs(lines))


def test_too_young_a_log_opens_nothing_and_ends_well(tmp_path: Path) -> None:
    (tmp_path / "young").touch()
    code, lines, last = watch(tmp_path, 3)
    assert (code, verbs(lines)) == (0, ["forge live", "monitoring drift", "monitoring alarm"])
    assert last == ""


def test_where_nothing_is_live_nothing_is_watched(tmp_path: Path) -> None:
    (tmp_path / "nothing-live").touch()
    code, lines, _ = watch(tmp_path, 1)
    assert (code, verbs(lines)) == (0, ["forge live"])


def test_what_belongs_to_a_catalogue_is_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").touch()
    (tmp_path / "mine.judgments.proposed.jsonl").touch()
    (tmp_path / "mine.recipe.toml").touch()
    _, lines, _ = watch(tmp_path, 1, "CATALOGUE=mine.csv")
    assert "--judgments mine.judgments.proposed.jsonl --recipe mine.recipe.toml" in lines[2]
    assert "--judgments mine.judgments.proposed.jsonl" in lines[3]
    assert "--catalogue mine.csv" in lines[4]


def test_another_catalogues_judgments_are_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "my shop.csv").touch()
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue/judgments.jsonl").touch()
    _, lines, _ = watch(tmp_path, 1, "CATALOGUE=my shop.csv")
    assert "--judgments my shop.judgments.jsonl" in lines[2]
    assert "--catalogue my shop.csv" in lines[4]
