"""What needs no Airflow: the DAGs import nothing of ours, type the Jenkinsfile's lines, and their
lock is what was asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.roads.airflow.dag_files import DAGS, SIBLING, daily_lines, foreign_imports
from tests.roads.stub_make import recorded_lines

FILES = sorted(DAGS.glob("*.py"))
SOURCE = (DAGS / "searchbar.py").read_text(encoding="utf-8")
ASKED, LOCK = ROOT / "locks/airflow.in", ROOT / "locks/airflow.txt"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_imported_that_airflows_environment_has_not(path: Path) -> None:
    assert foreign_imports(path.read_text(encoding="utf-8")) == set()


def test_what_the_dags_type_with_needs_no_airflow_either() -> None:
    assert {path.stem for path in FILES} == {"searchbar", SIBLING}
    assert "import airflow" not in (text := (DAGS / f"{SIBLING}.py").read_text(encoding="utf-8"))
    assert "from airflow" not in text


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import searchbar.engine", "searchbar.engine"),
        ("from release_format.verdict import Verdict", "release_format.verdict"),
        ("def late() -> None:\n    import yaml", "yaml"),
        ("from . import other", "."),
    ],
)
def test_a_foreign_import_is_found(line: str, found: str) -> None:
    assert foreign_imports(f"{SOURCE}\n{line}\n") == {found}


def test_the_daily_dag_types_what_jenkins_types_every_day() -> None:
    assert daily_lines(SOURCE) == recorded_lines("daily")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('("make", "propose")', '("make", "admit")'),
        ('("make", "-s", "sweep")', '("make", "sweep")'),
        ("sweep() >> propose()", "propose() >> sweep()"),
        ("sweep() >> propose()", "propose()"),
        ("type_line(PROPOSE, folder, env)", "print(PROPOSE)"),
        ("if lost := type_line(SWEEP, folder, env):", "if lost := str(SWEEP):"),
    ],
)
def test_a_wrong_line_is_found(right: str, wrong: str) -> None:
    assert SOURCE.count(right) == 1
    assert daily_lines(SOURCE.replace(right, wrong)) != recorded_lines("daily")


def pins(text: str) -> dict[str, str]:
    """Package and version of each line `name==version`, extras left out."""
    lines = re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", text)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in lines}


def test_the_lock_is_what_was_asked_for_with_a_digest_for_every_file() -> None:
    asked, locked = pins(ASKED.read_text("utf-8")), pins(text := LOCK.read_text("utf-8"))
    assert asked
    assert {name: locked.get(name) for name in asked} == asked
    # An extra that is asked for brings its provider.
    assert "apache-airflow-providers-amazon" in locked
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]
    assert len(blocks) == len(re.findall(r"(?m)^[A-Za-z0-9][^\n]*==", text))
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_lock_is_why_airflow_lives_alone() -> None:
    """Once both fit together there is no need for a second environment."""
    ours, theirs = (
        pins((ROOT / "locks/serve.txt").read_text("utf-8")),
        pins(LOCK.read_text("utf-8")),
    )
    newest = tuple(int(part) for part in theirs["fastapi"].split("."))
    assert newest < tuple(int(part) for part in ours["fastapi"].split("."))
