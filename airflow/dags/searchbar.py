"""Airflow's DAGs: a catalogue proposed every day, and files of questions answered.

They type the line's own words in a clone of their own (docs/airflow.md). Airflow needs other
versions of what the programs need, so nothing is imported but Airflow, the standard library and the
file beside this one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, Variable, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from searchbar_line import (
    LOG,
    NO,
    USAGE,
    LineError,
    at_stage,
    python_of,
    refuse_what_the_gate_refused,
    type_line,
)

SWEEP, PROPOSE, NOTIFY = ("make", "-s", "sweep"), ("make", "propose"), ("make", "notify")
PROGRAM = ("-W", "ignore::FutureWarning", "-m", "searchbar")
# Not for a line: Airflow's own settings and secrets, and what a make that started Airflow left.
WITHHELD = ("AIRFLOW", "_AIRFLOW", "MAKE", "MFLAGS", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
# AWS Batch asks again by itself, but not for what would be answered in the same way.
BATCH_RETRIES = {
    "attempts": 3,
    "evaluateOnExit": [
        {"onExitCode": str(NO), "action": "EXIT"},
        {"onExitCode": str(USAGE), "action": "EXIT"},
        {"onReason": "*", "action": "RETRY"},
    ],
}
DAILY_PAGE = """
**A catalogue proposed.** The clone named by the Variable `searchbar_checkout` is set to what `stage` is now, then
`make -s sweep` and `make propose` are typed there: the catalogue is pulled, and what changed becomes one branch and one
pull request. A gate's *no* fails the task at once with its sentence; what could not be told is tried again.
"""  # noqa: E501
ANSWERS_PAGE = """
**A file of questions answered** by `searchbar batch`, here or by AWS Batch, into Parquet by day, release and topic.
Stopped, it goes on where it was. Give `questions` and `answers` to the run, or name them in the Variables
`searchbar_questions` and `searchbar_answers`.
"""  # noqa: E501


def tell_people(context: Mapping[str, Any]) -> None:
    """`make notify`: which task failed, and with which sentence."""
    failed = context["task_instance"]
    text = f"Airflow: {failed.dag_id}.{failed.task_id} failed: {context.get('exception')}"
    try:
        type_line(NOTIFY, checkout(), {**environment(), "TEXT": text})
    except LineError as error:
        LOG.warning("Nobody was told: %s", error)


WITH_TRIES: dict[str, Any] = {
    "owner": "searchbar",
    "retries": 2,
    "retry_delay": timedelta(minutes=10),
    "retry_exponential_backoff": True,
    "execution_timeout": timedelta(minutes=30),
    "on_failure_callback": tell_people,
}


@contextmanager
def for_airflow() -> Iterator[None]:
    """A line's error as Airflow's own: tried again, or failed at once."""
    try:
        yield
    except LineError as error:
        raise (AirflowException if error.again else AirflowFailException)(str(error)) from error


def environment() -> dict[str, str]:
    """What a line finds set: this worker's environment, and what `searchbar_settings` adds.

    Raises:
        LineError: that Variable is no table of texts.
    """
    own = {name: text for name, text in os.environ.items() if not name.startswith(WITHHELD)}
    try:
        settings = json.loads(Variable.get("searchbar_settings", default="") or "{}")
        if all(isinstance(text, str) for text in settings.values()):
            return {**own, **settings}
    except (ValueError, AttributeError):
        pass
    raise LineError(
        "the Variable searchbar_settings is no JSON object of texts. Write it like"
        ' {"SEARCHBAR_STORE": "s3://bucket/store"}.'
    )


def checkout() -> Path:
    """The clone that lines are typed in."""
    home = os.environ.get("AIRFLOW_HOME", "~/airflow")
    return Path(Variable.get("searchbar_checkout", default=f"{home}/searchbar")).expanduser()


def batch_words(params: Mapping[str, Any], day: datetime) -> list[str]:
    """`batch …` for one file of questions, its answers under the day of the run.

    Raises:
        LineError: it is not said what to answer, or AWS cannot reach it.
    """
    questions = params["questions"] or Variable.get("searchbar_questions", default="")
    answers = params["answers"] or Variable.get("searchbar_answers", default="var/answers")
    if not questions:
        raise LineError(
            "answer what? Give `questions` to the run, or name the file in the Variable"
            " searchbar_questions."
        )
    for place in (questions, answers):
        if params["where"] == "aws" and "://" not in place:
            raise LineError(
                f"AWS Batch cannot reach {place!r}, a file of this machine. Name an address such"
                " as s3://bucket/questions.jsonl."
            )
    out = f"{answers.rstrip('/')}/day={day:%Y-%m-%d}"
    return ["batch", params["release"], questions, "--out", out, "--k", str(params["k"])]


with DAG(
    "searchbar_daily",
    description="Pull the catalogue and propose what changed: one branch, one pull request.",
    schedule=os.environ.get("AIRFLOW_VAR_SEARCHBAR_SCHEDULE", "0 5 * * *"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=WITH_TRIES,
    tags=["searchbar"],
    doc_md=DAILY_PAGE,
):

    @task
    def sweep() -> None:
        """Say whether a build of prod was lost while git was away."""
        with for_airflow():
            env = environment()
            folder = at_stage(checkout(), Variable.get("searchbar_remote", default=""), env)
            if lost := type_line(SWEEP, folder, env):
                type_line(NOTIFY, folder, {**env, "TEXT": f"{lost} Start that build by hand."})

    @task(execution_timeout=timedelta(hours=4))
    def propose() -> None:
        """Pull, admit, and propose what changed."""
        with for_airflow():
            env = environment()
            folder = at_stage(checkout(), Variable.get("searchbar_remote", default=""), env)
            type_line(PROPOSE, folder, env)
            refuse_what_the_gate_refused(" ".join(PROPOSE), folder)

    sweep() >> propose()


def on_aws_batch(words: Any) -> Any:
    """The task that has AWS Batch answer; without Amazon's provider, one that says so."""
    try:
        from airflow.providers.amazon.aws.operators.batch import BatchOperator
    except ImportError:

        @task(task_id="on_aws_batch", retries=0)
        def missing(_: Sequence[str]) -> None:
            raise AirflowFailException(
                "AWS Batch needs Airflow's provider for Amazon. Install"
                " apache-airflow-providers-amazon beside Airflow."
            )

        return missing(words)
    return BatchOperator(
        task_id="on_aws_batch",
        job_name="searchbar-answers",
        job_queue="{{ var.value.get('searchbar_batch_queue', 'searchbar') }}",
        job_definition="{{ var.value.get('searchbar_batch_definition', 'searchbar-batch') }}",
        container_overrides={"command": words},
        retry_strategy=BATCH_RETRIES,
        retries=0,
        execution_timeout=timedelta(hours=12),
    )


with DAG(
    "searchbar_answers",
    description="Answer a file of questions into Parquet by day, release and topic.",
    schedule=os.environ.get("AIRFLOW_VAR_SEARCHBAR_ANSWERS_SCHEDULE") or None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=24),
    default_args=WITH_TRIES,
    tags=["searchbar"],
    doc_md=ANSWERS_PAGE,
    params={
        "release": Param(
            "prod",
            type="string",
            pattern=r"^[^-].*$",
            description="A channel, a release's id, or its folder.",
        ),
        "questions": Param(
            "",
            type="string",
            pattern=r"^([^-].*)?$",
            description='A file or address, one {"question": "…"} a line.',
        ),
        "answers": Param(
            "",
            type="string",
            pattern=r"^([^-].*)?$",
            description="A folder, or an address such as s3://bucket/answers.",
        ),
        "k": Param(10, type="integer", minimum=1, maximum=100, description="Hits an answer."),
        "where": Param(
            os.environ.get("AIRFLOW_VAR_SEARCHBAR_WHERE", "here"),
            type="string",
            enum=["here", "aws"],
            description="On this worker, or by AWS Batch.",
        ),
    },
):

    @task(retries=0)
    def words(params: Mapping[str, Any], dag_run: Any) -> list[str]:
        """What is asked, checked before any machine is started for it."""
        with for_airflow():
            return batch_words(params, dag_run.run_after)

    @task.branch(retries=0)
    def where(params: Mapping[str, Any]) -> str:
        """Where it is answered."""
        return {"here": "here", "aws": "on_aws_batch"}[params["where"]]

    @task(execution_timeout=timedelta(hours=12))
    def here(words: Sequence[str]) -> None:
        """Answered by this worker, with the clone's own environment."""
        with for_airflow():
            env, folder = environment(), checkout()
            python = python_of(folder, env)
            type_line(
                (python, "-W", "ignore::FutureWarning", "-m", "searchbar", *words), folder, env
            )

    asked = words()
    asked >> where() >> [here(asked), on_aws_batch(asked)]
