"""Here is a moment of a rollout ("before switch", "after confirm", "while shipping"): do something just then."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from deployer import remote
from deployer.__main__ import main
from deployer.rollout import Rollout
from release_format.program import run_program

moment, what = os.environ["MOMENT"], os.environ["DO"]
real_step, real_send = Rollout.step, remote._send_part
sent = 0


def do(now: str) -> None:
    """Run the shell line, whose $PPID is this deployer."""
    if now == moment:
        subprocess.run(["sh", "-c", what], check=True)


def step(self: Rollout, name: str, act: Callable[[], Any]) -> Any:
    do(f"before {name}")
    result = real_step(self, name, act)
    do(f"after {name}")
    return result


def send(*arguments: Any) -> None:
    global sent
    sent += 1
    if sent == 6:
        do("while shipping")
    real_send(*arguments)


Rollout.step = step  # type: ignore[method-assign]
remote._send_part = send  # type: ignore[assignment]
sys.exit(run_program("deployer", main))
