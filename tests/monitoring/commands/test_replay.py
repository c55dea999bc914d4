"""`python -m monitoring replay`, typed, over the log of a real server and a store of releases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.__main__ import main
from monitoring.commands.replay import _own_release
from monitoring.replay.console import LEGEND, Replayed
from monitoring.replay.table import WIDTH, wide
from release_format.cli import run_program
from release_format.config.server import ServerSettings
from release_format.questions import LoggedQuestion, append, read
from release_format.release import KIND, Release
from release_format.store.folder import Folder
from searchbar.engine import Engine
from searchbar.replay.logged_request import logged_request
from tests.searchbar.http.servers import serving

QUESTION: dict[str, Any] = {"q": "edit pictures", "topic": "!garden", "k": 4}


def engine_of(store: Folder, channel: str) -> Engine:
    return Engine.open(Release.open(store.path(KIND, channel)))


@pytest.fixture(scope="module")
def stage(tools_store: Folder) -> Engine:
    return engine_of(tools_store, "stage")


@pytest.fixture(scope="module")
def prod(tools_store: Folder) -> Engine:
    return engine_of(tools_store, "prod")


@pytest.fixture(scope="module")
def log(stage: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a server of the older release logged: a question, and what its visitor did."""
    log = tmp_path_factory.mktemp("log") / "questions.jsonl"
    with serving(stage, ServerSettings(questions=str(log))) as client:
        client.get("/search", params=QUESTION, headers={"X-Request-Id": "asked-1"})
        for feedback in (
            {"kind": "click", "id": "gimp", "position": 1},
            {"kind": "bad", "id": "jpegoptim", "reason": "no \x1b[31mlayers"},
        ):
            sent = {"question": "edit pictures", "request_id": "asked-1", **feedback}
            reply = client.post("/feedback", json=sent, headers={"Sec-Fetch-Site": "same-origin"})
            assert reply.status_code == 204
    return log


def flat(out: str) -> str:
    """What was printed, as one line."""
    return " ".join(out.split())


Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    tools_store: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Typed:
    """Types the verb: its exit code, what it printed and what it said."""
    monkeypatch.delenv("SEARCHBAR_QUESTIONS", raising=False)

    def type_(*arguments: str | Path, store: Folder = tools_store) -> tuple[int, str, str]:
        line = ["replay", *map(str, arguments), "--store", str(store.root)]
        code = run_program("monitoring", main, line)
        out, said = capsys.readouterr()
        assert "Traceback" not in said
        assert all(wide(line) <= WIDTH for line in out.splitlines()) or "--json" in line
        return code, out, said

    return type_


def test_its_own_release_answers_as_it_did_and_live_otherwise(
    typed: Typed, log: Path, tools_store: Folder
) -> None:
    own, live = (tools_store.resolve(KIND, name) for name in ("stage", "prod"))
    code, out, _ = typed("asked-1", "--log", log, "--live", "prod")
    assert code == 0
    assert "\x1b" not in out
    lines = out.splitlines()
    assert lines[0].startswith("Request asked-1, 20")
    assert lines[1:3] == ["  edit pictures", "  topic:!garden · k 4"]
    assert lines[4].split() == ["at", "that", "time", "own", own[:12], "live", live[:12]]
    assert lines[5].split()[:3] == ["1", "gimp", "*"]
    assert "krita +" in flat(out)
    assert LEGEND in out
    assert "On its own release: the same answer." in flat(out)
    assert f"On live, which is prod ({live[:12]}): 1 gone: gimp; 1 come: krita" in flat(out)
    assert "gimp: no such item is in this release" in flat(out)
    assert "not of the same snapshot" in flat(out)
    assert "In no release, and as it is now: nothing is withdrawn; no file of values" in flat(out)
    assert "opened: gimp, number 1" in flat(out)
    assert r"thumb down: jpegoptim, no \x1b[31mlayers" in flat(out)


def test_the_same_as_json(typed: Typed, log: Path, tools_store: Folder) -> None:
    code, out, _ = typed("asked-1", "--log", log, "--live", "prod", "--json")
    found = json.loads(out)
    assert out.isascii()
    assert (code, found["own"]["same"], found["live"]["same"]) == (0, True, False)
    assert found["then"]["hits"] == [hit["id"] for hit in found["own"]["hits"]]
    assert found["live"]["different"]["come"] == ["krita"]
    assert [each["kind"] for each in found["reactions"]] == ["click", "bad"]
    assert found["then"]["release"] == tools_store.resolve(KIND, "stage")


def test_where_its_own_release_is_live_one_opening_does(
    typed: Typed, log: Path, tools_store: Folder
) -> None:
    code, out, _ = typed("asked-1", "--log", log, "--live", tools_store.resolve(KIND, "stage"))
    assert (code, out.count("the same answer.")) == (0, 2)
    assert "it is made of the same" in flat(out)


def test_an_answer_that_is_not_given_again_is_a_no(typed: Typed, log: Path, tmp_path: Path) -> None:
    row = next(read(log))
    append(tmp_path / "q.jsonl", replace(row, hits=["mspaint", *row.hits[:-1]], total=9))
    code, out, _ = typed("asked-1", "--log", tmp_path / "q.jsonl", "--live", "stage")
    assert code == 1
    assert "On its own release: 1 gone: mspaint; 1 come: " in flat(out)
    assert ", was 9" in flat(out)


def test_a_release_that_is_no_more_leaves_live_alone(
    typed: Typed, log: Path, tools_store: Folder, tmp_path: Path
) -> None:
    store = Folder(tmp_path / "store")
    store.put(tools_store.path(KIND, "prod"))
    code, out, _ = typed("asked-1", "--log", log, store=store)
    assert code == 3
    assert "On its own release: could not tell." in flat(out)
    assert "is not in the store any more" in flat(out)
    assert "1 come: krita" in flat(out)
    code, out, _ = typed("asked-1", "--log", log, "--json", store=store)
    assert (code, json.loads(out)["own"]) == (3, None)
    shutil.copytree(tools_store.path(KIND, "stage"), own := tmp_path / "own")
    next((own / "lexical").glob("*.store")).write_bytes(b"broken")
    shutil.copytree(own, store.root / "releases" / tools_store.resolve(KIND, "stage"))
    code, out, _ = typed("asked-1", "--log", log, "--live", "prod", store=tools_store)
    assert code == 0
    code, out, _ = typed(
        "asked-1", "--log", log, "--live", tools_store.resolve(KIND, "prod"), store=store
    )
    assert code == 3
    assert "On its own release: could not tell." in flat(out)


def test_an_older_row_says_what_it_lacks(typed: Typed, log: Path, tmp_path: Path) -> None:
    row, old = next(read(log)), tmp_path / "old.jsonl"
    lacking = replace(row, k=0, sort="", cut="", total=0, confidence=None, level=None)
    append(old, replace(lacking, request_id="a", hits=[], no_good_match=False))
    append(old, replace(lacking, request_id="b", question="text editor", filters={}))
    code, out, _ = typed("a", "--log", old, "--live", "stage")
    assert code == 3
    assert "The log is of an older program" in flat(out)
    assert "not logged" in flat(out)
    code, out, _ = typed("b", "--log", old, "--live", "stage")
    assert code == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["asked-2"], "nothing was asked as request 'asked-2' in"),
        (["asked"], "nothing was asked as request 'asked' in"),
        ([""], "nothing was asked as request '' in"),
        (["asked-1", "--live", "nowhere"], "no release is called 'nowhere'"),
        (["asked-1", "--log", "/nowhere/q.jsonl"], "cannot be read (No such file or directory)"),
        (["asked-1", "--log", "/"], "cannot be read (Is a directory)"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(
    typed: Typed, log: Path, arguments: list[str], sentence: str
) -> None:
    code, out, said = typed("--log", log, *arguments)
    assert (code, out) == (2, "")
    assert sentence in said


def test_the_log_is_that_of_the_setting(
    typed: Typed, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "which log? Name it" in typed("asked-1")[2]
    monkeypatch.setenv("SEARCHBAR_QUESTIONS", str(log))
    assert typed("asked-1", "--live", "stage")[0] == 0


@pytest.mark.parametrize("release", ["latest", "stage", "../../etc", "", "\x1b[2J", "0" * 64])
def test_a_log_names_releases_by_whole_ids_only(
    tools_store: Folder, prod: Engine, release: str
) -> None:
    """What a log says opens no path, and no channel that has moved on."""
    asked = LoggedQuestion("draw", release)
    own, lost = _own_release(asked, prod, str(tools_store.root), ServerSettings())
    assert own is None
    assert "not in the store any more" in lost


TEXT = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(
    ["\x1b[2J", "\u202e", "vim", '"text editor"', "topic:video", "漢字", "x" * 1200, " "]
)
ROWS = st.builds(
    LoggedQuestion,
    question=TEXT | st.sampled_from(["edit pictures", "text"]),
    release=TEXT,
    request_id=st.just("r1"),
    at=TEXT,
    filters=st.dictionaries(
        TEXT | st.sampled_from(["topic", "price"]), st.lists(TEXT, max_size=2), max_size=2
    ),
    hits=st.lists(TEXT | st.sampled_from(["gimp", "vim", "emacs"]), max_size=5),
    no_good_match=st.booleans(),
    k=st.integers(-2, 120) | st.just(2**62),
    sort=TEXT | st.sampled_from(["title", "-updated_at"]),
    cut=st.sampled_from(["", "none"]) | TEXT,
    total=st.integers(-(2**62), 2**62),
    confidence=st.none() | st.floats(0, 2),
    level=st.none() | st.floats(-9, 9),
    did_you_mean=TEXT,
)
FEEDBACK = st.dictionaries(
    st.sampled_from(["kind", "id", "position", "reason"]),
    TEXT | st.integers() | st.none() | st.lists(TEXT, max_size=1),
    min_size=1,
)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(row=ROWS, feedback=FEEDBACK, has_own=st.booleans())
def test_whatever_is_logged_can_be_shown(
    stage: Engine,
    prod: Engine,
    tmp_path_factory: pytest.TempPathFactory,
    row: LoggedQuestion,
    feedback: dict[str, Any],
    has_own: bool,
) -> None:
    log = tmp_path_factory.mktemp("log") / "q.jsonl"
    append(log, row)
    append(log, replace(row, feedback=feedback))
    request = logged_request(log, "r1")
    assert request is not None
    own = stage if has_own else None
    replayed = Replayed.of(request, own, "" if own else "It is gone.", prod, "prod")
    assert replayed.exit_code in ((0, 1, 3) if own else (3,))
    lines = list(replayed.lines())
    assert all(wide(line) <= WIDTH for line in lines), lines
    assert not {"\x1b", "\u202e", "\n", "\r"} & set("".join(lines))
    assert json.loads(json.dumps(replayed.to_json()))["request_id"] == "r1"


def test_a_half_character_in_the_log_ends_no_run(typed: Typed, log: Path, tmp_path: Path) -> None:
    row = next(read(log))
    append(tmp_path / "q.jsonl", replace(row, hits=["\ud800", *row.hits]))
    code, out, _ = typed("asked-1", "--log", tmp_path / "q.jsonl", "--live", "stage")
    assert code == 1
    assert r"1 gone: \ud800" in flat(out)
