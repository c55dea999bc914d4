"""The key of the hosts lives as long as the line that needs it, and the evidence is shown whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.whole_line.line import ROOT

WITH_KEY = ROOT / ".github/with_rollout_key.sh"
SHOW = ROOT / ".github/show_evidence.sh"
CLEAN = {n: v for n, v in os.environ.items() if n not in ("SSH_AUTH_SOCK", "SSH_AGENT_PID")}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "the hosts", "-f", str(path)]
    subprocess.run(words, check=True)
    return path


def typed(folder: Path, *line: str, key: str = "") -> subprocess.CompletedProcess[str]:
    """A line beside the agent; what it or the agent makes of files lies in this folder."""
    environment = {**CLEAN, "TMPDIR": str(folder), "ROLLOUT_KEY": key}
    return subprocess.run(
        [WITH_KEY, *line], env=environment, capture_output=True, text=True, timeout=30
    )


def is_running(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_line_finds_the_key_and_the_agent_ends_with_it(tmp_path: Path, key: Path) -> None:
    script = 'ssh-add -L; echo "pid $SSH_AGENT_PID key ${ROLLOUT_KEY-none}"; exit 3'
    done = typed(tmp_path, "bash", "-c", script, key=key.read_text())
    public, agent = done.stdout.splitlines()
    assert public == key.with_suffix(".pub").read_text().strip()
    assert agent.endswith("key none")
    assert done.returncode == 3
    # By itself an agent looks every ten seconds whether what it was started for has ended.
    for _ in range(50):
        if not is_running(agent.split()[1]):
            return
        time.sleep(0.1)
    pytest.fail("the agent outlives its line")


def test_the_key_stands_in_no_argument_and_no_file(tmp_path: Path, key: Path) -> None:
    secret = key.read_text().splitlines()[3]  # the first two lines are like every key's
    script = "cat /proc/[0-9]*/cmdline 2>/dev/null; true"
    done = typed(tmp_path, "bash", "-c", script, key=key.read_text())
    assert "with_rollout_key" in done.stdout or "ssh-agent" in done.stdout or "bash" in done.stdout
    assert secret not in done.stdout + done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_line_keeps_its_words(tmp_path: Path, key: Path) -> None:
    for given in ("", key.read_text()):
        done = typed(tmp_path, "printf", "%s|", "a b", "$(id)", "'", key=given)
        assert done.stdout == "a b|$(id)|'|"


def test_without_a_key_there_is_no_agent(tmp_path: Path) -> None:
    done = typed(tmp_path, "bash", "-c", 'echo "${SSH_AUTH_SOCK-none}"; exit 4')
    assert (done.stdout, done.returncode) == ("none\n", 4)


def test_with_a_broken_key_the_line_is_not_typed(tmp_path: Path) -> None:
    done = typed(tmp_path, "echo", "typed", key="no key")
    assert done.returncode != 0
    assert "typed" not in done.stdout


def test_the_evidence_is_shown_whole() -> None:
    commit = {"GITHUB_SHA": "c" * 40, "GITHUB_REF_NAME": "prod"}
    environment = {**CLEAN, **commit, "EVIDENCE": "RELEASE sha256:IMAGE EVIDENCE"}
    shown = subprocess.run([SHOW], env=environment, capture_output=True, text=True, check=True)
    for word in ("`RELEASE`", "`sha256:IMAGE`", "`EVIDENCE`", f"`{'c' * 40}` of `prod`"):
        assert word in shown.stdout


def test_without_evidence_nothing_is_shown() -> None:
    shown = subprocess.run([SHOW], env={**CLEAN, "EVIDENCE": ""}, capture_output=True, text=True)
    assert (shown.returncode != 0, shown.stdout) == (True, "")


def test_what_a_line_says_is_not_mixed_with_what_is_installed_before_it(tmp_path: Path) -> None:
    """On a new runner the first line of the daily run installs; what it prints is read."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "locks", tmp_path / "locks")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for name in ("python", "uv"):
        (stand_in := tmp_path / f".venv/bin/{name}").write_text("#!/bin/sh\nexit 0\n")
        stand_in.chmod(0o755)
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["make", "-s", "sweep"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Installing" in done.stderr
    assert done.stdout == ""
