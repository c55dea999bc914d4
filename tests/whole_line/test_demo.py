"""`make demo`: what a visitor of this repository types first, typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.whole_line.conftest import need_hosts
from tests.whole_line.line import ROOT

VENV = f"VENV={Path(sys.executable).parents[1]}"


def demo(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # As a visitor types it: a make that runs these tests would have this one say where it enters
    # and leaves.
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(
        ["make", "demo", VENV, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**own, **environment},
    )


@pytest.mark.xdist_group("demo")
@pytest.mark.proof  # three minutes: its parts are tested on their own
def test_the_demo_changes_an_answer_refuses_a_bad_change_and_fails_nobody() -> None:
    need_hosts()
    done = demo("JENKINS=0")
    print(done.stdout)  # the table, for whoever runs this with -s
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    told = done.stdout.strip().splitlines()
    found = re.fullmatch(r"answer (.+) → (.+), questions asked ([\d,]+), failed 0", told[-1])
    assert found, told[-1]
    assert found[1] != found[2]
    assert int(found[3].replace(",", "")) > 100
    assert any("change their first ten" in line for line in told), "the search diff is shown"
    assert any("The data gate says no" in line for line in told), (
        "the bad change is refused, with its reason"
    )


def test_without_a_registry_the_demo_says_what_to_do() -> None:
    """The real controller's image comes from elsewhere; where that cannot be reached, one
    sentence, and never a yes."""
    done = subprocess.run(
        [ROOT / "jenkins/verify.sh"], capture_output=True, text=True, check=False,
        env={**os.environ, "DOCKER_HOST": "tcp://127.0.0.1:9"},
    )  # fmt: skip
    assert done.returncode == 3
    assert "the controller's image cannot be built" in done.stderr
    assert "let Docker reach these, or a mirror." in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
