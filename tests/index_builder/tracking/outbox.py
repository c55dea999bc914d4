"""A ledger whose outbox lies in a folder of the test, and its verbs typed as a person would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.index_builder.conftest import ROOT

SECRET = "hunter2"
NOWHERE = f"http://ann:{SECRET}@127.0.0.1:1"


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"},
        "SEARCHBAR_LEDGER": str(home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **more,
    }


def ledger(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "index_builder", "ledger", *arguments],
        cwd=ROOT, env=environment(home, **more), text=True, capture_output=True, timeout=300,
    )  # fmt: skip


@contextmanager
def ledger_at(home: Path, **more: str) -> Iterator[None]:
    """Within this process, the ledger is in this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEARCHBAR_LEDGER", str(home))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for name, value in more.items():
            patch.setenv(name, value)
        yield
