"""What would hurt in a .gitlab-ci.yml although GitLab takes it, or before GitLab sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.roads.gitlab.pipeline import GLOBALS, KINDS, Job, jobs, pipeline

SECRETS = ("FORGE_TOKEN", "FORGE_NOTIFY", "ROLLOUT_KEY", "SEARCHBAR_SQL_PASSWORD")
# GitLab's own pattern of `artifacts:expose_as` (lib/gitlab/ci/config/entry/artifacts.rb).
EXPOSED = re.compile(r"\w[-\w ]*")


def faults(config: Mapping[str, Any]) -> list[str]:
    """A sentence for each fault."""
    found = [*_names(config), *_shapes(config), *_secrets(config), *_rollouts(config)]
    return [*found, *_schedules(config)]


def _names(config: Mapping[str, Any]) -> Iterator[str]:
    known = {job.name for job in jobs(config)}
    for name, keywords in config.items():
        if name in GLOBALS and isinstance(keywords, dict) and "script" in keywords:
            yield f"a job must not be called {name!r}: GitLab reads it as its own keyword"
    for job in jobs(config):
        needs = job.keywords.get("needs", [])
        needed = {each["job"] if isinstance(each, dict) else each for each in needs}
        for name in sorted((needed | set(job.keywords.get("dependencies", []))) - known):
            yield f"{job.name} needs {name!r}, which is no job"
        if job.stage not in config["stages"]:
            yield f"{job.name} is of the stage {job.stage!r}, which there is not"


def _shapes(config: Mapping[str, Any]) -> Iterator[str]:
    for job in jobs(config):
        if len(job.lines) != 1 or not re.fullmatch(r"make [\w= -]+", job.lines[0]):
            yield f"{job.name} is not one make line that anybody can type: {job.lines}"
        exposed = job.keywords.get("artifacts", {}).get("expose_as")
        if exposed is not None and not EXPOSED.fullmatch(exposed):
            yield f"{job.name} exposes {exposed!r}, and GitLab takes letters, - and spaces only"


def _secrets(config: Mapping[str, Any]) -> Iterator[str]:
    """No job of a request has an environment, to which secrets belong, nor names one."""
    for job in pipeline(config, KINDS["pull request"]) or []:
        told = {"everywhere": config.get("variables"), "env": dict(job.env)}
        written = json.dumps({**job.keywords, **told}, default=str)
        named = [name for name in SECRETS if name in written]
        if job.environment:
            yield f"{job.name} of a merge request has the environment {job.environment!r}"
        if named or job.keywords.get("secrets") or job.keywords.get("id_tokens"):
            yield f"{job.name} of a merge request sees {', '.join(named) or 'a secret'}"


def _rollouts(config: Mapping[str, Any]) -> Iterator[str]:
    for job in jobs(config):
        if not any("rollout" in line or "promote" in line for line in job.lines):
            continue
        if not job.keywords.get("resource_group"):
            yield f"{job.name} has no resource_group: two may run at once"
        if job.keywords.get("interruptible") is not False:
            yield f"{job.name} may be cut off by a newer pipeline"
    for kind in ("prod", "hotfix"):
        yield from _unasked(kind, pipeline(config, KINDS[kind]) or [])


def _unasked(kind: str, found: list[Job]) -> Iterator[str]:
    for job in found:
        if job.environment == "prod" and job.when != "manual":
            yield f"{job.name} rolls {kind} out unasked"


def _schedules(config: Mapping[str, Any]) -> Iterator[str]:
    wanted = {"daily": ["propose", "sweep"], "comment": ["comments"]}
    for kind, names in wanted.items():
        found = sorted(job.name for job in pipeline(config, KINDS[kind]) or [])
        if found != names:
            yield f"the schedule {kind} runs {', '.join(found) or 'nothing'}"
    bare = {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "stage"}
    if pipeline(config, bare):
        yield "a schedule without LINE_SCHEDULE runs something"
