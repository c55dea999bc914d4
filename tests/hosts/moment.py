"""Deployer that runs a shell line at one moment of a rollout, such as "before switch"."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deployer.__main__ import main
from deployer.rollout.rollout import Rollout
from deployer.transport import remote
from release_format.cli import run_program

chosen, shell_line = os.environ["MOMENT"], os.environ["DO"]
real_step, real_send = Rollout.step, remote._send_range
sent = 0


def reach(moment: str) -> None:
    """Run the shell line, whose $PPID is this deployer, at the chosen moment."""
    if moment == chosen:
        subprocess.run(["sh", "-c", shell_line], check=True)


@contextmanager
def step(self: Rollout, name: str) -> Iterator[None]:
    reach(f"before {name}")
    with real_step(self, name):
        yield
    reach(f"after {name}")


def send(*arguments: Any) -> None:
    global sent
    sent += 1
    if sent == 6:
        reach("while shipping")
    real_send(*arguments)


Rollout.step = step  # type: ignore[method-assign]
remote._send_range = send  # type: ignore[assignment]
sys.exit(run_program("deployer", main))
