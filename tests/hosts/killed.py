"""Here is a moment of a rollout ("before switch", "after confirm"): run the deployer, killed by −9 just then."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from deployer.__main__ import main
from deployer.rollout import Rollout
from release_format.program import run_program

moment = os.environ["KILLED"]
real = Rollout.step


def step(self: Rollout, name: str, act: Callable[[], Any]) -> Any:
    if moment == f"before {name}":
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(self, name, act)
    if moment == f"after {name}":
        os.kill(os.getpid(), signal.SIGKILL)
    return result


Rollout.step = step  # type: ignore[method-assign]
sys.exit(run_program("deployer", main))
