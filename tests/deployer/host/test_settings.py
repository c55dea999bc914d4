"""Settings on a host, by the very program that a host runs: who can read them, and what stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployer.command import Command
from deployer.host.layout import HostError, Layout
from deployer.host.settings import difference, forget, keep
from deployer.host_bundle import host_programs
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host

SECRET = "a-key-of-16-letters-and-more"
WANTED = {"SEARCHBAR_KEY": SECRET, "SEARCHBAR_TITLE": "A = B"}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.make()
    return layout


def kept(layout: Layout) -> list[str]:
    return sorted(path.name for path in layout.settings.iterdir())


def test_only_their_owner_can_read_them(layout: Layout) -> None:
    before = os.umask(0)
    try:
        keep(layout, "a1", WANTED, [])
    finally:
        os.umask(before)
    path = layout.settings / "a1.env"
    assert path.read_text() == f"SEARCHBAR_KEY={SECRET}\nSEARCHBAR_TITLE=A = B\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert layout.settings.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_somebody_opened_is_closed_again(layout: Layout) -> None:
    layout.settings.mkdir(mode=0o755)
    keep(layout, "a1", WANTED, [])
    assert layout.settings.stat().st_mode & 0o777 == 0o700


def test_what_differs_is_told_by_names_alone(layout: Layout) -> None:
    keep(layout, "a1", WANTED, [])
    assert difference(layout, "a1", WANTED) == {
        "known": True, "added": [], "changed": [], "gone": [],
    }  # fmt: skip
    told = difference(layout, "a1", {"SEARCHBAR_KEY": SECRET + "!", "SEARCHBAR_QUEUE": "3"})
    assert told == {
        "known": True,
        "added": ["SEARCHBAR_QUEUE"],
        "changed": ["SEARCHBAR_KEY"],
        "gone": ["SEARCHBAR_TITLE"],
    }
    assert difference(layout, "", WANTED)["added"] == [*WANTED]
    assert difference(layout, "a1", {})["gone"] == [*WANTED]
    assert not difference(layout, "b2", WANTED)["known"], "a file that is gone tells nothing"


def test_what_nothing_uses_goes_drafts_of_killed_writers_too(layout: Layout) -> None:
    for id in ("a1", "b2"):
        keep(layout, id, WANTED, ["a1"])
    (layout.settings / ".c3.env.draft").write_text(SECRET)
    keep(layout, "c3", WANTED, ["b2", "", "gone"])
    assert kept(layout) == ["b2.env", "c3.env"]
    forget(layout, ["c3"])
    assert kept(layout) == ["c3.env"]


def test_what_is_no_line_or_no_name_is_refused(layout: Layout) -> None:
    for wanted in ({"A": "1\nB=2"}, {"A=B": "1"}):
        with pytest.raises(HostError, match=r"is no line of a file. Mend it"):
            keep(layout, "a1", wanted, [])
    for id in ("../../etc/shadow", "a/b", "."):
        with pytest.raises(HostError, match=r"names no settings. Look at the labels"):
            difference(layout, id, WANTED)
    assert not layout.settings.exists()


def test_no_command_line_and_no_answer_holds_a_value(layout: Layout) -> None:
    """What is compared and kept travels on standard input, and comes back as names."""
    commands = HostCommands(Environment("stage"), Host("h", "", directory=str(layout.root)))
    (layout.programs / host_programs().name).write_bytes(host_programs().content)
    keep(layout, "a1", WANTED, [])
    asked = commands.settings_difference("a1", {**WANTED, "SEARCHBAR_KEY": "another"})
    stored = commands.keep_settings("b2", WANTED, ["a1"], 7)
    assert not asked.changes, "a rehearsal asks it, too"
    for command in (asked, stored):
        assert SECRET not in command.line()
        assert SECRET not in repr(command)
    assert SECRET in stored.stdin.decode()
    answer = _run(asked)
    assert json.loads(answer.stdout)["changed"] == ["SEARCHBAR_KEY"]
    # Nobody holds the lock.
    refused = _run(stored)
    assert refused.returncode
    assert SECRET not in answer.stdout + answer.stderr + refused.stdout + refused.stderr
    assert kept(layout) == ["a1.env"]
    assert SECRET not in layout.journal.read_text() if layout.journal.exists() else True


def _run(command: Command) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, *command.argv[1:]]
    return subprocess.run(
        line, input=command.stdin.decode(), capture_output=True, text=True, check=False
    )
