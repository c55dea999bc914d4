"""The ledger: a real MLflow is told what builds did, later and elsewhere; whatever becomes of it, builds stay what they are."""

from __future__ import annotations

import ast
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from index_builder.__main__ import _parser as build_parser
from index_builder.build_run import run_of
from index_builder.job import Job
from index_builder.run import Alias, Run, keep, waiting
from index_builder.sending import SAID, send_soon, shown
from release_format.items import Item
from release_format.release import Release
from release_format.snapshot import Snapshot
from release_format.store import Folder
from searchbar.engine import Engine
from searchbar.question import Question
from tests.index_builder.conftest import ROOT, Admit, Line, catalogue_items

# All of it stands on a few builds and one ledger, which one process makes.
pytestmark = pytest.mark.xdist_group("ledger")

SECRET = "hunter2"
NOWHERE = f"http://ann:{SECRET}@127.0.0.1:1"
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
        "loss": [[one.step, one.value] for one in client.get_metric_history(run.info.run_id, "training/loss")],
    } for run in found],
    "versions": {one.version: one.tags for one in client.search_model_versions("name='searchbar'")},
    "aliases": client.get_registered_model("searchbar").aliases,
}))
"""


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"},
        "SEARCHBAR_LEDGER": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MLFLOW_DISABLE_TELEMETRY": "true", **more,
    }  # fmt: skip


def ledger(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "index_builder", "ledger", *arguments],
        cwd=ROOT, env=environment(home, **more), text=True, capture_output=True, timeout=300,
    )  # fmt: skip


@contextmanager
def kept_in(home: Path, **more: str) -> Iterator[None]:
    """Within this process, the ledger is at home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEARCHBAR_LEDGER", str(home))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for name, value in more.items():
            patch.setenv(name, value)
        yield


def until_sent(home: Path) -> None:
    """The process that sends ends when nothing waits any more; who sees it end badly is told why."""
    while any((home / "waiting").iterdir()):
        assert not (home / SAID).exists(), (home / SAID).read_text()
        time.sleep(0.1)


@dataclass(frozen=True)
class Told:
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
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Three builds (one sealed and sent at once, one sealed and one refused while MLflow is away), and trials."""
    folder = tmp_path_factory.mktemp("ledger")
    home, store = folder / "home", Folder(folder / "store")
    line, items = Line(store, folder / "reports"), catalogue_items(40)
    right = folder / "right.jsonl"
    right.write_text("".join(_judged(number, item.title, item.id) for number, item in enumerate(items[:12])))
    wrong = folder / "wrong.jsonl"
    wrong.write_text("".join(_judged(number, item.title, items[1].id) for number, item in enumerate(items[:12])))
    before = admit_into(store, items)
    after = admit_into(store, [replace(items[0], description="Something else."), *items[1:-1], Item("zzz", "New")])
    with kept_in(home, CHANGE_ID="7", CHANGE_AUTHOR="ann", GIT_COMMIT="c0ffee"):
        first = line.release(before.id, "--judgments", str(right))
        until_sent(home)
    elsewhere = Folder(folder / "elsewhere")
    elsewhere.put(before.path)
    without = Line(elsewhere, folder / "reports").release(before.id, "--judgments", str(right))
    with kept_in(home, MLFLOW_TRACKING_URI=NOWHERE):
        second = line.build(after.id, "--live", first.id, "--judgments", str(right))
        refused = line.build(after.id, "--judgments", str(wrong), check=1)
    away = {"MLFLOW_TRACKING_URI": NOWHERE}
    assert ledger(home, "alias", "stage", first.id, "--store", str(store.root), **away).returncode == 0
    with kept_in(home):
        study = Run("tune", "tune")
        keep(Run("trial", "trial 1", {"fusion.words": 0.5}, {"quality/ndcg@10": 0.5}, parent=study.id,
                 steps={"training/loss": [(1, 0.9), (2, 0.5)]}))  # fmt: skip
        keep(Run("trial", "unfit", {"../../escape": "x"}))
        keep(replace(study, metrics={"best": 0.5}))
        keep(Alias("stage", folder / "pruned"))
    sent = ledger(home, "send")
    assert sent.returncode == 0, sent.stderr
    assert "MLflow refuses" in sent.stderr
    assert f"stage cannot stand for {folder / 'pruned'}, which is gone" in sent.stderr
    uri = f"sqlite:///{home}/mlflow.db"
    dumped = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DUMP, uri], text=True, capture_output=True, check=True
    )
    return Told(
        home, store, first, without, Release.open(store.path("release", second.stdout.split()[-1])), second.stderr,
        refused.stderr, json.loads(dumped.stdout.splitlines()[-1]),
    )  # fmt: skip


def _judged(number: int, question: str, id: str) -> str:
    return json.dumps({"id": f"q{number}", "question": question, "kind": "name", "relevant": {id: 3}}) + "\n"


def test_a_build_is_a_run_with_recipe_data_figures_reports_and_who(told: Told) -> None:
    run = told.run(f"release {told.first.id[:12]}")
    assert run["status"] == "FINISHED"
    assert run["params"]["encoder.model"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert float(run["params"]["fusion.words"]) == told.first.recipe["fusion"]["words"]
    assert run["data"] == [["snapshot", told.first.manifest.made_from["snapshot"][:12]]]
    figures = told.first.verdict.facts["quality"]["evaluation"]
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
    assert run["metrics"]["build/bytes"] == sum(file.bytes for file in told.first.manifest.files.values())
    spent = told.first.verdict.facts["quality"]["budget"]
    assert 0 < run["metrics"]["serving/p50_ms"] <= run["metrics"]["serving/p99_ms"] == spent["p99_ms"]
    assert run["metrics"]["build/seconds"] == told.first.verdict.facts["seconds"]
    assert (run["metrics"]["data/items"], run["metrics"]["data/quarantined"]) == (40, 0)
    assert set(run["reports"]) == {"levels.json", "recipe.toml", "report.html", "verdict.json"}
    tags = {"commit": "c0ffee", "pull request": "7", "who": "ann", "release": told.first.id, "verdict": "yes"}
    assert tags.items() <= run["tags"].items()
    assert (run["tags"]["mlflow.user"], run["tags"]["mlflow.source.git.commit"]) == ("ann", "c0ffee")


def test_beside_live_it_says_what_changed(told: Told) -> None:
    run = told.run(f"release {told.second.id[:12]}")
    assert [run["metrics"][f"data/{name}"] for name in ("added", "changed", "removed")] == [1, 1, 1]
    assert run["tags"]["live"] == told.first.id
    assert run["metrics"]["data/encoded"] == told.second.verdict.facts["vectors"]["encoded"]


def test_a_refused_build_is_a_failed_run_with_the_reason(told: Told) -> None:
    run = next(run for run in told.held["runs"] if run["name"].startswith("refused "))
    assert (run["status"], run["tags"]["verdict"]) == ("FAILED", "no")
    assert "ndcg: no" in run["tags"]["mlflow.note.content"]
    assert "verdict.json" in run["reports"]
    assert run["metrics"]["quality/ndcg_10"] < 0.5


def test_trials_lie_under_their_study_with_figures_by_step(told: Told) -> None:
    trial, study = told.run("trial 1"), told.run("tune")
    assert trial["tags"]["mlflow.parentRunId"] == study["id"]
    assert trial["loss"] == [[1, 0.9], [2, 0.5]]
    assert trial["metrics"]["quality/ndcg_10"] == 0.5
    assert (study["metrics"], study["status"]) == ({"best": 0.5}, "FINISHED")


def test_what_mlflow_refuses_is_set_aside_and_holds_up_nothing(told: Told) -> None:
    (kept,) = (told.home / "refused").iterdir()
    assert json.loads((kept / "record.json").read_bytes())["name"] == "unfit"
    assert not list((told.home / "waiting").iterdir())


def test_releases_are_versions_and_the_line_moves_aliases(told: Told) -> None:
    by_release = {tags["release"]: version for version, tags in told.held["versions"].items()}
    assert set(by_release) == {told.first.id, told.second.id}
    aliases = {alias: str(version) for alias, version in told.held["aliases"].items()}
    assert aliases == {"candidate": by_release[told.second.id], "stage": by_release[told.first.id]}
    version = told.held["versions"][by_release[told.first.id]]
    assert version["snapshot"] == told.first.manifest.made_from["snapshot"]
    assert version["verdict"] == "yes"


def test_a_release_is_kept_once_on_a_disk(told: Told) -> None:
    copies = list((told.home / "artifacts").rglob(f"{told.first.id}/index.faiss"))
    assert [copy.samefile(told.first.path / "index.faiss") for copy in copies] == [True]


def test_mlflow_away_is_a_sentence_without_the_password_and_changes_nothing(told: Told) -> None:
    for said in (told.said_unreachable, told.said_refused):
        assert "MLflow at http://127.0.0.1:1 does not answer" in said
        assert "ledger send" in said
        assert SECRET not in said
        assert "ann:" not in said
    assert told.second.verdict.says_yes


def test_with_and_without_a_ledger_the_release_is_the_same(told: Told) -> None:
    assert told.without.id == told.first.id
    # What holds measured times, and tantivy's segments, which have names of chance.
    differs = ("verdict.json", "report.html", "lexical/")
    one, other = (
        {name: file.sha256 for name, file in release.manifest.files.items() if not name.startswith(differs)}
        for release in (told.first, told.without)
    )
    assert one == other


@contextmanager
def served(told: Told) -> Iterator[str]:
    """The release that stage stands for, served by MLflow itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["mlflow", "models", "serve", "-m", "models:/searchbar@stage", "--env-manager", "local", "--port", str(port)],
        cwd=told.home, env=environment(told.home, MLFLOW_TRACKING_URI=told.uri), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=(told.home / "serve.log").open("w"),
    )  # fmt: skip
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, (told.home / "serve.log").read_text()
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def invoke(url: str, asked: dict[str, Any]) -> tuple[int, Any]:
    request = urllib.request.Request(url, json.dumps(asked).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_mlflow_serves_a_release_that_answers_as_the_engine_does(told: Told) -> None:
    engine = Engine.open(told.first)
    topic = told.first.items[3].topics[0]
    rows: list[dict[str, Any]] = [
        {"question": "photo editor", "filters": {"topic": [topic]}},
        {"question": "play music"},
    ]
    with served(told) as url:
        status, answered = invoke(url, {"dataframe_records": rows, "params": {"k": 3}})
        assert status == 200
        for row, answer in zip(rows, answered["predictions"], strict=True):
            expected = json.loads(
                json.dumps(engine.search(Question(row["question"], k=3, filters=row.get("filters", {}))).to_json())
            )
            for timed in (answer, expected):
                timed.pop("took_ms")
            assert answer == expected
        assert invoke(url, {"dataframe_records": [{"text": "no question"}]})[0] == 400
        split = {"dataframe_split": {"columns": ["question"], "data": [["play music"]]}}
        assert len(invoke(url, split)[1]["predictions"][0]["hits"]) == 10


def test_mlflow_writes_a_dockerfile_for_a_release(told: Told, tmp_path: Path) -> None:
    done = subprocess.run(
        ["mlflow", "models", "generate-dockerfile", "-m", "models:/searchbar@stage", "-d", "image", "--env-manager", "local"],
        cwd=tmp_path, env=environment(told.home, MLFLOW_TRACKING_URI=told.uri), text=True, capture_output=True,
    )  # fmt: skip
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
    assert Release.open(next((model / "data").iterdir())).id == told.first.id


def pins(path: Path) -> set[str]:
    return set(re.findall(r"(?m)^[a-zA-Z0-9-]+==[^\s;\\]+", path.read_text()))


class _Full(BaseHTTPRequestHandler):
    """An MLflow whose disk is full."""

    def _refuse(self) -> None:
        body = json.dumps({"error_code": "INTERNAL_ERROR", "message": "database or disk is full"}).encode()
        self.send_response(500)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _refuse  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def test_a_full_mlflow_keeps_nothing_from_anybody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Full)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    uri = f"http://ann:{SECRET}@127.0.0.1:{server.server_port}"
    with kept_in(tmp_path):
        keep(Run("build", "one"))
    done = ledger(tmp_path, "send", MLFLOW_TRACKING_URI=uri, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    server.shutdown()
    assert done.returncode == 3
    assert "MLflow did not take it" in done.stderr
    assert "What is left waits in" in done.stderr
    assert SECRET not in done.stderr + (tmp_path / SAID).read_text()
    assert len(list(waiting(tmp_path))) == 1
    assert "Traceback" not in done.stderr


def test_a_mute_mlflow_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, kept_in(tmp_path):
        keep(Run("build", "one"))
        uri = f"http://127.0.0.1:{mute.getsockname()[1]}"
        done = ledger(tmp_path, "send", "--seconds", "8", MLFLOW_TRACKING_URI=uri)
    assert done.returncode == 3
    assert "took longer than 8 s" in done.stderr
    assert len(list(waiting(tmp_path))) == 1


def test_the_next_build_says_how_the_last_sending_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[Sequence[str]] = []
    monkeypatch.setattr("index_builder.sending.subprocess.Popen", lambda command, **_: started.append(command))
    with kept_in(tmp_path):
        keep(Run("build", "one"))
        (tmp_path / SAID).write_text("MLflow was full.\n")
        send_soon()
    assert "the last sending ended with: MLflow was full." in capsys.readouterr().err
    assert len(started) == 1


def test_without_mlflow_runs_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with kept_in(tmp_path):
        keep(Run("build", "one"))
        send_soon()
    assert "mlflow is not installed (`make ledger` installs it)" in capsys.readouterr().err
    assert len(list(waiting(tmp_path))) == 1


def test_a_ledger_that_cannot_be_written_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    with kept_in(tmp_path / "file" / "home"):
        keep(Run("build", "one"))
        send_soon()
    assert "this is not recorded" in capsys.readouterr().err


def test_what_training_told_is_in_the_run(admit: Admit, store: Folder, tmp_path: Path) -> None:
    given = build_parser().parse_args(["build", admit(catalogue_items(5)).id])
    job = Job.of(given, store)
    job.facts["training"] = {"way": "finetune", "kept": True, "seconds": 3, "steps": {"loss": [[1, 0.9], [2, 0.5]]}}
    run = run_of(job, None, None, tmp_path, 0.0)
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
    with kept_in(tmp_path):
        line.build(snapshot.id, check=3)
        ((_, record),) = waiting(tmp_path)
    assert isinstance(record, Run)
    assert (record.status, record.tags["verdict"], record.release) == ("FAILED", "none", None)
    assert "/dev/null/no/cache" in record.note


def test_a_channel_names_the_release_that_its_alias_stands_for(told: Told, tmp_path: Path) -> None:
    store = Folder(tmp_path / "store")
    store.put(told.first.path)
    store.switch_channel("prod", release=told.first.id, image="sha256:1")
    done = ledger(tmp_path, "alias", "prod", "--store", str(store.root), MLFLOW_TRACKING_URI=NOWHERE)
    assert done.returncode == 0
    ((_, record),) = waiting(tmp_path)
    assert record == Alias("prod", store.path("release", told.first.id).absolute())
    assert ledger(tmp_path, "alias", "stage", "--store", str(store.root)).returncode == 2


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
    assert shown(uri) == said


def test_one_file_imports_mlflow() -> None:
    packages = ("release_format", "data_checks", "index_builder", "searchbar", "deployer", "forge")
    found = {
        path.relative_to(ROOT).as_posix()
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        if b"mlflow" in path.read_bytes()
        for node in ast.walk(ast.parse(path.read_bytes()))
        if (isinstance(node, ast.Import) and any(name.name.partition(".")[0] == "mlflow" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "mlflow")
    }
    assert found == {"index_builder/ledger.py"}
