"""The lock of a host, by the very program that a host runs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deployer.host.lock import check_fence, is_held
from deployer.host.rooms import HostError, Rooms, write_record
from deployer.programs import host_programs


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    made = Rooms(tmp_path)
    made.make()
    (made.programs / "host.pyz").write_bytes(host_programs().content)
    return made


def lock(rooms: Rooms, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-IS", str(rooms.programs / "host.pyz"), str(rooms.root), "lock", "--holder", "me",
         "--purpose", "a test", *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def fence(holder: subprocess.Popen[str]) -> int:
    assert holder.stdout is not None
    return int(json.loads(holder.stdout.readline())["fence"])


def test_one_holds_the_other_is_told_by_whom(rooms: Rooms) -> None:
    with lock(rooms) as first:
        assert fence(first) == 1
        second = lock(rooms)
        _, why = second.communicate(timeout=20)
        assert second.returncode == 3
        assert "by me for a test" in why
        check_fence(rooms, 1)
    assert first.returncode == 0


def test_it_is_free_when_its_holder_is_killed_and_the_fence_goes_up(rooms: Rooms) -> None:
    with lock(rooms) as first:
        assert fence(first) == 1
        first.send_signal(signal.SIGKILL)
    assert not is_held(rooms)
    with lock(rooms) as second:
        assert fence(second) == 2
        with pytest.raises(HostError, match="lost the host's lock"):
            check_fence(rooms, 1)


def test_a_silent_holder_loses_it(rooms: Rooms) -> None:
    with lock(rooms, "--silence", "0.3") as silent:
        fence(silent)
        began = time.monotonic()
        silent.wait(10)
        assert time.monotonic() - began >= 0.25


def test_frozen_is_a_no_except_for_a_rollback(rooms: Rooms) -> None:
    write_record(rooms.frozen, {"by": "anna", "why": "audit", "since": "today"})
    refused = lock(rooms)
    _, why = refused.communicate(timeout=20)
    assert (refused.returncode, "audit" in why) == (1, True)
    with lock(rooms, "--even-frozen") as held:
        assert fence(held) == 1
