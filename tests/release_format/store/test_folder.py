"""A store in a folder that several containers share."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from release_format.store.folder import Folder

ROOT = Path(__file__).parents[3]
ROUNDS = 40
# Each line names a channel; the answer is what this writer was told.
WRITER = """
import os, sys
from pathlib import Path
from release_format.seal import FormatError
from release_format.store.folder import Folder

print(os.getpid(), flush=True)
store, release = Folder(Path(sys.argv[1])), sys.argv[2]
for line in sys.stdin:
    try:
        print(store.switch_channel(line.strip(), release=release, image="i", after=0).release)
    except FormatError:
        print("refused")
    sys.stdout.flush()
"""
# As in two containers: each writer is the first process of its own.
CONTAINER = ("unshare", "--user", "--map-root-user", "--pid", "--fork")


def writer(root: Path, release: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*CONTAINER, sys.executable, "-c", WRITER, str(root), release],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_two_containers_that_switch_a_channel_at_once_are_told_what_the_store_holds(
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        writers = [stack.enter_context(writer(tmp_path, name * 64)) for name in "ab"]
        if [answer(process) for process in writers] != ["1", "1"]:
            assert not os.environ.get("CI"), "this test needs unshare and user namespaces"
            pytest.skip("this machine lets nobody count processes anew")
        for channel in (f"c{number}" for number in range(ROUNDS)):
            for process in writers:
                assert process.stdin
                process.stdin.write(f"{channel}\n")
                process.stdin.flush()
            told = {answer(process) for process in writers}
            held = Folder(tmp_path).channel(channel)
            assert held is not None
            assert told == {held.release, "refused"}
        for process in writers:
            process.communicate()
    assert not list(tmp_path.rglob(".*")), "a draft was left behind"


def test_a_network_that_tells_of_our_own_change_as_another_s_is_seen_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_and_forget(source: Path, target: Path) -> None:
        link(source, target)
        raise FileExistsError

    monkeypatch.setattr("release_format.store.folder.os.link", link_and_forget)
    assert Folder(tmp_path).switch_channel("stage", release="a" * 64, image="i").number == 1
