"""The run of a build: what training recorded, and a build that breaks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from index_builder.request.request import BuildRequest
from index_builder.tracking.build_run import run_of
from index_builder.tracking.run import Run, waiting_records
from release_format.store.folder import Folder
from release_format.verdict import Verdict
from tests.index_builder.conftest import Admit, Line, catalogue_items
from tests.index_builder.tracking.outbox import ledger_at


def test_what_training_told_is_in_the_run(admit: Admit, store: Folder, tmp_path: Path) -> None:
    request = BuildRequest.of(store, admit(catalogue_items(5)).id)
    training = {
        "way": "finetune",
        "kept": True,
        "seconds": 3,
        "steps": {"loss": [[1, 0.9], [2, 0.5]]},
    }
    verdict = Verdict("quality", request.origin.id, "", [], {"training": training})
    run = run_of(request, verdict, None, tmp_path, 0.0)
    assert run.steps == {"training/loss": [(1, 0.9), (2, 0.5)]}
    assert run.metrics["training/seconds"] == 3
    assert "training/kept" not in run.metrics
    assert run.tags["training.way"] == "finetune"


def test_a_build_that_breaks_is_recorded_as_broken(
    tmp_path: Path, line: Line, admit: Admit, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = admit(catalogue_items(5))
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setenv("SEARCHBAR_CACHE", "/dev/null/no/cache")
    with ledger_at(tmp_path):
        line.build(snapshot.id, check=3)
        ((_, record),) = waiting_records(tmp_path)
    assert isinstance(record, Run)
    assert (record.status, record.tags["verdict"], record.release) == ("FAILED", "none", None)
    assert "/dev/null/no/cache" in record.note
