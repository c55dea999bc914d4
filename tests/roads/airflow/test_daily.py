"""`searchbar_daily` on a real Airflow, in a scratch clone with a git remote: what is pushed, what
is tried again, and what people are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.docs.typed import link_environment
from tests.roads.airflow.conftest import Airflow, Played, Scene
from tests.roads.airflow.dag_files import DAGS
from tests.roads.stub_make import StubMake, recorded_lines, stub_make
from tests.whole_line.line import git, source_as_remote
from tests.whole_line.loop import exported

pytestmark = pytest.mark.proof
DAILY, LOST = "searchbar_daily", "prod is built again: no build of its commit ever began."
SENTENCE = "It also predicts the tides of small harbours."
NONE, CHANGED, AGAIN, REFUSED = range(4)


class Messages(HTTPServer):
    """Who is told what: an address of FORGE_NOTIFY's kind `json`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.texts: list[str] = []


class Listener(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Messages)
        self.server.texts.append(told["message"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def messages() -> Iterator[Messages]:
    with Messages() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("daily")


@pytest.fixture(scope="module")
def line_remote(folder: Path) -> Path:
    """This source, as a remote with stage and prod."""
    return source_as_remote(folder)


@pytest.fixture(scope="module")
def days(airflow: Airflow, folder: Path, line_remote: Path, messages: Messages) -> Played:
    """Four days: nothing new, a changed row, the same again, and rows without any text."""
    clone = folder / "clone"
    git(folder, "clone", "--quiet", "--branch", "stage", str(line_remote), str(clone))
    link_environment(clone)
    exported(ROOT, changed := folder / "changed.jsonl", SENTENCE)
    lines = [json.loads(line) for line in changed.read_text("utf-8").splitlines()]
    empty = [{"id": row["id"], "title": "", "description": ""} for row in lines[::3]]
    rows = [*(row for n, row in enumerate(lines) if n % 3), *empty]
    bad = folder / "bad.jsonl"
    bad.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    settings = {
        "SEARCHBAR_STORE": str(folder / "store"),
        "SEARCHBAR_LEDGER": "off",
        "FORGE_NOTIFY": f"json://127.0.0.1:{messages.server_port}",
    }
    scenes = []
    for source in ("", str(changed), str(changed), str(bad)):
        with_source = {**settings, **({"SEARCHBAR_SOURCE": source} if source else {})}
        env = {
            "AIRFLOW_VAR_SEARCHBAR_CHECKOUT": str(clone),
            "AIRFLOW_VAR_SEARCHBAR_SETTINGS": json.dumps(with_source),
            "VENV": str(clone / ".venv"),
        }
        scenes.append(Scene(DAILY, env, {}))
    return airflow(*scenes)


def heads(remote: Path) -> dict[str, str]:
    listed = git(remote, "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads")
    return dict(line.split() for line in listed.splitlines())


def test_the_dags_load_and_say_what_they_are(days: Played) -> None:
    assert days.errors == {}
    assert set(days.dags) == {DAILY, "searchbar_answers"}
    for dag in days.dags.values():
        assert (dag["tags"], dag["catchup"], dag["max_active_runs"]) == (["searchbar"], False, 1)
        assert dag["page"]
        for task in dag["tasks"].values():
            assert task["tells"] == 1
            assert task["timeout"]
    assert days.dags[DAILY]["schedule"] == "0 5 * * *"
    kinds = {
        name: schema["type"] for name, schema in days.dags["searchbar_answers"]["params"].items()
    }
    assert kinds == {
        "release": "string", "questions": "string", "answers": "string", "k": "integer",
        "where": "string",
    }  # fmt: skip


def test_a_day_with_nothing_new_proposes_nothing(days: Played) -> None:
    assert days.scenes[NONE]["state"] == "success"
    assert "as stage has it; nothing to propose" in days.log


def test_a_changed_catalogue_is_one_branch_however_often_it_is_run(
    days: Played, line_remote: Path
) -> None:
    assert [days.scenes[day]["state"] for day in (CHANGED, AGAIN)] == ["success"] * 2
    assert set(heads(line_remote)) == {"stage", "prod", "catalogue/daily"}
    assert git(line_remote, "rev-list", "--count", "stage..catalogue/daily") == "1"
    assert days.log.count("catalogue/daily is now at") == 2, "the changed day, and the bad one"
    assert days.log.count("catalogue/daily stays at") == 1


def test_a_gates_no_fails_the_task_at_once_with_its_sentence(
    days: Played, messages: Messages
) -> None:
    assert days.scenes[REFUSED]["state"] == "failed"
    tasks = days.scenes[REFUSED]["tasks"]
    assert tasks["sweep"] == {"state": "success", "tries": 1}
    assert tasks["propose"] == {"state": "failed", "tries": 1}
    (told,) = messages.texts
    for text in (told, days.log):
        assert "`make propose`, exit code 1 (a gate said no): The data gate says no:" in text
    assert told.startswith("Airflow: searchbar_daily.propose failed: ")


@pytest.fixture(scope="module")
def stubs(folder: Path) -> dict[str, StubMake]:
    """What make does on a day: all is well, a lost build, a no, a could-not-tell, wrong usage."""
    line = "make propose"
    return {
        "well": stub_make(folder / "well"),
        "lost": stub_make(folder / "lost", prints={"make -s sweep": LOST}),
        "no": stub_make(folder / "no", fails={line: 1}),
        "usage": stub_make(folder / "usage", fails={line: 2}),
        "unknown": stub_make(folder / "unknown", fails={line: 3}),
    }


@pytest.fixture(scope="module")
def stubbed(airflow: Airflow, stubs: dict[str, StubMake], folder: Path) -> dict[str, Any]:
    """How each of these days ended, in a clone that the DAG makes itself."""
    git(folder, "init", "--quiet", "--initial-branch=stage", "empty")
    git(folder / "empty", "commit", "--quiet", "--allow-empty", "-m", "Begin")
    env = {
        "AIRFLOW_VAR_SEARCHBAR_CHECKOUT": str(folder / "made/by/the/dag"),
        "AIRFLOW_VAR_SEARCHBAR_REMOTE": str(folder / "empty"),
    }
    scenes = [Scene(DAILY, {**env, "PATH": stub.path}, {}) for stub in stubs.values()]
    return dict(zip(stubs, airflow(*scenes).scenes, strict=True))


def test_what_airflow_types_is_what_jenkins_types(
    stubbed: dict[str, Any], stubs: dict[str, StubMake]
) -> None:
    assert stubbed["well"]["state"] == "success"
    assert stubs["well"].lines() == recorded_lines("daily")


def test_a_lost_build_of_prod_is_told_before_the_proposal(
    stubbed: dict[str, Any], stubs: dict[str, StubMake]
) -> None:
    assert stubbed["lost"]["state"] == "success"
    assert stubs["lost"].lines() == ["make -s sweep", "make notify", "make propose"]
    assert stubs["lost"].typed()[1].env["TEXT"] == f"{LOST} Start that build by hand."


@pytest.mark.parametrize(("day", "tries"), [("no", 1), ("usage", 1), ("unknown", 3)])
def test_only_what_could_not_be_told_is_tried_again(
    stubbed: dict[str, Any], stubs: dict[str, StubMake], day: str, tries: int
) -> None:
    assert stubbed[day]["tasks"]["propose"] == {"state": "failed", "tries": tries}
    typed = stubs[day].lines()
    assert typed == ["make -s sweep", *["make propose"] * tries, "make notify"]
    assert "searchbar_daily.propose failed" in stubs[day].typed()[-1].env["TEXT"]


def test_a_dag_that_cannot_run_is_found(airflow: Airflow, tmp_path: Path) -> None:
    source = (DAGS / "searchbar.py").read_text(encoding="utf-8")
    for path in DAGS.glob("searchbar_line.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    ours = source.replace("import json\n", "import json\n\nimport release_format\n", 1)
    circle = source.replace(
        "sweep() >> propose()", "first = sweep()\n    first >> propose() >> first"
    )
    (tmp_path / "ours.py").write_text(ours, encoding="utf-8")
    (tmp_path / "circle.py").write_text(circle, encoding="utf-8")
    played = airflow(folder=tmp_path)
    errors = {Path(name).name: text for name, text in played.errors.items()}
    assert set(errors) == {"ours.py", "circle.py"}
    assert "release_format" in errors["ours.py"]
    assert "ycle" in errors["circle.py"]
