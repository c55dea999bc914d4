"""Preparation of machines."""

from __future__ import annotations

import subprocess
from pathlib import Path

from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.prepare import prepare_steps, script


def test_prepare_as_a_script_is_a_shell_script_with_the_same_steps() -> None:
    text = script(
        HostCommands(Environment("stage", acme_domain="search.example"), Host("h", "192.0.2.1")),
        public_key="ssh-ed25519 AAAA me",
    )
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    for sentence in (
        "docker.io haproxy python3 logrotate certbot",
        "useradd",
        "ssh-ed25519 AAAA me",
        "# router service",
    ):
        assert sentence in text


def test_two_that_prepare_one_machine_at_once_do_not_disturb_one_another(tmp_path: Path) -> None:
    steps = prepare_steps(HostCommands(Environment("stage"), Host("h", "192.0.2.1")))
    [rotation] = (step.command for step in steps if step.name == "log rotation")
    line = [word.replace("/etc/logrotate.d", str(tmp_path)) for word in rotation.argv]
    first = subprocess.Popen(line, stdin=subprocess.PIPE, umask=0o022)
    assert first.stdin
    first.stdin.write(b"half of ")
    first.stdin.flush()
    subprocess.run(line, input=rotation.stdin, check=True, umask=0o022)
    first.stdin.write(b"it")
    first.stdin.close()
    assert first.wait() == 0
    subprocess.run(line, input=rotation.stdin, check=True, umask=0o022)
    [written] = tmp_path.iterdir()
    assert written.read_bytes() == rotation.stdin
    assert written.stat().st_mode & 0o777 == 0o644
    before = written.stat().st_ino
    subprocess.run(line, input=rotation.stdin, check=True, umask=0o022)
    assert written.stat().st_ino == before, "what is there already stays"


def test_the_query_log_is_left_to_its_servers() -> None:
    steps = prepare_steps(HostCommands(Environment("stage"), Host("h", "192.0.2.1")))
    [rotation] = (step.command for step in steps if step.name == "log rotation")
    files = (rotation.stdin or b"").decode().partition("{")[0].split()
    assert [Path(file).name for file in files] == ["journal.jsonl", "guard.log"]
