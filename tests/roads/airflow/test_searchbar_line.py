"""A line typed for Airflow: which end is worth another try, with the sentence that it ended with.

Everything is typed by the real make, in real clones of a real remote.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from release_format.exit_codes import COULD_NOT_TELL, YES
from release_format.verdict import Condition, Outcome, Severity, Verdict
from tests.forge.conftest import commit, git, remote, template, tree
from tests.roads.airflow.dag_files import DAGS, sibling

__all__ = ["remote", "template", "tree"]
LINE = sibling()
ENV = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
MAKEFILE = """
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
yes no usage unknown:
	@echo an-id; echo "forge: this is what it says" >&2; exit $(CODE)
killed:
	@kill -9 $$$$
admit:
	@echo "data_checks: it is away" >&2; exit $(CODE)
propose:
	@rm -f verdict
	@$(MAKE) --no-print-directory admit || [ -f verdict ]
judged:
	@touch verdict
	@$(MAKE) --no-print-directory admit CODE=1 || [ -f verdict ]
	@echo "forge: it cannot be pushed" >&2; exit $(CODE)
environment/.line:
	@mkdir -p environment; echo "pip: no network" >&2; exit 1
setup: environment/.line
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    return tmp_path


def error(folder: Path, *words: str, env: Mapping[str, str] = ENV) -> Any:
    with pytest.raises(LINE.LineError) as raised:
        LINE.type_line(("make", *words), folder, env)
    return raised.value


def test_a_line_that_ends_well_gives_what_it_printed(folder: Path) -> None:
    assert LINE.type_line(("make", "-s", "yes", "CODE=0"), folder, ENV) == "an-id"


@pytest.mark.parametrize(
    ("words", "code", "sentence", "again"),
    [
        (("no", "CODE=1"), 1, "a gate said no): forge: this is what it says", False),
        (("usage", "CODE=2"), 2, "wrong usage or configuration): forge: this", False),
        (("unknown", "CODE=3"), 3, "could not tell): forge: this is what it says", True),
        (("propose", "CODE=3"), 3, "data_checks: it is away", True),
        (("propose", "CODE=2"), 2, "data_checks: it is away", False),
        (("judged", "CODE=3"), 3, "forge: it cannot be pushed", True),
        (("judged", "CODE=1"), 1, "forge: it cannot be pushed", False),
        (("killed",), 3, ": killed] Killed", True),
        (("setup",), 3, "pip: no network", True),
        (("nonsense",), 2, "No rule to make target 'nonsense'", False),
    ],
)
def test_make_hides_the_exit_code_but_not_from_the_task(
    folder: Path, words: tuple[str, ...], code: int, sentence: str, again: bool
) -> None:
    raised = error(folder, *words)
    assert f"`make {' '.join(words)}`, exit code {code} (" in str(raised)
    assert sentence in str(raised)
    assert raised.again is again


def test_a_program_may_say_nothing(folder: Path) -> None:
    with pytest.raises(LINE.LineError, match=r"`false`, exit code 1 .*: it said nothing\.$"):
        LINE.type_line(("false",), folder, ENV)


def test_a_program_that_is_not_there_is_no_reason_to_try_again(folder: Path) -> None:
    raised = error(folder, "yes", env={"PATH": str(folder)})
    assert "`make` cannot be started" in str(raised)
    assert str(raised).endswith("name another folder.")
    assert not raised.again


def test_a_catalogues_text_does_not_pass_for_makes_own(folder: Path) -> None:
    said = ["make: *** [Makefile:1: propose] Error 3", "title: make: *** [x] Error 1"]
    assert LINE.exit_code(2, said) == 2
    assert LINE.exit_code(2, [*said, "make: *** [Makefile:1: propose] Error 3"]) == 3


ANSWERS = list(itertools.product(Outcome, Severity, ("", "Ada")))


@pytest.mark.parametrize("first", ANSWERS[::3], ids=str)
def test_a_verdict_is_read_as_the_gates_own_reader_reads_it(
    first: tuple[Outcome, Severity, str], tmp_path: Path
) -> None:
    (tmp_path / "var/reports").mkdir(parents=True)
    for second in ANSWERS:
        conditions = [
            Condition(f"c{n}", answer, "3.1 %", "at most 1 %", severity, "Mend it.", None, None, by)
            for n, (answer, severity, by) in enumerate((first, second))
        ]
        verdict = Verdict("data", "subject", "", conditions)
        (tmp_path / "var/reports/data-verdict.json").write_text(verdict.to_json(), "utf-8")
        if verdict.exit_code == YES:
            LINE.refuse_what_the_gate_refused("make propose", tmp_path)
            continue
        with pytest.raises(LINE.LineError) as refused:
            LINE.refuse_what_the_gate_refused("make propose", tmp_path)
        assert refused.value.again is (verdict.exit_code == COULD_NOT_TELL)
        assert all(condition.sentence() in str(refused.value) for condition in verdict.refusals())


def test_without_a_verdict_nothing_was_refused(tmp_path: Path) -> None:
    LINE.refuse_what_the_gate_refused("make propose", tmp_path)


def test_the_clone_is_made_once_and_is_then_what_stage_is(
    tree: Path, remote: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "line/clone"
    assert LINE.at_stage(clone, str(remote), ENV) == clone
    (clone / "catalogue/items").write_text("half of a pull\n")
    stage = commit(tree, "One more", catalogue__items="a,b,c\n")
    git(tree, "push", "--quiet", "origin", "HEAD:stage")
    LINE.at_stage(clone, "", ENV)
    assert git(clone, "rev-parse", "HEAD") == stage
    assert (clone / "catalogue/items").read_text() == "a,b,c\n"


def test_a_persons_work_is_left_alone(tree: Path) -> None:
    (tree / "catalogue/items").write_text("not committed yet\n")
    with pytest.raises(LINE.LineError, match="somebody works in") as raised:
        LINE.at_stage(tree, "", ENV)
    assert not raised.value.again
    assert (tree / "catalogue/items").read_text() == "not committed yet\n"


def test_nobody_said_what_to_clone(tmp_path: Path) -> None:
    with pytest.raises(LINE.LineError, match=r"there is no clone at .* searchbar_remote") as raised:
        LINE.at_stage(tmp_path / "clone", "", ENV)
    assert not raised.value.again


def test_git_that_is_away_is_asked_again(tree: Path, remote: Path) -> None:
    remote.rename(remote.with_name("away.git"))
    with pytest.raises(LINE.LineError, match="`git fetch` in") as raised:
        LINE.at_stage(tree, "", ENV)
    assert raised.value.again


@pytest.mark.parametrize(
    ("env", "place"), [({}, ".venv"), ({"VENV": "other"}, "other"), ({"AGENT_VENV": "a"}, "a")]
)
def test_a_program_is_typed_with_makes_own_interpreter(
    tmp_path: Path, env: dict[str, str], place: str
) -> None:
    with pytest.raises(LINE.LineError, match="Type `make setup` in"):
        LINE.python_of(tmp_path, env)
    (tmp_path / place / "bin").mkdir(parents=True)
    (tmp_path / place / "bin/python").touch()
    assert LINE.python_of(tmp_path, env) == str(tmp_path / place / "bin/python")


def test_a_task_that_is_stopped_leaves_nothing_running(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys; sys.path.insert(0, sys.argv[1]); import searchbar_line as line\n"
        "line.type_line(('sh', '-c', 'sleep 600 & echo $! >pid; wait'), pathlib.Path('.'),"
        " dict(os.environ))"
    )
    task = subprocess.Popen(
        [sys.executable, "-c", script, str(DAGS)], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    while not (pid := tmp_path / "pid").exists() or not pid.read_text().strip():
        assert task.poll() is None
        time.sleep(0.01)
    task.send_signal(signal.SIGTERM)
    _, said = task.communicate(timeout=60)
    assert "LineError" in said
    with pytest.raises(ProcessLookupError):
        while True:
            os.kill(int(pid.read_text()), 0)
            time.sleep(0.01)


def test_a_task_that_is_stopped_while_its_line_starts_leaves_nothing_running(
    tmp_path: Path,
) -> None:
    script = (
        "import os, pathlib, signal, subprocess, sys; sys.path.insert(0, sys.argv[1])\n"
        "import searchbar_line as line\n"
        "class Started(subprocess.Popen):\n"
        "    def __init__(self, *words, **how):\n"
        "        super().__init__(*words, **how)\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "line.subprocess.Popen = Started\n"
        "line.type_line(('sleep', '600'), pathlib.Path('.'), dict(os.environ))"
    )
    command = [sys.executable, "-c", script, str(DAGS)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "LineError: `sleep 600`, exit code -15" in done.stderr
