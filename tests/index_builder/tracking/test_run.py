"""Runs that wait on disk: what hinders that is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.tracking.run import Run, enqueue
from index_builder.tracking.sender import send_soon
from tests.index_builder.tracking.outbox import ledger_at


def test_a_ledger_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    with ledger_at(tmp_path / "file" / "home"):
        enqueue(Run("build", "one"))
        send_soon()
    assert "this is not recorded" in capsys.readouterr().err
