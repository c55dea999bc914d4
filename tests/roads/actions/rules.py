"""What a workflow of ours may not do, beyond what zizmor and the schema find. (Pure.)"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

CHOSEN = "vars.LINE == 'actions'"
OURS_ONLY = "github.event_name != 'pull_request'"
BY_PULL_REQUESTS = "${{ github.event_name == 'pull_request' }}"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")

Workflow = Mapping[Any, Any]


def mistakes(workflow: Workflow) -> list[str]:
    """What is wrong with a workflow, a sentence each."""
    return [
        *_of_the_whole(workflow),
        *(
            f"{name}: {mistake}"
            for name, job in workflow["jobs"].items()
            for mistake in _of_job(job, is_open=_is_open(workflow, name))
        ),
    ]


def events(workflow: Workflow) -> list[str]:
    """What starts it; YAML 1.1 reads the key `on` as yes."""
    return list(workflow[True])


def _of_the_whole(workflow: Workflow) -> Iterator[str]:
    if "pull_request_target" in events(workflow):
        yield "pull_request_target runs a pull request's code beside secrets"
    if workflow.get("permissions") != {}:
        yield "permissions for every job, instead of none"
    if "secrets." in json.dumps(workflow.get("env", {})):
        yield "a secret for every job"
    if (workflow.get("concurrency") or {}).get("cancel-in-progress") not in (
        False,
        BY_PULL_REQUESTS,
    ):
        yield "a run may be ended that is no pull request's"


def _is_open(workflow: Workflow, name: str) -> bool:
    """Whether a pull request reaches this job, by itself or by a job that it waits for."""
    if "pull_request" not in events(workflow):
        return False
    job = workflow["jobs"][name]
    if OURS_ONLY in job.get("if", ""):
        return False
    needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
    # It waits, and nothing makes it run where what it waits for does not.
    waits = needs and "always()" not in job.get("if", "")
    return not waits or all(_is_open(workflow, need) for need in needs)


def _of_job(job: Mapping[str, Any], *, is_open: bool) -> Iterator[str]:
    if CHOSEN not in job.get("if", ""):
        yield "runs although another line was chosen"
    if "timeout-minutes" not in job:
        yield "no timeout"
    has_secret = "secrets." in json.dumps(job)
    if is_open and (has_secret or "environment" in job):
        yield "a pull request reaches a secret"
    if is_open and job.get("permissions") != {"contents": "read"}:
        yield "a pull request's token may do more than read"
    if has_secret and "environment" not in job:
        yield "a secret that no environment guards"
    yield from _of_rollout(job)
    for step in job["steps"]:
        yield from _of_step(step)


def _of_rollout(job: Mapping[str, Any]) -> Iterator[str]:
    concurrency = job.get("concurrency", {"cancel-in-progress": False})
    if concurrency.get("cancel-in-progress") is not False:
        yield "may be ended by a newer one"
    if any("rollout ENV" in step.get("run", "") for step in job["steps"]) and (
        "group" not in concurrency or "environment" not in job
    ):
        yield "a rollout without its environment, or beside another"


def _of_step(step: Mapping[str, Any]) -> Iterator[str]:
    if "${{" in step.get("run", ""):
        yield "an expression in what a shell runs"
    uses = step.get("uses", "")
    if uses and not PINNED.fullmatch(uses):
        yield f"{uses} is not pinned"
    if uses.startswith("actions/checkout@") and step["with"]["persist-credentials"] is not False:
        yield "the token stays in the clone"
    if uses.startswith("actions/download-artifact@"):
        yield "unpacks an archive without bounds"
