"""Here is the stub `make`: it writes down, prints, leaves files and fails as it was told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.roads.stub_make import recorded_lines, stub_make


def test_a_line_is_written_down_with_what_the_verbs_read(tmp_path: Path) -> None:
    make = stub_make(
        tmp_path / "bin",
        prints={"make -s approve": "R I E\n"},
        writes={"make admit": {"var/line/snapshot": "1234"}},
        fails={"make verify": 3},
    )
    env = {**os.environ, "PATH": make.path, "BRANCH_NAME": "stage", "OTHER": "no"}
    script = "make -s approve; make admit; make verify"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == ("R I E\n", 3)
    assert make.lines() == ["make -s approve", "make admit", "make verify"]
    assert make.typed()[0].env["BRANCH_NAME"] == "stage"
    assert "OTHER" not in make.typed()[0].env
    assert (tmp_path / "var/line/snapshot").read_text() == "1234"


def test_the_recorded_lines_are_those_of_the_jenkinsfile() -> None:
    assert recorded_lines("pull request")[:2] == ["make verify", "make admit"]
    assert "make rollout ENVIRONMENT=stage" in recorded_lines("stage")
