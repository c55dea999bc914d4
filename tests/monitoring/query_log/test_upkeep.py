"""Rotation and forgetting: nothing is lost or doubled, wherever they end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from monitoring.query_log.upkeep import DAYS_AS_LINES, IsMeant, forget, rotate
from release_format.questions import LoggedQuestion, append, parquet, read
from release_format.questions.parts import Part, parts_of
from searchbar.feedback import query_log
from tests.release_format.questions.lines import ago, set_day


def texts(log: Path) -> list[str]:
    return [logged.question for logged in read(log)]


def of_request(id: str) -> IsMeant:
    return lambda logged: logged.request_id == id


def endings(log: Path) -> list[str]:
    return [f"{part.jsonl.exists():d}{part.parquet.exists():d}" for part in parts_of(log)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Parts of 500, 40, 8 and 7 days ago, and a live file of yesterday."""
    log = tmp_path / "questions.jsonl"
    for days in (500, 40, 8, 7):
        lines = [LoggedQuestion(f"{days} {n}", "r", f"id-{days}-{n}") for n in range(2)]
        Part(ago(days), 1, log).jsonl.write_text("".join(each.to_line() for each in lines))
    append(log, LoggedQuestion("1 0", "r", "id-1-0"))
    append(log, LoggedQuestion("1 0", "r", "id-1-0", feedback={"kind": "click", "id": "vim"}))
    set_day(log, ago(1))
    return log


def test_old_parts_become_parquet_and_expired_ones_go(log: Path) -> None:
    before = texts(log)
    done = rotate(log, 420)
    assert (done.deleted, done.written, done.kept, done.failed) == (1, 2, 4, [])
    assert texts(log) == before[2:]
    assert endings(log) == ["01", "01", "10", "10"]
    assert not log.exists(), "its day was over"
    again = rotate(log, 420)
    assert (again.deleted, again.written) == (0, 0)


def test_what_a_server_shows_stays_lines() -> None:
    assert DAYS_AS_LINES >= query_log.DAYS


def test_a_part_that_cannot_be_written_stays_and_the_others_do_not_wait(log: Path) -> None:
    parts_of(log)[1].parquet.mkdir()
    done = rotate(log, 0)
    assert done.written == 2
    assert len(done.failed) == 1
    assert parts_of(log)[1].jsonl.exists()
    assert len(texts(log)) == 10


def test_a_question_is_forgotten_wherever_it_stands(log: Path) -> None:
    rotate(log, 0)
    append(log, LoggedQuestion("jane doe", "r", "today"))
    before = texts(log)
    for meant in ("id-500-1", "id-7-0", "today"):
        done = forget(log, of_request(meant))
        assert (done.forgotten, done.written, done.failed) == (1, 1, [])
    after = texts(log)
    assert after == [text for text in before if text not in ("500 1", "7 0", "jane doe")]
    assert forget(log, of_request("id-1-0")).forgotten == 2
    content = b"".join(path.read_bytes() for path in log.parent.iterdir())
    assert b"id-7-0" not in content
    assert b"jane" not in content
    assert endings(log)[:5] == ["01", "01", "01", "10", "10"], "what was lines is lines"


def test_a_stale_copy_is_forgotten_too_and_what_cannot_be_read_is_said(log: Path) -> None:
    parquet.write(parts_of(log)[2].parquet, [LoggedQuestion("8 0"), LoggedQuestion("8 1")])
    Part(ago(100), 1, log).parquet.write_bytes(b"PAR1")
    done = forget(log, lambda logged: logged.question == "8 0")
    assert done.forgotten == 1
    assert "not a whole Parquet" in done.failed[0]
    (part,) = (part for part in parts_of(log) if part.day == ago(8))
    assert not part.parquet.exists()


CRASHES = """
import json, os, shutil, signal, sys
from pathlib import Path
import pyarrow.parquet
from monitoring.query_log.upkeep import forget, rotate
from release_format.questions import LoggedQuestion, append, read

STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "os.chmod")
prepared, work = Path(sys.argv[1]), Path(sys.argv[2])
acts = {
    "rotate": lambda log: rotate(log, 0),
    "forget": lambda log: forget(log, lambda logged: logged.question == "8 0"),
    "append": lambda log: append(log, LoggedQuestion("now", "r", "now")),
}
for name, act in acts.items():
    step = 0
    while True:
        step += 1
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(prepared, work)
        log = work / "questions.jsonl"
        if not (child := os.fork()):
            left = [step]
            def count(event, arguments):
                if event in STEPS:
                    left[0] -= 1
                    if not left[0]:
                        os.kill(os.getpid(), signal.SIGKILL)
            sys.addaudithook(count)
            act(log)
            os._exit(0)
        ended = os.waitpid(child, 0)[1]
        crashed = [(each.question, each.request_id) for each in read(log)]
        act(log)
        again = [(each.question, each.request_id) for each in read(log)]
        hidden = [path.name for path in work.iterdir() if path.name.startswith(".")]
        print(json.dumps([name, step, crashed, again, hidden]))
        if ended == 0:
            break
"""


def test_whatever_step_is_its_last_nothing_is_lost_or_doubled(log: Path, tmp_path: Path) -> None:
    """Killed at every call that touches the disk, in turn; then done again."""
    for part in parts_of(log)[:2]:
        part.delete()
    before = [(each.question, each.request_id) for each in read(log)]
    ran = subprocess.run(
        [sys.executable, "-c", CRASHES, str(log.parent), str(tmp_path / "../crashed")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    steps: dict[str, int] = {}
    for line in ran.stdout.splitlines():
        name, step, crashed, again, hidden = json.loads(line)
        steps[name] = step
        held = [tuple(row) for row in crashed if row[0] != "now"]
        if name == "forget":
            assert set(before) - set(held) <= {("8 0", "id-8-0")}
            assert [row for row in before if row[0] != "8 0"] == [tuple(row) for row in again]
        else:
            assert held == before, (name, step)
            assert [tuple(row) for row in again if row[0] != "now"] == before, (name, step)
        assert len(held) == len({*held}) + 1, "the click is the one line of a question twice"
        assert name == "append" or not hidden, "what the end left is cleared away"
    assert steps["rotate"] > 12
    assert steps["forget"] > 10
    assert steps["append"] >= 3
