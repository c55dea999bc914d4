"""Here are runs that wait on disk: tell MLflow. The only file that imports mlflow; nothing reads it to decide."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import AnyType, Array, Object, ParamSchema, ParamSpec, Property

from index_builder.run import Alias, Run
from release_format.release import Release
from release_format.seal import is_sealed, link_or_copy

ROOT = Path(__file__).parent.parent
MODEL = "searchbar"
CANDIDATE = "candidate"
# Our own name of a run, by which one that was sent half is found again; and a release's, by which its version is.
RUN, RELEASE = "searchbar.run", "release"
A_BATCH = 100
LONGEST_PARAM, LONGEST_TAG, DIGEST = 6_000, 8_000, 12
UNFIT = ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")
LOCK = ROOT / "locks" / "serve.txt"

EXAMPLE = ([{"question": "edit photos", "filters": {"topic": ["graphics"]}}], {"k": 10})
TEXT, WHOLE, YES_OR_NO = DataType.string, DataType.long, DataType.boolean
# A column that some rows leave empty can be of no narrower type: MLflow would refuse those rows.
ANYTHING: Any = AnyType
HIT = Object([
    *(Property(name, TEXT) for name in ("id", "title", "url", "snippet", "matched")),
    Property("topics", Array(TEXT)), Property("score", DataType.double),
])  # fmt: skip
SIGNATURE = ModelSignature(
    Schema([ColSpec(TEXT, "question"), ColSpec(ANYTHING(), "filters", required=False)]),
    Schema([
        ColSpec(TEXT, "query"), ColSpec(TEXT, "release"), ColSpec(WHOLE, "total"),
        ColSpec(YES_OR_NO, "no_good_match"), ColSpec(Array(HIT), "hits"),
    ]),
    ParamSchema([ParamSpec("k", WHOLE, 10)]),
)  # fmt: skip

T = TypeVar("T")


class Ledger:
    """An MLflow tracking server or file, and its registry."""

    def __init__(self, uri: str, artifacts: Path | None = None) -> None:
        """`artifacts` is where a ledger in a file keeps what is no figure; a server knows for itself."""
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        self._client = MlflowClient(uri, uri)
        self._experiment = self._experiment_of(artifacts)

    @classmethod
    def at(cls, folder: Path) -> Ledger:
        """The one that MLFLOW_TRACKING_URI names, or SQLite and a folder of this machine."""
        if uri := os.environ.get("MLFLOW_TRACKING_URI"):
            return cls(uri)
        return cls(f"sqlite:///{folder}/mlflow.db", folder / "artifacts")

    def send(self, record: Run | Alias) -> None:
        """Tell about a run, or move an alias; telling twice is telling once."""
        if isinstance(record, Alias):
            self._point(record.alias, self._version_of(record.release, ""))
            return
        run_id = self._run(record.id, record.name, record.started)
        try:
            self._tell(run_id, record)
        except MlflowException as error:
            if refuses(error):
                self._client.delete_run(run_id)
            raise
        for report in record.reports:
            self._client.log_artifact(run_id, str(report))
        if record.release and is_sealed(record.release):
            self._point(CANDIDATE, self._version_of(record.release, run_id))
        self._client.set_terminated(run_id, record.status, int(record.ended * 1000))

    def _experiment_of(self, artifacts: Path | None) -> str:
        if found := self._client.get_experiment_by_name(MODEL):
            return str(found.experiment_id)
        return str(self._client.create_experiment(MODEL, artifacts.as_uri() if artifacts else None))

    def _run(self, id: str, name: str = "", started: float | None = None) -> str:
        """MLflow's name for a run of ours; begun here when nothing was told of it, so that trials may come first."""
        found = self._client.search_runs([self._experiment], f"tags.`{RUN}` = '{id}'", max_results=1)
        run = found[0] if found else self._client.create_run(
            self._experiment, int(started * 1000) if started else None, {RUN: id}, name or None
        )  # fmt: skip
        if name:
            self._client.update_run(run.info.run_id, name=name)
        return str(run.info.run_id)

    def _tell(self, run_id: str, run: Run) -> None:
        ended = int(run.ended * 1000)
        metrics = [Metric(_name(key), float(value), ended, 0) for key, value in run.metrics.items()]
        metrics += [
            Metric(_name(key), float(value), ended, int(step))
            for key, points in run.steps.items()
            for step, value in points
        ]
        params = [Param(_name(key), str(value)[:LONGEST_PARAM]) for key, value in run.params.items()]
        tags = {"kind": run.kind, **run.tags, **({"mlflow.note.content": run.note} if run.note else {})}
        if run.parent:
            tags["mlflow.parentRunId"] = self._run(run.parent)
        for some in _batches(metrics):
            self._client.log_batch(run_id, metrics=some)
        for part in _batches(params):
            self._client.log_batch(run_id, params=part)
        self._client.log_batch(run_id, tags=[RunTag(key, str(value)[:LONGEST_TAG]) for key, value in tags.items()])
        if run.data:
            told = {**run.data, "digest": run.data["digest"][:DIGEST]}
            data = Dataset(source_type="local", **told)
            self._client.log_inputs(run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "build")])])

    def _version_of(self, path: Path, run_id: str) -> str:
        """The version that this release is in the registry, registered now if it is not yet."""
        release = Release.open(path, sizes_only=True)
        found = self._client.search_model_versions(f"name = '{MODEL}' and tags.`{RELEASE}` = '{release.id}'")
        if found:
            return str(found[0].version)
        told = {RELEASE: release.id, "snapshot": str(release.manifest.made_from["snapshot"]), "verdict": "yes"}
        with mlflow.start_run(run_id=run_id or self._run(release.id, f"release {release.id[:12]}")):
            logged = mlflow.pyfunc.log_model(
                name="release", loader_module="searchbar.flavour", data_path=str(release.path.absolute()),
                code_paths=[str(ROOT / "searchbar"), str(ROOT / "release_format")],
                signature=SIGNATURE, input_example=EXAMPLE, pip_requirements=_requirements(),
                registered_model_name=MODEL, tags=told,
            )  # fmt: skip
        version = str(logged.registered_model_version)
        _link(release, logged.artifact_path)
        for key, value in told.items():
            self._client.set_model_version_tag(MODEL, version, key, value)
        self._client.update_model_version(MODEL, version, release.verdict.sentence())
        return version

    def _point(self, alias: str, version: str) -> None:
        self._client.set_registered_model_alias(MODEL, alias, version)


def refuses(error: Exception) -> bool:
    """Whether MLflow understood, and will never take it."""
    return isinstance(error, MlflowException) and error.error_code in UNFIT


def reason(error: Exception) -> str:
    """What MLflow says, in one line and without what an address may hold."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return re.sub(r"//[^/@\s]+@", "//", text)


def _link(release: Release, artifacts: str) -> None:
    """Where model and release lie on one disk, let the files be the very same ones: a release is kept once."""
    if not artifacts.startswith("file://"):
        return
    copy = Path(artifacts.removeprefix("file://")) / "data" / release.path.name
    for name in release.manifest.files:
        (copy / name).unlink()
        link_or_copy(release.path / name, copy / name)


def _requirements() -> list[str]:
    """What serves, in the very versions of the lock; hashes are left out, since MLflow cannot read them."""
    return re.findall(r"(?m)^([a-z0-9-]+==[^\\\n]*?)\s*\\?$", LOCK.read_text(encoding="utf-8"))


def _name(key: str) -> str:
    """A name that MLflow takes."""
    return re.sub(r"[^/\w.\- ]", "_", key)


def _batches(things: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(things)
    while some := list(islice(rest, A_BATCH)):
        yield some
