"""A client of MLflow: runs, and releases as versions of a registered model.

The only file that imports mlflow, which takes seconds; nothing reads what it sends to decide.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index_builder.tracking.run import Alias, Run
from release_format.release import Release
from release_format.seal import is_sealed, link_or_copy
from release_format.system.lock_file import lock_file

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

ROOT = Path(__file__).parents[2]
MODEL, LOADER = "searchbar", "searchbar.mlflow_model"
CANDIDATE = "candidate"
# Our own name of a run, by which one that was sent half is found again; and a release's, by which
# its version is.
RUN, RELEASE = "searchbar.run", "release"
BATCH = 100
LONGEST_PARAM, LONGEST_TAG, DIGEST = 6_000, 8_000, 12
REFUSALS = ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")
LOCK = lock_file("serve.txt")
EXAMPLE = ([{"question": "edit photos", "filters": {"topic": ["graphics"]}}], {"k": 10})


class Ledger:
    """An MLflow tracking server or file, and its registry."""

    def __init__(self, uri: str, artifacts: Path | None = None) -> None:
        """Open a ledger; `artifacts` is where one in a file keeps files, a server knows itself.

        Raises:
            ImportError: MLflow is not installed.
        """
        import mlflow

        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        self._mlflow = mlflow
        self._client = mlflow.MlflowClient(uri, uri)
        self._experiment = self._experiment_of(artifacts)

    @classmethod
    def at(cls, folder: Path) -> Ledger:
        """The one that MLFLOW_TRACKING_URI names, or SQLite and a folder of this machine."""
        if uri := os.environ.get("MLFLOW_TRACKING_URI"):
            return cls(uri)
        return cls(f"sqlite:///{folder}/mlflow.db", folder / "artifacts")

    def send(self, record: Run | Alias) -> None:
        """Record a run, or move an alias; sending twice is sending once."""
        if isinstance(record, Alias):
            self._point(record.alias, self._version_of(record.release, ""))
            return
        run_id = self._run(record.id, record.name, record.started)
        try:
            self._log(run_id, record)
        except self._mlflow.exceptions.MlflowException as error:
            if refuses(error):
                self._client.delete_run(run_id)
            raise
        for report in record.reports:
            self._client.log_artifact(run_id, str(report))
        if record.release and is_sealed(record.release):
            self._point(CANDIDATE, self._version_of(record.release, run_id))
        self._client.set_terminated(run_id, record.status, int(record.ended * 1000))

    def _experiment_of(self, artifacts: Path | None) -> str:
        if experiment := self._client.get_experiment_by_name(MODEL):
            return str(experiment.experiment_id)
        return str(self._client.create_experiment(MODEL, artifacts.as_uri() if artifacts else None))

    def _run(self, id: str, name: str = "", started: float | None = None) -> str:
        """MLflow's id for a run of ours, begun here if need be, so that trials may come first."""
        runs = self._client.search_runs([self._experiment], f"tags.`{RUN}` = '{id}'", max_results=1)
        if runs:
            run_id = str(runs[0].info.run_id)
        else:
            milliseconds = int(started * 1000) if started else None
            run = self._client.create_run(self._experiment, milliseconds, {RUN: id}, name or None)
            run_id = str(run.info.run_id)
        if name:
            self._client.update_run(run_id, name=name)
        return run_id

    def _log(self, run_id: str, run: Run) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

        ended = int(run.ended * 1000)
        metrics = [Metric(_name(key), float(value), ended, 0) for key, value in run.metrics.items()]
        metrics += [
            Metric(_name(key), float(value), ended, int(step))
            for key, points in run.steps.items()
            for step, value in points
        ]
        params = [
            Param(_name(key), str(value)[:LONGEST_PARAM]) for key, value in run.params.items()
        ]
        tags = {"kind": run.kind, **run.tags}
        if run.note:
            tags["mlflow.note.content"] = run.note
        if run.parent:
            tags["mlflow.parentRunId"] = self._run(run.parent)
        for start in range(0, len(metrics), BATCH):
            self._client.log_batch(run_id, metrics=metrics[start : start + BATCH])
        for start in range(0, len(params), BATCH):
            self._client.log_batch(run_id, params=params[start : start + BATCH])
        self._client.log_batch(
            run_id, tags=[RunTag(key, str(value)[:LONGEST_TAG]) for key, value in tags.items()]
        )
        if run.data:
            data = {**run.data, "digest": run.data["digest"][:DIGEST]}
            dataset = Dataset(source_type="local", **data)
            context = [InputTag("mlflow.data.context", "build")]
            self._client.log_inputs(run_id, [DatasetInput(dataset, context)])

    def _version_of(self, path: Path, run_id: str) -> str:
        """The version that this release is in the registry, registered now if it is not yet."""
        release = Release.open(path, sizes_only=True)
        versions = self._client.search_model_versions(
            f"name = '{MODEL}' and tags.`{RELEASE}` = '{release.id}'"
        )
        if versions:
            return str(versions[0].version)
        return self._register(
            release, run_id or self._run(release.id, f"release {release.id[:12]}")
        )

    def _register(self, release: Release, run_id: str) -> str:
        tags = {
            RELEASE: release.id,
            "snapshot": str(release.manifest.made_from["snapshot"]),
            "verdict": "yes",
        }
        with self._mlflow.start_run(run_id=run_id):
            logged = self._mlflow.pyfunc.log_model(
                name="release",
                loader_module=LOADER,
                data_path=str(release.path.absolute()),
                code_paths=[str(ROOT / "searchbar"), str(ROOT / "release_format")],
                signature=_signature(),
                input_example=EXAMPLE,
                pip_requirements=_requirements(),
                registered_model_name=MODEL,
                tags=tags,
            )
        version = str(logged.registered_model_version)
        _link(release, logged.artifact_path)
        for key, value in tags.items():
            self._client.set_model_version_tag(MODEL, version, key, value)
        self._client.update_model_version(MODEL, version, release.verdict.sentence())
        return version

    def _point(self, alias: str, version: str) -> None:
        self._client.set_registered_model_alias(MODEL, alias, version)


def refuses(error: Exception) -> bool:
    """Whether MLflow understood, and will never take it."""
    from mlflow.exceptions import MlflowException

    return isinstance(error, MlflowException) and error.error_code in REFUSALS


def reason(error: Exception) -> str:
    """What MLflow says, in one line and without what an address may hold."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return re.sub(r"//[^/@\s]+@", "//", text)


def _signature() -> ModelSignature:
    """What a model takes and gives: rows of questions, answers with their hits."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import AnyType, Array, Object, ParamSchema, ParamSpec, Property

    text, whole, boolean = DataType.string, DataType.long, DataType.boolean
    # A column that some rows leave empty can be of no narrower type: MLflow would refuse those
    # rows.
    anything: Any = AnyType
    hit = Object(
        [
            *(Property(name, text) for name in ("id", "title", "url", "snippet", "matched")),
            Property("topics", Array(text)),
            Property("score", DataType.double),
        ]
    )
    answer: list[Any] = [
        ColSpec(text, "query"),
        ColSpec(text, "release"),
        ColSpec(whole, "total"),
        ColSpec(whole, "less_likely"),
        ColSpec(boolean, "no_good_match"),
        ColSpec(Array(hit), "hits"),
    ]
    return ModelSignature(
        Schema([ColSpec(text, "question"), ColSpec(anything(), "filters", required=False)]),
        Schema(answer),
        ParamSchema([ParamSpec("k", whole, 10)]),
    )


def _link(release: Release, artifacts: str) -> None:
    """Keep a release once: where a model lies on its disk, their files become the same ones."""
    if not artifacts.startswith("file://"):
        return
    copy = Path(artifacts.removeprefix("file://")) / "data" / release.path.name
    for name in release.manifest.files:
        (copy / name).unlink()
        link_or_copy(release.path / name, copy / name)


def _requirements() -> list[str]:
    """The locked versions of what serves, without the hashes, which MLflow cannot read."""
    return re.findall(r"(?m)^([a-z0-9-]+==[^\\\n]*?)\s*\\?$", LOCK.read_text(encoding="utf-8"))


def _name(key: str) -> str:
    """A name that MLflow takes."""
    return re.sub(r"[^/\w.\- ]", "_", key)
