"""A real MLflow is told what builds did, later and elsewhere; builds stay what they are.

Run by `make proof`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from index_builder.tracking.run import Alias, Run, enqueue, waiting_records
from index_builder.tracking.sender import LAST_ERROR
from release_format.items import Item
from release_format.release import Release
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.index_builder.conftest import ROOT, Line, catalogue_items
from tests.index_builder.tracking.outbox import NOWHERE, SECRET, environment, ledger, ledger_at

# All of it stands on a few builds and one ledger, which one process makes.
pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("ledger")]
# Reads what MLflow holds in a process of its own: importing it takes seconds and warns.
DUMP = """
import json, sys, mlflow
client = mlflow.MlflowClient(sys.argv[1], sys.argv[1])
found = client.search_runs([client.get_experiment_by_name("searchbar").experiment_id])
print(json.dumps({
    "runs": [{
        "id": run.info.run_id, "name": run.info.run_name, "status": run.info.status,
        "milliseconds": run.info.end_time - run.info.start_time,
        "params": run.data.params, "metrics": run.data.metrics, "tags": run.data.tags,
        "reports": sorted(file.path for file in client.list_artifacts(run.info.run_id)),
        "data": [[one.dataset.name, one.dataset.digest] for one in run.inputs.dataset_inputs],
        "loss": [
            [point.step, point.value]
            for point in client.get_metric_history(run.info.run_id, "training/loss")
        ],
    } for run in found],
    "versions": {one.version: one.tags for one in client.search_model_versions("name='searchbar'")},
    "aliases": client.get_registered_model("searchbar").aliases,
}))
"""


def until_sent(home: Path) -> None:
    """Wait for the process that sends, which ends when nothing waits any more."""
    while any((home / "waiting").iterdir()):
        assert not (home / LAST_ERROR).exists(), (home / LAST_ERROR).read_text()
        time.sleep(0.1)


@dataclass(frozen=True)
class Recorded:
    """What was built, what was said about it, and what MLflow then held."""

    home: Path
    store: Folder
    first: Release
    without: Release
    second: Release
    said_unreachable: str
    said_refused: str
    held: dict[str, Any]

    def run(self, name: str) -> dict[str, Any]:
        return next(run for run in self.held["runs"] if run["name"] == name)

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.home}/mlflow.db"


def admit_into(store: Folder, items: Sequence[Item]) -> Snapshot:
    from release_format.snapshot import seal_snapshot, write_content
    from release_format.verdict import Verdict

    with store.staging("snapshot") as directory:
        made_from = write_content(directory, items, [])
        id = seal_snapshot(directory, made_from, Verdict("data", "", "", [])).id
    return Snapshot.open(store.path("snapshot", id))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Three builds (two sealed, one refused; MLflow away after the first), and trials."""
    folder = tmp_path_factory.mktemp("ledger")
    home, store = folder / "home", Folder(folder / "store")
    line, items = Line(store, folder / "reports"), catalogue_items(40)
    right = folder / "right.jsonl"
    right.write_text(
        "".join(_judged(number, item.title, item.id) for number, item in enumerate(items[:12]))
    )
    wrong = folder / "wrong.jsonl"
    answers = ("gone", items[1].id)
    wrong.write_text(
        "".join(
            _judged(number, item.title, answers[number % 2])
            for number, item in enumerate(items[:12])
        )
    )
    before = admit_into(store, items)
    after = admit_into(
        store, [replace(items[0], description="Something else."), *items[1:-1], Item("zzz", "New")]
    )
    with ledger_at(home, CHANGE_ID="7", CHANGE_AUTHOR="ann", GIT_COMMIT="c0ffee"):
        first = line.release(before.id, "--judgments", str(right))
        until_sent(home)
    elsewhere = Folder(folder / "elsewhere")
    elsewhere.put(before.path)
    without = Line(elsewhere, folder / "reports").release(before.id, "--judgments", str(right))
    with ledger_at(home, MLFLOW_TRACKING_URI=NOWHERE):
        second = line.build(after.id, "--live", first.id, "--judgments", str(right))
        refused = line.build(after.id, "--judgments", str(wrong), check=1)
    away = {"MLFLOW_TRACKING_URI": NOWHERE}
    assert (
        ledger(home, "alias", "stage", first.id, "--store", str(store.root), **away).returncode == 0
    )
    with ledger_at(home):
        study = Run("tune", "tune")
        enqueue(
            Run(
                "trial",
                "trial 1",
                {"fusion.words": 0.5},
                {"quality/ndcg@10": 0.5},
                parent=study.id,
                steps={"training/loss": [(1, 0.9), (2, 0.5)]},
            )
        )
        enqueue(Run("trial", "unfit", {"../../escape": "x"}))
        enqueue(replace(study, metrics={"best": 0.5}))
        enqueue(Alias("stage", folder / "pruned"))
    sent = ledger(home, "send")
    assert sent.returncode == 0, sent.stderr
    assert "MLflow refuses" in sent.stderr
    assert f"stage cannot stand for {folder / 'pruned'}, which is gone" in sent.stderr
    uri = f"sqlite:///{home}/mlflow.db"
    dumped = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DUMP, uri],
        text=True,
        capture_output=True,
        check=True,
    )
    return Recorded(
        home,
        store,
        first,
        without,
        Release.open(store.path("release", second.stdout.split()[-1])),
        second.stderr,
        refused.stderr,
        json.loads(dumped.stdout.splitlines()[-1]),
    )


def _judged(number: int, question: str, id: str) -> str:
    return (
        json.dumps({"id": f"q{number}", "question": question, "kind": "name", "relevant": {id: 3}})
        + "\n"
    )


def test_a_build_is_a_run_with_recipe_data_figures_reports_and_who(recorded: Recorded) -> None:
    run = recorded.run(f"release {recorded.first.id[:12]}")
    assert run["status"] == "FINISHED"
    assert run["params"]["encoder.model"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert run["params"]["fusion.words"] == "fitted"
    assert run["metrics"]["words/words"] == recorded.first.recipe["fusion"]["words"]
    assert run["data"] == [["snapshot", recorded.first.manifest.made_from["snapshot"][:12]]]
    figures = recorded.first.verdict.facts["quality"]["evaluation"]
    for name in ("ndcg", "recall", "mrr"):
        assert run["metrics"][f"quality/{name}_10"] == figures["figures"][f"{name}@10"]["mean"]
    assert run["metrics"]["quality/recall_100"] == figures["figures"]["recall@100"]["mean"]
    assert run["metrics"]["quality/success_1"] == figures["figures"]["success@1"]["mean"]
    for topic, figure in figures["by_topic"].items():
        assert run["metrics"][f"by topic/{topic}"] == figure["mean"]
    for name in (
        "accuracy",
        "log_loss",
        *(f"{kind}_{of}" for kind in ("micro", "macro") for of in ("precision", "recall", "f1")),
    ):
        assert run["metrics"][f"foretold/{name}"] == figures["topics_foretold"][name]
    assert run["metrics"]["build/bytes"] == sum(
        file.bytes for file in recorded.first.manifest.files.values()
    )
    spent = recorded.first.verdict.facts["quality"]["budget"]
    assert (
        0 < run["metrics"]["serving/p50_ms"] <= run["metrics"]["serving/p99_ms"] == spent["p99_ms"]
    )
    assert run["metrics"]["build/seconds"] == recorded.first.verdict.facts["seconds"]
    assert (run["metrics"]["data/items"], run["metrics"]["data/quarantined"]) == (40, 0)
    assert set(run["reports"]) == {"levels.json", "recipe.toml", "report.html", "verdict.json"}
    tags = {
        "commit": "c0ffee",
        "pull request": "7",
        "who": "ann",
        "release": recorded.first.id,
        "verdict": "yes",
    }
    assert tags.items() <= run["tags"].items()
    assert (run["tags"]["mlflow.user"], run["tags"]["mlflow.source.git.commit"]) == (
        "ann",
        "c0ffee",
    )


def test_beside_live_it_says_what_changed(recorded: Recorded) -> None:
    run = recorded.run(f"release {recorded.second.id[:12]}")
    assert [run["metrics"][f"data/{name}"] for name in ("added", "changed", "removed")] == [1, 1, 1]
    assert run["tags"]["live"] == recorded.first.id
    assert run["metrics"]["data/encoded"] == recorded.second.verdict.facts["vectors"]["encoded"]


def test_a_refused_build_is_a_failed_run_with_the_reason(recorded: Recorded) -> None:
    run = next(run for run in recorded.held["runs"] if run["name"].startswith("refused "))
    assert (run["status"], run["tags"]["verdict"]) == ("FAILED", "no")
    assert "judgments-gone: no" in run["tags"]["mlflow.note.content"]
    assert "verdict.json" in run["reports"]
    assert run["metrics"]["quality/ndcg_10"] < 0.5


def test_trials_lie_under_their_study_with_figures_by_step(recorded: Recorded) -> None:
    trial, study = recorded.run("trial 1"), recorded.run("tune")
    assert trial["tags"]["mlflow.parentRunId"] == study["id"]
    assert trial["loss"] == [[1, 0.9], [2, 0.5]]
    assert trial["metrics"]["quality/ndcg_10"] == 0.5
    assert (study["metrics"], study["status"]) == ({"best": 0.5}, "FINISHED")


def test_what_mlflow_refuses_is_set_aside_and_holds_up_nothing(recorded: Recorded) -> None:
    (kept,) = (recorded.home / "refused").iterdir()
    assert json.loads((kept / "record.json").read_bytes())["name"] == "unfit"
    assert not list((recorded.home / "waiting").iterdir())


def test_releases_are_versions_and_the_line_moves_aliases(recorded: Recorded) -> None:
    by_release = {tags["release"]: version for version, tags in recorded.held["versions"].items()}
    assert set(by_release) == {recorded.first.id, recorded.second.id}
    aliases = {alias: str(version) for alias, version in recorded.held["aliases"].items()}
    assert aliases == {
        "candidate": by_release[recorded.second.id],
        "stage": by_release[recorded.first.id],
    }
    version = recorded.held["versions"][by_release[recorded.first.id]]
    assert version["snapshot"] == recorded.first.manifest.made_from["snapshot"]
    assert version["verdict"] == "yes"


def test_a_release_is_kept_once_on_a_disk(recorded: Recorded) -> None:
    copies = list((recorded.home / "artifacts").rglob(f"{recorded.first.id}/index.faiss"))
    assert [copy.samefile(recorded.first.path / "index.faiss") for copy in copies] == [True]


def test_mlflow_away_is_a_sentence_without_the_password_and_changes_nothing(
    recorded: Recorded,
) -> None:
    for said in (recorded.said_unreachable, recorded.said_refused):
        assert "MLflow at http://127.0.0.1:1 does not answer" in said
        assert "ledger send" in said
        assert SECRET not in said
        assert "ann:" not in said
    assert recorded.second.verdict.says_yes


def test_with_and_without_a_ledger_the_release_is_the_same(recorded: Recorded) -> None:
    assert recorded.without.id == recorded.first.id
    # What holds measured times, and tantivy's segments, which have names of chance.
    differs = ("verdict.json", "report.html", "lexical/")
    one, other = (
        {
            name: file.sha256
            for name, file in release.manifest.files.items()
            if not name.startswith(differs)
        }
        for release in (recorded.first, recorded.without)
    )
    assert one == other


@contextmanager
def served(recorded: Recorded) -> Iterator[str]:
    """The release that stage stands for, served by MLflow itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            "mlflow",
            "models",
            "serve",
            "-m",
            "models:/searchbar@stage",
            "--env-manager",
            "local",
            "--port",
            str(port),
        ],
        cwd=recorded.home,
        env=environment(recorded.home, MLFLOW_TRACKING_URI=recorded.uri),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=(recorded.home / "serve.log").open("w"),
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, (recorded.home / "serve.log").read_text()
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def invoke(url: str, asked: dict[str, Any]) -> tuple[int, Any]:
    request = urllib.request.Request(
        url, json.dumps(asked).encode(), {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_mlflow_serves_a_release_that_answers_as_the_engine_does(recorded: Recorded) -> None:
    engine = Engine.open(recorded.first)
    topic = recorded.first.items[3].topics[0]
    rows: list[dict[str, Any]] = [
        {"question": "photo editor", "filters": {"topic": [topic]}},
        {"question": "play music"},
    ]
    with served(recorded) as url:
        status, answered = invoke(url, {"dataframe_records": rows, "params": {"k": 3}})
        assert status == 200
        for row, answer in zip(rows, answered["predictions"], strict=True):
            expected = json.loads(
                json.dumps(
                    engine.search(
                        Question(row["question"], k=3, filters=row.get("filters", {}))
                    ).to_json()
                )
            )
            for timed in (answer, expected):
                timed.pop("took_ms")
            assert answer == expected
        assert invoke(url, {"dataframe_records": [{"text": "no question"}]})[0] == 400
        split = {"dataframe_split": {"columns": ["question"], "data": [["play music"]]}}
        assert len(invoke(url, split)[1]["predictions"][0]["hits"]) == 10


LOAD = """
import json, sys, mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
print(json.dumps(model.predict([{"question": "play music"}], {"k": 3})))
"""


@pytest.mark.parametrize("module", ["searchbar.mlflow_model", "searchbar.flavour"])
def test_models_load_by_the_name_that_they_were_registered_with(
    recorded: Recorded, tmp_path: Path, module: str
) -> None:
    """`searchbar.flavour` is what earlier programs wrote into a model, beside their own code."""
    registered = next(
        (recorded.home / "artifacts").rglob(f"{recorded.first.id}/index.faiss")
    ).parents[2]
    model = tmp_path / "model"
    shutil.copytree(registered, model)
    description = (model / "MLmodel").read_text()
    assert "loader_module: searchbar.mlflow_model\n" in description
    (model / "MLmodel").write_text(description.replace("searchbar.mlflow_model", module))
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD, str(model)],
        cwd=tmp_path, env=environment(recorded.home), text=True, capture_output=True,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    (answer,) = json.loads(process.stdout.splitlines()[-1])
    expected = Engine.open(recorded.first).search(Question("play music", k=3))
    assert [hit["id"] for hit in answer["hits"]] == [hit.id for hit in expected.hits]


def test_mlflow_writes_a_dockerfile_for_a_release(recorded: Recorded, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            "mlflow",
            "models",
            "generate-dockerfile",
            "-m",
            "models:/searchbar@stage",
            "-d",
            "image",
            "--env-manager",
            "local",
        ],
        cwd=tmp_path,
        env=environment(recorded.home, MLFLOW_TRACKING_URI=recorded.uri),
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    image = tmp_path / "image"
    assert "model_dir" in (image / "Dockerfile").read_text()
    model = next(image.rglob("MLmodel")).parent
    assert (model / "code/searchbar/engine.py").is_file()
    assert (model / "code/release_format/seal.py").is_file()
    locked = pins(ROOT / "locks/serve.txt")
    required = pins(model / "requirements.txt")
    assert locked <= required
    assert {name.partition("==")[0] for name in required - locked} == {"mlflow"}
    assert Release.open(next((model / "data").iterdir())).id == recorded.first.id


def pins(path: Path) -> set[str]:
    return set(re.findall(r"(?m)^[a-zA-Z0-9-]+==[^\s;\\]+", path.read_text()))


def test_a_channel_names_the_release_that_its_alias_stands_for(
    recorded: Recorded, tmp_path: Path
) -> None:
    store = Folder(tmp_path / "store")
    store.put(recorded.first.path)
    store.switch_channel("prod", release=recorded.first.id, image="sha256:1")
    done = ledger(
        tmp_path, "alias", "prod", "--store", str(store.root), MLFLOW_TRACKING_URI=NOWHERE
    )
    assert done.returncode == 0
    ((_, record),) = waiting_records(tmp_path)
    assert record == Alias("prod", store.path("release", recorded.first.id).absolute())
    assert ledger(tmp_path, "alias", "stage", "--store", str(store.root)).returncode == 2
