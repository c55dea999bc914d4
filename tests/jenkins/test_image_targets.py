"""The targets of the server's image, really built and asked: batch, and SageMaker's contract."""

from __future__ import annotations

import contextlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.dataset as dataset
import pytest
from moto.server import ThreadedMotoServer

from release_format.release import Release
from release_format.store.bucket import Bucket
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.jenkins.test_images import build, free_port, get, run

pytestmark = [pytest.mark.xdist_group("images"), pytest.mark.proof]

DOCKERFILE = "searchbar/Dockerfile"
LOCKED_DOWN = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")
QUESTIONS = ("version control", "shrink photos without losing quality", "vector search")


@pytest.fixture(scope="module")
def batch_image(docker: str) -> str:
    return build(docker, DOCKERFILE, "--target", "batch")


@pytest.fixture(scope="module")
def sagemaker_image(docker: str) -> str:
    return build(docker, DOCKERFILE, "--target", "sagemaker")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with questions, in which the image's user may write."""
    folder = tmp_path / "work"
    folder.mkdir()
    folder.chmod(0o777)
    lines = (json.dumps({"question": text}) + "\n" for text in QUESTIONS)
    (folder / "questions.jsonl").write_text("".join(lines))
    return folder


def answered(folder: Path) -> list[list[str]]:
    """The ids of the hits of each question, in the order of the questions."""
    fields = pa.schema([("release", pa.string()), ("topic", pa.string())])
    read = dataset.dataset(folder, partitioning=dataset.partitioning(fields, flavor="hive"))
    rows = sorted(read.to_table().to_pylist(), key=lambda row: int(row["line"]))
    assert [row["question"] for row in rows] == list(QUESTIONS)
    return [[hit["id"] for hit in row["hits"]] for row in rows]


def expected(release: Release) -> list[list[str]]:
    engine = Engine.open(release)
    return [[hit.id for hit in engine.search(Question(text)).hits] for text in QUESTIONS]


def test_the_default_is_the_server_and_it_grew_by_nothing(
    docker: str, batch_image: str, sagemaker_image: str
) -> None:
    serve = build(docker, DOCKERFILE, "--target", "serve")
    assert build(docker, DOCKERFILE) == serve

    def inspected(image: str) -> dict[str, Any]:
        (table,) = json.loads(run(docker, "image", "inspect", image).stdout)
        return dict(table)

    layers = inspected(serve)["RootFS"]["Layers"]
    assert inspected(sagemaker_image)["RootFS"]["Layers"] == layers, "no byte more than serve"
    assert len(inspected(batch_image)["RootFS"]["Layers"]) > len(layers)
    code = "import importlib.util as u; print([n for n in ('pyarrow', 's3fs') if u.find_spec(n)])"
    python = ("run", "--rm", "--network", "none", *LOCKED_DOWN, "--entrypoint", "python3")
    assert run(docker, *python, serve, "-c", code).stdout == "[]\n"
    assert run(docker, *python, batch_image, "-c", code).stdout == "['pyarrow', 's3fs']\n"
    for image in (serve, batch_image, sagemaker_image):
        user = run(docker, *python, image, "-c", "import os; print(os.getuid())")
        assert user.stdout == "10001\n"


def test_a_server_says_which_image_a_batch_needs(docker: str, bundled_release: Release) -> None:
    serve = build(docker, DOCKERFILE, "--target", "serve")
    mounted = ("--volume", f"{bundled_release.path.resolve()}:/release:ro")
    words = (docker, "run", "--rm", "--network", "none", *LOCKED_DOWN, *mounted, serve)
    batch = run(*words, "batch", "/release", "x.jsonl", "--out", "/tmp/out", check=False)
    assert batch.returncode == 3
    assert "make image TARGET=batch" in batch.stderr
    bucket = run(*words, "serve", "latest", "--store", "s3://bucket/store", check=False)
    assert bucket.returncode == 3
    assert "make image TARGET=batch" in bucket.stderr
    assert "Traceback" not in bucket.stderr


def test_a_batch_answers_a_file_as_nobody_on_a_machine_that_nothing_can_be_written_to(
    docker: str, batch_image: str, bundled_release: Release, work: Path
) -> None:
    mounted = ("--volume", f"{bundled_release.path.resolve()}:/release:ro")
    place = (*mounted, "--volume", f"{work}:/work")
    words = (docker, "run", "--rm", "--network", "none", *LOCKED_DOWN, *place, batch_image)
    done = run(*words, "/release", "questions.jsonl", "--out", "answers")
    assert done.stdout.strip() == bundled_release.id
    assert answered(work / "answers") == expected(bundled_release)
    loaded = run(*words, check=False)
    assert "usage: python -m searchbar batch" in loaded.stdout, "without words it says how"


def test_a_batch_takes_its_release_and_its_questions_from_a_bucket(
    docker: str,
    batch_image: str,
    bundled_release: Release,
    tmp_path: Path,
    work: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = ThreadedMotoServer(port=0)
    server.start()
    try:
        port = server.get_host_and_port()[1]
        variables = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        client = boto3.client("s3")
        place = {"LocationConstraint": "eu-central-1"}
        client.create_bucket(Bucket="images", CreateBucketConfiguration=place)
        assert Bucket("s3://images/store", tmp_path / "cache").put(bundled_release.path)
        client.upload_file(str(work / "questions.jsonl"), "images", "questions.jsonl")
        given = [word for pair in variables.items() for word in ("--env", "=".join(pair))]
        store = ("--env", "SEARCHBAR_STORE=s3://images/store")
        words = (docker, "run", "--rm", "--network", "host", *LOCKED_DOWN, *given, *store)
        asked = ("latest", "s3://images/questions.jsonl", "--out", "s3://images/answers")
        done = run(*words, batch_image, *asked)
        assert done.stdout.strip() == bundled_release.id
        folder = tmp_path / "fetched"
        listed = client.list_objects_v2(Bucket="images", Prefix="answers/")["Contents"]
        for entry in listed:
            path = folder / str(entry["Key"]).removeprefix("answers/")
            path.parent.mkdir(parents=True, exist_ok=True)
            client.download_file("images", entry["Key"], str(path))
        assert answered(folder) == expected(bundled_release)
    finally:
        server.stop()


@contextlib.contextmanager
def hosted(docker: str, image: str, *more: str) -> Iterator[int]:
    """The image as SageMaker starts it (`docker run IMAGE serve`); yields the port of its 8080."""
    name, port = f"searchbar-test-sagemaker-{os.getpid()}", free_port()
    run(docker, "network", "create", name)
    try:
        published = ("--network", name, "--publish", f"127.0.0.1:{port}:8080")
        run(
            docker,
            "run",
            "--detach",
            "--name",
            name,
            *published,
            *LOCKED_DOWN,
            *more,
            image,
            "serve",
        )
        yield port
    finally:
        run(docker, "rm", "--force", name, check=False)
        run(docker, "network", "rm", name, check=False)


def invoked(port: int, body: str, media_type: str) -> tuple[int, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations", body.encode(), {"Content-Type": media_type}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("below", ["", "/release"])
def test_what_sagemaker_starts_answers_its_two_routes(
    docker: str, sagemaker_image: str, bundled_release: Release, below: str
) -> None:
    place = f"{bundled_release.path.resolve()}:/opt/ml/model{below}:ro"
    with hosted(docker, sagemaker_image, "--volume", place) as port:
        status, ready = get(port, "/ping")
        assert (status, json.loads(ready)["release"]) == (200, bundled_release.id)
        status, text = invoked(port, json.dumps({"question": QUESTIONS[0]}), "application/json")
        assert status == 200
        wanted = expected(bundled_release)
        assert [hit["id"] for hit in json.loads(text)["hits"]] == wanted[0]
        lines = "".join(json.dumps({"q": question}) + "\n" for question in QUESTIONS)
        status, text = invoked(port, lines, "application/jsonlines")
        answers = [json.loads(line) for line in text.splitlines()]
        assert [[hit["id"] for hit in answer["hits"]] for answer in answers] == wanted
        assert invoked(port, "vim", "text/csv")[0] == 415
        assert invoked(port, "vim", "application/json")[0] == 422


def test_without_a_release_it_ends_with_a_sentence(docker: str, sagemaker_image: str) -> None:
    done = run(docker, "run", "--rm", "--network", "none", sagemaker_image, "serve", check=False)
    assert done.returncode == 2
    assert "no release is named, and /opt/ml/model holds none. Name one" in done.stderr
