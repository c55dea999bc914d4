"""The process that sends: what it says where sending would be in vain, without passwords."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from index_builder.tracking.run import Run, enqueue, waiting_records
from index_builder.tracking.sender import LAST_ERROR, send_soon, without_credentials
from tests.index_builder.tracking.outbox import NOWHERE, ledger_at


def test_the_next_build_says_how_the_last_sending_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[Sequence[str]] = []
    monkeypatch.setattr(
        "index_builder.tracking.sender.subprocess.Popen",
        lambda command, **_: started.append(command),
    )
    with ledger_at(tmp_path):
        enqueue(Run("build", "one"))
        (tmp_path / LAST_ERROR).write_text("MLflow was full.\n")
        send_soon()
    assert "the last sending ended with: MLflow was full." in capsys.readouterr().err
    assert len(started) == 1


def test_without_mlflow_runs_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with ledger_at(tmp_path):
        enqueue(Run("build", "one"))
        send_soon()
    assert "mlflow is not installed (`make ledger` installs it)" in capsys.readouterr().err
    assert len(list(waiting_records(tmp_path))) == 1


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        (NOWHERE, "http://127.0.0.1:1"),
        ("https://token@mlflow.example/path?a=b", "https://mlflow.example/path?a=b"),
        ("sqlite:////var/ledger/mlflow.db", "sqlite:////var/ledger/mlflow.db"),
        ("postgresql://ann:p%40ss@db/ledger", "postgresql://db/ledger"),
    ],
)
def test_addresses_are_shown_without_who_and_password(uri: str, said: str) -> None:
    assert without_credentials(uri) == said
