"""The lock of a host, by the very program that a host runs."""

from __future__ import annotations

import fcntl
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deployer.host.__main__ import VERBS
from deployer.host.layout import HostError, Layout, write_record
from deployer.host.lock import check_fence, is_held
from deployer.host.options import HostOptions
from deployer.host_bundle import host_programs


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.make()
    (layout.programs / "host.pyz").write_bytes(host_programs().content)
    return layout


def host(layout: Layout, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-IS", str(layout.programs / "host.pyz"), str(layout.root), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lock(layout: Layout, *options: str) -> subprocess.Popen[str]:
    return host(layout, "lock", "--holder", "me", "--purpose", "a test", *options)


def fence(holder: subprocess.Popen[str]) -> int:
    assert holder.stdout is not None
    return int(json.loads(holder.stdout.readline())["fence"])


def test_one_holds_the_other_is_told_by_whom(layout: Layout) -> None:
    with lock(layout) as first:
        assert fence(first) == 1
        second = lock(layout)
        answer, why = second.communicate(timeout=20)
        assert (second.returncode, why) == (3, "")
        held_by = json.loads(answer)["held_by"]
        assert (held_by["holder"], held_by["purpose"], held_by["fence"]) == ("me", "a test", 1)
        check_fence(layout, 1)
    assert first.returncode == 0


def test_it_is_free_when_its_holder_is_killed_and_the_fence_goes_up(layout: Layout) -> None:
    with lock(layout) as first:
        assert fence(first) == 1
        first.send_signal(signal.SIGKILL)
    assert not is_held(layout)
    with lock(layout) as second:
        assert fence(second) == 2
        with pytest.raises(HostError, match="lost the host's lock"):
            check_fence(layout, 1)


def test_a_silent_holder_loses_it(layout: Layout) -> None:
    with lock(layout, "--silence", "0.3") as silent:
        fence(silent)
        began = time.monotonic()
        silent.wait(10)
        assert time.monotonic() - began >= 0.25


def test_frozen_is_a_no_except_for_a_rollback(layout: Layout) -> None:
    write_record(layout.frozen, {"by": "anna", "why": "audit", "since": "today"})
    refused = lock(layout)
    answer, _ = refused.communicate(timeout=20)
    assert (refused.returncode, "audit" in json.loads(answer)["no"]) == (1, True)
    with lock(layout, "--even-frozen") as held:
        assert fence(held) == 1


def test_who_lost_the_lock_touches_no_container_and_no_route(layout: Layout) -> None:
    with lock(layout) as second:
        current = fence(second)
        for verb in (
            ["engine", "--fence", str(current - 1), "--", "docker", "version"],
            ["receive", "--fence", str(current - 1)],
            ["switch", "--fence", str(current - 1)],
        ):
            late = host(layout, *verb)
            _, why = late.communicate("{}", timeout=20)
            assert (late.returncode, "lost the host's lock" in why) == (3, True)


def test_a_deployer_that_stalls_within_a_switch_keeps_no_guard_from_turning_back(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stalls(io.StringIO):
        def read(self, *_: object) -> str:
            with layout.route_lock.open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises when the act has begun
            return "{}"

    monkeypatch.setattr(sys, "stdin", Stalls())
    with pytest.raises(HostError, match="lost the host's lock"):
        VERBS["switch"](layout, HostOptions(layout.root, "switch", fence=7))


def test_what_nobody_thought_of_is_no_answer_rather_than_a_no(layout: Layout) -> None:
    broken = host(layout, "examine")
    _, why = broken.communicate("{}", timeout=20)
    assert (broken.returncode, why) == (3, "KeyError: 'colour'. Look at this host.\n")
