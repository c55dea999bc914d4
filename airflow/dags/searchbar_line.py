"""One line of this project typed in a clone of it, and what its end means. (Standard library.)

The DAGs of searchbar.py type with it; Airflow needs other versions of what our programs need.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

YES, NO, USAGE, COULD_NOT_TELL = 0, 1, 2, 3
MEANINGS = {NO: "a gate said no", USAGE: "wrong usage or configuration"}
# What make itself says of a line that failed: `make[1]: *** [Makefile:188: admit] Error 3`.
OF_MAKE = re.compile(r"make(?:\[\d+\])?: \*\*\* (?:\[(?:[^]]*: )?(?P<target>[^]]+)\] )?(?P<end>.+)")
LAST_LINES = 200
LOG = logging.getLogger("airflow.task")


class LineError(Exception):
    """Why a line did not end well, in a sentence; `again`: whether it is worth another try."""

    def __init__(self, text: str, *, again: bool = False) -> None:
        super().__init__(text)
        self.again = again


def type_line(words: Sequence[str], folder: Path, env: Mapping[str, str]) -> str:
    """Type one line in a folder, its output in the task's log; returns its standard output.

    Raises:
        LineError: it did not end well; `again` only where it could not be told.
    """
    line = " ".join(words)
    LOG.info("%s (in %s)", line, folder)
    code, said, printed = _run(words, folder, env)
    if printed:
        LOG.info("%s", printed)
    end(line, exit_code(code, said), _sentence(said))
    return printed


def end(line: str, code: int, sentence: str) -> None:
    """Nothing where a line ended well.

    Raises:
        LineError: it did not.
    """
    if code != YES:
        text = f"`{line}`, exit code {code} ({MEANINGS.get(code, 'could not tell')}): {sentence}"
        raise LineError(text, again=code not in MEANINGS)


def _run(words: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[int, list[str], str]:
    """Exit code, last lines of standard error, and standard output."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output,
        _stopped_with_its_task() as begun,
    ):
        try:
            process = subprocess.Popen(
                list(words),
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise LineError(
                f"`{words[0]}` cannot be started in {folder} ({error.strerror}). Install it there,"
                " or name another folder."
            ) from error
        said: list[str] = []
        begun(process)
        for text in process.stderr or ():
            LOG.info("%s", text.rstrip())
            said = [*said[-LAST_LINES:], text.rstrip()]
        code = process.wait()
        output.seek(0)
        return code, said, output.read().strip()


@contextlib.contextmanager
def _stopped_with_its_task() -> Iterator[Callable[[subprocess.Popen[str]], None]]:
    """End all that a line started when its task is stopped, or has run out of time.

    It is told by `begun(process)` what that is: a task may be stopped while its line starts.
    """
    processes: list[subprocess.Popen[str]] = []
    is_stopped = False

    def end_all() -> None:
        for process in processes:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)

    def stop(*_: object) -> None:
        nonlocal is_stopped
        is_stopped = True
        end_all()

    def begun(process: subprocess.Popen[str]) -> None:
        processes.append(process)
        if is_stopped:
            end_all()

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield begun
    finally:
        signal.signal(signal.SIGTERM, before)
        end_all()


def exit_code(code: int, said: Sequence[str]) -> int:
    """The exit code of the program, which make flattens to 2 but names in its last lines."""
    if code != USAGE:
        return code
    innermost = None
    for text in reversed([text for text in said if text.strip()]):
        if not (match := OF_MAKE.fullmatch(text.strip())):
            break
        innermost = match
    if innermost is None or not innermost["target"]:
        return USAGE
    number = re.search(r"\d+$", innermost["end"])
    # A file as a target is the environment, which could not be made; what was killed has no number.
    return COULD_NOT_TELL if "/" in innermost["target"] or not number else int(number[0])


def _sentence(said: Sequence[str]) -> str:
    """The last line that is not make's own, if there is one."""
    lines = [text.strip() for text in said if text.strip()]
    of_programs = [text for text in lines if not text.startswith("make")]
    return (of_programs or lines or ["it said nothing."])[-1]


def at_stage(folder: Path, remote: str, env: Mapping[str, str]) -> Path:
    """The clone as stage is now, made where it is not there yet.

    Raises:
        LineError: it is a person's work tree, nobody said what to clone, or git could not.
    """
    if not (folder / ".git").exists():
        if not remote:
            raise LineError(
                f"there is no clone at {folder}. Name one in the Variable searchbar_checkout, or"
                " what to clone there in searchbar_remote."
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        words = ("clone", "--quiet", "--branch", "stage", "--", remote, str(folder.absolute()))
        _git(folder.parent, env, *words)
    # A clone of the line's own stands on no branch: what its last run left there may go.
    if _git(folder, env, "branch", "--show-current") and _git(folder, env, "status", "--porcelain"):
        raise LineError(
            f"somebody works in {folder}. Name a clone for the line alone in the Variable"
            " searchbar_checkout."
        )
    _git(folder, env, "fetch", "--quiet", "origin", "stage")
    _git(folder, env, "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD")
    return folder


def _git(folder: Path, env: Mapping[str, str], *words: str) -> str:
    """What git prints; whatever stops it is worth another try."""
    code, said, printed = _run(("git", *words), folder, {"GIT_TERMINAL_PROMPT": "0", **env})
    if code:
        raise LineError(f"`git {words[0]}` in {folder}: {_sentence(said)}", again=True)
    return printed


def refuse_what_the_gate_refused(line: str, folder: Path) -> None:
    """`make propose` proposes what the data gate refused, too, for people to see; here it says no.

    Raises:
        LineError: the gate said no, or could not tell (`again`).
    """
    path = folder / "var/reports/data-verdict.json"
    verdict = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    if verdict is None or verdict["says_yes"]:
        return
    stopping = [condition for condition in verdict["conditions"] if _stops(condition)]
    sentences = [
        f"{found['name']}: {found['answer']} — saw {found['seen']}, allowed {found['allowed']}."
        f" {found['why']}".rstrip()
        for found in stopping
    ]
    is_no = any(condition["answer"] == "no" for condition in stopping)
    answer = "says no" if is_no else "could not tell"
    sentence = f"The data gate {answer}: {' '.join(sentences)}"
    end(line, NO if is_no else COULD_NOT_TELL, sentence)


def _stops(condition: Mapping[str, Any]) -> bool:
    """As the gate's own reader decides it."""
    if condition["severity"] != "block" or condition["accepted_by"]:
        return False
    return condition["answer"] in ("no", "could not tell")


def python_of(folder: Path, env: Mapping[str, str]) -> str:
    """The interpreter that `make` types with there: a program started by it keeps its exit code.

    Raises:
        LineError: its environment is not made yet.
    """
    venv = folder / (env.get("VENV") or env.get("AGENT_VENV") or ".venv")
    if not (python := venv / "bin/python").exists():
        raise LineError(f"there is no {python}. Type `make setup` in {folder}.")
    return str(python)
