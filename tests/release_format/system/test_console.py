"""No character, no terminal and no reader that leaves ends a run otherwise than it would."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.refusals.tried import tried

SAY = (
    "import sys; from release_format.cli import run_program; from release_format.progress import"
    " say\n"
    "def main(arguments):\n"
    "    say('K\\u00e4se \\U0001f9c0 \\ud800'); import json\n"
    "    print(json.dumps({'\\u00e9': '\\U0001f9c0 \\udcff'}, ensure_ascii=False)); return 0\n"
    "sys.exit(run_program('t', main, ['verb']))\n"
)


def run(command: str, code: str = SAY, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """A shell's command in which $P is Python and $C the code."""
    environment = {**os.environ, "P": sys.executable, "C": code, **variables}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=environment, capture_output=True, check=False
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1252"])
def test_every_text_can_be_written_and_json_stays_json(encoding: str) -> None:
    done = run('"$P" -c "$C"', PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode(encoding)) == {"é": "🧀 \udcff"}
    assert b"Traceback" not in done.stderr
    assert b"\\ud800" in done.stderr
    tried("console", f"a terminal of {encoding}", done.returncode, done.stderr.decode(encoding))


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_a_plain_locale_is_no_trouble(locale: str) -> None:
    done = run('"$P" -c "$C"', LC_ALL=locale, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"é": "🧀 \udcff"}


LONG = SAY.replace("print(", "[print('x' * 99) for _ in range(5000)]; print(")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ('"$P" -c "$C" | head -c 1 >/dev/null', 3),
        ('"$P" -c "$C" 2>&1 >/dev/null | true', 0),
        ('"$P" -c "$C" 2>&- >/dev/null', 0),
        ('"$P" -c "$C" >&-', 0),
        ('"$P" -c "$C" >/dev/full', 3),
    ],
)
def test_a_reader_that_leaves_changes_no_exit_code_to_a_gates(command: str, code: int) -> None:
    done = run(command, LONG)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    what = command.replace('"$P" -c "$C"', "a verb")
    tried("console", what, done.returncode, done.stderr.decode("utf-8", "replace"))
