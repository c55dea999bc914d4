"""A file of questions becomes Parquet; what a stop leaves behind is whole, and taken up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.dataset as dataset
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from release_format.cli import run_program
from release_format.items import Item
from release_format.release import Release
from searchbar.__main__ import main
from searchbar.batch.parquet_sink import MARKS, NO_TOPIC
from searchbar.engine import Engine
from searchbar.query.question import Question
from searchbar.results.topic_votes import TopicVoter
from tests.searchbar.conftest import MakeRelease

ROOT = Path(__file__).parents[3]
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"id": "q1", "question": "retouch photos"},
    {"question": "linear algebra", "filters": {"topic": ["science"]}},
    {"question": "hoses and hedges"},
    {"question": "prune a hedge", "release": "of a log", "hits": ["gimp"]},
    {"question": "", "feedback": {"kind": "click"}},
    {"question": "coffee"},
)


@pytest.fixture
def questions(tmp_path: Path) -> Callable[..., str]:
    def write(*rows: dict[str, Any] | str) -> str:
        path = tmp_path / "questions.jsonl"
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return str(path)

    return write


def batch(*arguments: str | Path, check: int = 0) -> None:
    assert run_program("searchbar", main, ["batch", *map(str, arguments)]) == check


def rows(folder: str | Path, filesystem: Any = None) -> list[dict[str, Any]]:
    fields = pa.schema([("release", pa.string()), ("topic", pa.string())])
    read = dataset.dataset(
        folder, partitioning=dataset.partitioning(fields, flavor="hive"), filesystem=filesystem
    )
    return sorted(read.to_table().to_pylist(), key=lambda row: int(row["line"]))


def test_every_question_is_answered_as_the_engine_answers_it(
    tools_release: Release,
    tools: Engine,
    questions: Callable[..., str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    batch(
        tools_release.path,
        questions(*QUESTIONS),
        "--out",
        tmp_path / "out",
        "--k",
        "3",
        "--part",
        "2",
    )
    assert capsys.readouterr().out.splitlines()[-1] == tools_release.id
    answered = rows(tmp_path / "out")
    assert [(row["line"], row["id"]) for row in answered] == [
        (1, "q1"),
        (2, "2"),
        (3, "3"),
        (4, "4"),
        (6, "6"),
    ]
    voter = TopicVoter(tools_release.items, tools.retriever.dense)
    for row in answered:
        row_of_file = QUESTIONS[row["line"] - 1]
        question = Question(row_of_file["question"], k=3, filters=row_of_file.get("filters", {}))
        answer, result_set = tools.answers([question])[0]
        assert [hit["id"] for hit in row["hits"]] == [hit.id for hit in answer.hits]
        assert (row["total"], row["no_good_match"]) == (answer.total, answer.no_good_match)
        assert row["release"] == tools_release.id
        topics = voter.predict(result_set.plan.vector, tools.retriever.excluded())
        assert row["topic"] == topics[0][0]
        assert row["topics"][0] == {
            "topic": topics[0][0],
            "share": pytest.approx(topics[0][1], abs=1e-6),
        }
    assert {row["question"]: row["topic"] for row in answered}["hoses and hedges"] == "garden"


def test_without_shared_topics_the_topic_is_null(
    make_release: MakeRelease, questions: Callable[..., str], tmp_path: Path
) -> None:
    release = make_release(
        [Item("a", "Alpha", "The first.", ("one",)), Item("b", "Beta", "The second.", ("two",))]
    )
    batch(release.path, questions({"question": "first"}), "--out", tmp_path / "out")
    assert [row["topic"] for row in rows(tmp_path / "out")] == [None]
    assert (tmp_path / "out" / f"release={release.id}" / f"topic={NO_TOPIC}").is_dir()


def test_topics_may_be_called_anything(
    make_release: MakeRelease, questions: Callable[..., str], tmp_path: Path
) -> None:
    name = "C/C++ = 100 % ünïcode"
    release = make_release([Item(id, id, "A compiler.", (name,)) for id in "ab"])
    batch(release.path, questions({"question": "compiler"}), "--out", tmp_path / "out")
    assert [row["topic"] for row in rows(tmp_path / "out")] == [name]


def test_a_killed_batch_goes_on_where_it_was(
    tools_release: Release, questions: Callable[..., str], tmp_path: Path
) -> None:
    file = questions(*({"question": f"edit photos, attempt {number}"} for number in range(160)))
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "searchbar",
        "batch",
        str(tools_release.path),
        file,
        "--out",
        str(out),
        "--part",
        "8",
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    marks = out / f"release={tools_release.id}" / MARKS
    while not (marks / "000001").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {path: path.stat().st_mtime_ns for path in marks.iterdir() if path.name.isdigit()}
    assert len(finished) < 20
    batch(tools_release.path, file, "--out", out, "--part", "8")
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert [row["line"] for row in rows(out)] == list(range(1, 161))
    after = sorted(marks.iterdir())
    batch(tools_release.path, file, "--out", out, "--part", "8")
    assert [path.stat().st_mtime_ns for path in after] == [
        path.stat().st_mtime_ns for path in sorted(marks.iterdir())
    ]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "holds no question"),
        (['{"question": "fine"}', '{"question": "cut'], "line 2: this is no JSON"),
        (
            ['{"question": "fine"}', "", '{"text": "no question"}'],
            "line 3: there is no question in it",
        ),
        (['{"question": "  "}'], "line 1: the question is empty"),
        (['{"question": "a", "filters": {"topic": "video"}}'], "line 1: the filters are none"),
        (['{"question": "a", "filters": {"size": ["big"]}}'], "line 1: there is no filter 'size'"),
        (['{"question": "' + "long " * 400 + '"}'], "line 1: the question has 2,000 characters"),
    ],
)
def test_what_is_no_question_is_refused_before_any_is_asked(
    tools_release: Release,
    questions: Callable[..., str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lines: Sequence[str],
    sentence: str,
) -> None:
    batch(tools_release.path, questions(*lines), "--out", tmp_path / "out", check=2)
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"release": "abcdef123"}, "no release begins with 'abcdef123'"),
        ({"questions": "nowhere.jsonl"}, "there is no nowhere.jsonl"),
        ({"part": "0"}, "give at least 1"),
        ({"k": "1000"}, "line 1: k is 1000"),
    ],
)
def test_a_wrong_line_is_exit_2_with_what_to_do(
    tools_release: Release,
    questions: Callable[..., str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str],
    sentence: str,
) -> None:
    options = {
        "release": str(tools_release.path),
        "questions": questions(*QUESTIONS),
        "part": "8",
        "k": "3",
        **change,
    }
    batch(
        options["release"],
        options["questions"],
        "--out",
        tmp_path / "out",
        "--part",
        options["part"],
        "--k",
        options["k"],
        "--store",
        tmp_path / "store",
        check=2,
    )
    assert sentence in capsys.readouterr().err


def test_a_folder_of_other_answers_is_refused(
    tools_release: Release,
    make_release: MakeRelease,
    questions: Callable[..., str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    batch(tools_release.path, questions(*QUESTIONS), "--out", out)
    batch(tools_release.path, questions({"question": "another"}), "--out", out, check=2)
    assert "this release's answers to other questions" in capsys.readouterr().err
    # What is finished stays beside the answers of the next release; what is not must be finished
    # first.
    other = make_release([Item("a", "Alpha", "The first.", ("one",))])
    batch(other.path, questions(*QUESTIONS[:1]), "--out", out)
    assert {row["release"] for row in rows(out)} == {tools_release.id, other.id}
    plan = out / f"release={other.id}" / "_batch.json"
    plan.write_text(json.dumps({**json.loads(plan.read_bytes()), "finished": False}))
    batch(tools_release.path, questions(*QUESTIONS), "--out", out, check=2)
    assert f"release {other.id[:12]} that are not finished" in capsys.readouterr().err
    plan.write_text("half")
    batch(tools_release.path, questions(*QUESTIONS), "--out", out, check=2)
    assert "cannot be read" in capsys.readouterr().err


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="batches")
    # fsspec keeps file systems by their arguments, and another test's server was elsewhere.
    S3FileSystem.clear_instance_cache()
    yield "s3://batches"
    S3FileSystem.clear_instance_cache()
    server.stop()


def test_questions_and_answers_may_lie_in_a_bucket(
    tools_release: Release,
    questions: Callable[..., str],
    tmp_path: Path,
    s3: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import s3fs

    boto3.client("s3").upload_file(questions(*QUESTIONS), "batches", "in/questions.jsonl")
    arguments = (
        tools_release.path,
        f"{s3}/in/questions.jsonl",
        "--out",
        f"{s3}/out",
        "--part",
        "2",
    )
    batch(*arguments)
    batch(*arguments)
    assert "5 of 5 questions are answered there already" in capsys.readouterr().err
    batch(tools_release.path, questions(*QUESTIONS), "--out", tmp_path / "out", "--part", "2")
    fetched = rows("batches/out", s3fs.S3FileSystem(use_listings_cache=False))
    assert fetched == rows(tmp_path / "out")


def test_a_server_goes_without_what_a_batch_needs(
    tools_release: Release, questions: Callable[..., str], tmp_path: Path
) -> None:
    arguments = [
        "batch",
        str(tools_release.path),
        questions(*QUESTIONS),
        "--out",
        str(tmp_path / "out"),
    ]
    code = f"""
import sys
import searchbar.__main__ as program
import searchbar.commands.serve
from release_format.cli import run_program
assert not {{"pyarrow", "fsspec", "pandas"}} & set(sys.modules), "a server would load them too"
sys.modules["pyarrow"] = None
sys.exit(run_program("searchbar", program.main, {arguments!r}))
"""
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ}, text=True, capture_output=True
    )
    assert process.returncode == 3
    assert "a batch needs pyarrow" in process.stderr
    assert "make setup" in process.stderr
    assert "Traceback" not in process.stderr
