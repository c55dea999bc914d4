"""The run of a build: what training recorded, and a build that breaks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from index_builder.build.build import build
from index_builder.request.request import BuildRequest
from index_builder.tracking.build_run import recorded, run_of
from index_builder.tracking.run import Run, waiting_records
from release_format.release import Release
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


@pytest.mark.parametrize(
    ("ended_by", "status", "note"),
    [
        (KeyboardInterrupt(), "KILLED", "Ended by KeyboardInterrupt: "),
        (OSError("KeyboardInterrupt"), "FAILED", "Ended by OSError: KeyboardInterrupt"),
    ],
)
def test_a_build_that_a_person_ended_is_told_apart_from_one_that_broke(
    ended_by: BaseException, status: str, note: str, admit: Admit, store: Folder, tmp_path: Path
) -> None:
    request = BuildRequest.of(store, admit(catalogue_items(5)).id)
    run = run_of(request, None, None, tmp_path, 0.0, ended_by)
    assert (run.status, run.note) == (status, note)


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


def test_a_run_that_cannot_be_recorded_changes_nothing_about_the_build(
    tmp_path: Path, store: Folder, admit: Admit, capsys: pytest.CaptureFixture[str]
) -> None:
    """The build says yes, and its release is not where the run looks for it."""
    request = BuildRequest.of(store, admit(catalogue_items(5)).id)
    verdict = Verdict("quality", request.origin.id, "", [], {"seconds": 1.5})
    with ledger_at(tmp_path):
        assert recorded(lambda *_: verdict, request, store, tmp_path) is verdict
        assert not list(waiting_records(tmp_path))
    assert "this build is not recorded" in capsys.readouterr().err


def test_the_run_has_the_seconds_of_every_step_the_seal_included(
    tmp_path: Path, store: Folder, admit: Admit, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = BuildRequest.of(store, admit(catalogue_items(5)).id)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with ledger_at(tmp_path):
        verdict = recorded(build, request, store, tmp_path / "reports")
        ((_, record),) = waiting_records(tmp_path)
    steps = ("encoder", "lexical", "vectors", "index", "judge", "quality", "seal")
    assert isinstance(record, Run)
    assert verdict.says_yes, verdict.sentence()
    wanted = {f"build/{step}_seconds": verdict.facts[f"{step}_seconds"] for step in steps}
    assert wanted.items() <= record.metrics.items()
    written = Release.open(store.path("release", request.origin.id)).verdict
    assert written.facts == {k: v for k, v in verdict.facts.items() if k != "seal_seconds"}
    assert record.metrics["data/passages"] == verdict.facts["vectors"]["passages"] == 5
