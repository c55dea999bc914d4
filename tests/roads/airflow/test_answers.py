"""`searchbar_answers` on a real Airflow: answered here from a sealed release, or by AWS Batch as
moto plays it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pyarrow as pa
import pyarrow.dataset as dataset
import pytest
from moto.server import ThreadedMotoServer

from release_format.release import Release
from tests.conftest import ROOT
from tests.roads.airflow.conftest import Airflow, Played, Scene
from tests.roads.stub_make import StubMake, stub_make

pytestmark = pytest.mark.proof
ANSWERS, SAMPLE = "searchbar_answers", ROOT / "tests/formats/v3"
QUESTIONS = ("retouch photos", "linear algebra", "hoses and hedges")
AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("answers")


@pytest.fixture(scope="module")
def stub(folder: Path) -> StubMake:
    """Takes what people are told."""
    return stub_make(folder / "bin")


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """AWS Batch without an engine: a job that is handed in has succeeded. With a queue of ours."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    address = f"http://127.0.0.1:{port}"
    config = json.dumps({"batch": {"use_docker": False}}).encode()
    urlopen(Request(f"{address}/moto-api/config", config, method="POST")).close()
    _queue(address)
    yield address
    server.stop()


def client(address: str, name: str) -> Any:
    return boto3.client(
        name,
        endpoint_url=address,
        region_name=AWS["AWS_DEFAULT_REGION"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def _queue(address: str) -> None:
    batch = client(address, "batch")
    may = {"Effect": "Allow", "Principal": {"Service": "batch.amazonaws.com"}}
    trust = {"Version": "2012-10-17", "Statement": [{**may, "Action": "sts:AssumeRole"}]}
    role = client(address, "iam").create_role(
        RoleName="batch", AssumeRolePolicyDocument=json.dumps(trust)
    )
    machines = batch.create_compute_environment(
        computeEnvironmentName="machines",
        type="UNMANAGED",
        state="ENABLED",
        serviceRole=role["Role"]["Arn"],
    )
    order = [{"order": 1, "computeEnvironment": machines["computeEnvironmentArn"]}]
    batch.create_job_queue(
        jobQueueName="ours", state="ENABLED", priority=1, computeEnvironmentOrder=order
    )
    container = {"image": "searchbar", "vcpus": 1, "memory": 512}
    batch.register_job_definition(
        jobDefinitionName="answers", type="container", containerProperties=container
    )


@pytest.fixture(scope="module")
def played(airflow: Airflow, folder: Path, stub: StubMake, aws: str) -> Played:
    """Here · a wrong line · nothing to answer · AWS · AWS asked for a file of this machine."""
    questions, wrong = folder / "questions.jsonl", folder / "wrong.jsonl"
    lines = [json.dumps({"question": question}) + "\n" for question in QUESTIONS]
    questions.write_text("".join(lines), encoding="utf-8")
    wrong.write_text("no question\n", encoding="utf-8")
    env = {
        **AWS,
        "AWS_ENDPOINT_URL": aws,
        "PATH": stub.path,
        "AIRFLOW_VAR_SEARCHBAR_CHECKOUT": str(ROOT),
        "AIRFLOW_VAR_SEARCHBAR_ANSWERS": str(folder / "out"),
        "AIRFLOW_VAR_SEARCHBAR_BATCH_QUEUE": "ours",
        "AIRFLOW_VAR_SEARCHBAR_BATCH_DEFINITION": "answers",
    }
    here = {"release": str(SAMPLE), "k": 3}
    there = {"where": "aws", "questions": "s3://in/q.jsonl", "answers": "s3://out/answers/"}
    confs: list[dict[str, Any]] = [
        {**here, "questions": str(questions)},
        {**here, "questions": str(wrong)},
        here,
        there,
        {**there, "answers": str(folder)},
    ]
    return airflow(*(Scene(ANSWERS, env, conf) for conf in confs))


def test_a_file_is_answered_here_by_day_release_and_topic(played: Played, folder: Path) -> None:
    assert played.scenes[0]["state"] == "success"
    states = {name: task["state"] for name, task in played.scenes[0]["tasks"].items()}
    assert states == {
        "words": "success", "where": "success", "here": "success", "on_aws_batch": "skipped",
    }  # fmt: skip
    (day,) = (folder / "out").iterdir()
    fields = pa.schema([("day", pa.string()), ("release", pa.string()), ("topic", pa.string())])
    hive = dataset.partitioning(fields, flavor="hive")
    rows = dataset.dataset(folder / "out", partitioning=hive).to_table().to_pylist()
    assert {row["question"] for row in rows} == set(QUESTIONS)
    assert {(f"day={row['day']}", row["release"]) for row in rows} == {
        (day.name, Release.open(SAMPLE).id)
    }
    assert all(len(row["hits"]) <= 3 for row in rows)


def test_a_wrong_file_is_told_by_its_line_and_not_tried_again(
    played: Played, stub: StubMake
) -> None:
    assert played.scenes[1]["tasks"]["here"] == {"state": "failed", "tries": 1}
    told = [typed.env["TEXT"] for typed in stub.typed()]
    assert "exit code 2 (wrong usage or configuration): " in told[0]
    assert "line 1: this is no JSON" in told[0]


def test_nothing_to_answer_is_said_before_anything_is_started(
    played: Played, stub: StubMake
) -> None:
    assert played.scenes[2]["tasks"]["words"] == {"state": "failed", "tries": 1}
    assert "answer what?" in stub.typed()[1].env["TEXT"]


def test_aws_batch_gets_the_same_words(played: Played, aws: str) -> None:
    assert played.scenes[3]["state"] == "success", played.log[-3_000:]
    assert played.scenes[3]["tasks"]["here"]["state"] == "skipped"
    batch = client(aws, "batch")
    (job,) = batch.list_jobs(jobQueue="ours", jobStatus="SUCCEEDED")["jobSummaryList"]
    (described,) = batch.describe_jobs(jobs=[job["jobId"]])["jobs"]
    words = described["container"]["command"]
    assert words[:4] == ["batch", "prod", "s3://in/q.jsonl", "--out"]
    assert words[4].startswith("s3://out/answers/day=20")
    assert words[5:] == ["--k", "10"]


def test_aws_is_not_asked_for_a_file_of_this_machine(played: Played, stub: StubMake) -> None:
    assert played.scenes[4]["tasks"]["words"] == {"state": "failed", "tries": 1}
    assert "AWS Batch cannot reach" in stub.typed()[2].env["TEXT"]


def test_without_amazons_provider_the_dags_load_and_say_so(
    airflow: Airflow, stub: StubMake
) -> None:
    env = {"PATH": stub.path, "AIRFLOW_VAR_SEARCHBAR_CHECKOUT": str(ROOT)}
    conf = {"where": "aws", "questions": "s3://in/q.jsonl", "answers": "s3://out/answers"}
    missing = ["airflow.providers.amazon.aws.operators.batch"]
    played = airflow(Scene(ANSWERS, env, conf), without=missing)
    assert played.errors == {}
    assert played.scenes[0]["tasks"]["on_aws_batch"]["state"] == "failed"
    assert "Install apache-airflow-providers-amazon" in stub.typed()[-1].env["TEXT"]
