"""Deployer that runs a shell line at one moment, such as "before switch" or "after host freeze".

A moment is before or after a step of a rollout or a rollback, or before or after the first time
that any host is asked a verb of the host programs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from deployer.__main__ import main
from deployer.command import Command
from deployer.rollout.step_timer import StepTimer
from deployer.transport import remote
from release_format.cli import run_program

chosen, shell_line = os.environ["MOMENT"], os.environ["DO"]
real_step, real_send = StepTimer.step, remote._send_range
real_hold = remote.Remote.hold
sent = 0


def reach(moment: str) -> None:
    """Run the shell line, whose $PPID is this deployer, at the chosen moment."""
    if moment == chosen:
        subprocess.run(["sh", "-c", shell_line], check=True)


@contextmanager
def step(self: StepTimer, name: str) -> Iterator[None]:
    reach(f"before {name}")
    with real_step(self, name):
        yield
    reach(f"after {name}")


def verb(command: Command) -> str:
    """What a host is asked: a verb of its programs, or of its engine behind `--`."""
    words = command.argv
    behind = words[words.index("--") + 1 :] if "--" in words else ()
    return " ".join(behind[:2]) or (words[4] if words[0] == "python3" else words[0])


def around(
    real: Callable[[remote.Remote, Command], Any],
) -> Callable[[remote.Remote, Command], Any]:
    def act(self: remote.Remote, command: Command) -> Any:
        reach(f"before host {verb(command)}")
        output = real(self, command)
        reach(f"after host {verb(command)}")
        return output

    return act


@contextmanager
def hold(self: remote.Remote, command: Command) -> Iterator[Any]:
    reach("before host lock")
    with real_hold(self, command) as answer:
        reach("after host lock")
        yield answer


def send(*arguments: Any) -> None:
    global sent
    sent += 1
    if sent == 6:
        reach("while shipping")
    real_send(*arguments)


StepTimer.step = step  # type: ignore[method-assign]
remote.Remote.ask = around(remote.Remote.ask)  # type: ignore[method-assign,assignment]
remote.Remote.read = around(remote.Remote.read)  # type: ignore[method-assign,assignment]
remote.Remote.hold = hold  # type: ignore[method-assign]
remote._send_range = send  # type: ignore[assignment]
sys.exit(run_program("deployer", main))
