"""What a killed run left goes with a later one; what anybody else has stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from release_format.exit_codes import ProgramError
from release_format.system.temporary_folder import HELD, OLD, sweep, temporary_folder

HOLD = (
    "import sys, time; from pathlib import Path\n"
    "from release_format.system.temporary_folder import temporary_folder\n"
    "with temporary_folder('work.', Path(sys.argv[1])) as folder:\n"
    "    (folder / 'rows').write_text('x'); print(folder, flush=True); time.sleep(60)\n"
)


def holder(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(parent)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_run_left_is_swept_and_a_running_ones_stays(tmp_path: Path) -> None:
    running, live = holder(tmp_path)
    killed, left = holder(tmp_path)
    assert len({live, left}) == 2
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    with temporary_folder("work.", tmp_path) as folder:
        assert folder.name.startswith(f"work.{HELD}")
        assert (live / "rows").exists()
        assert not left.exists()
    running.kill()
    running.communicate()
    assert sweep("work.", tmp_path) == 1
    assert not [*tmp_path.iterdir()]


def test_a_folder_without_a_lock_must_be_old(tmp_path: Path) -> None:
    (old := tmp_path / "work.a").mkdir()
    (young := tmp_path / "work.b").mkdir()
    (old / "rows").write_text("x")
    for path in (old / "rows", old, young):
        os.utime(path, (time.time() - OLD - 60,) * 2)
    (young / "rows").write_text("just written")
    assert sweep("work.", tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["work.b"]


def test_no_link_no_file_and_no_other_prefix_is_touched(tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (elsewhere / "mine").write_text("x")
    (tmp_path / f"work.{HELD}link").symlink_to(elsewhere)
    (tmp_path / f"work.{HELD}file").write_text("x")
    (tmp_path / f"other.{HELD}x").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert sweep("work.", tmp_path) == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_another_users_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"work.{HELD}x").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert sweep("work.", tmp_path) == 0
    monkeypatch.undo()
    assert sweep("work.", tmp_path) == 1


def test_without_any_folder_for_temporary_files_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(ProgramError, match="Name one that can be written in TMPDIR"):
        temporary_folder("work.").__enter__()
