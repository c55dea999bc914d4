"""Host programs are put in place whole or not at all."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from deployer.command import Command
from deployer.host_bundle import host_programs
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host


def run(command: Command) -> int:
    return subprocess.run(command.argv, input=command.stdin, check=False).returncode


def test_host_programs_are_checked_before_they_get_their_name(tmp_path: Path) -> None:
    root = tmp_path / "our site"
    install = HostCommands(Environment("stage"), Host("h", "", directory=str(root)))
    cut_short = replace(install.install_programs(), stdin=host_programs().content[:-1])
    assert run(cut_short) != 0
    assert not list((root / "programs").iterdir())
    assert run(install.install_programs()) == 0
    programs = {path.name: path for path in (root / "programs").iterdir()}
    assert set(programs) == {host_programs().name, "current.pyz"}
    assert {path.read_bytes() for path in programs.values()} == {host_programs().content}
    assert {path.stat().st_mode & 0o777 for path in programs.values()} == {0o644}
