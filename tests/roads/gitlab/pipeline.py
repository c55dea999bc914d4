"""A pipeline of .gitlab-ci.yml without GitLab: which jobs a kind of it has, and what they type."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.roads.gitlab.expressions import holds

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8")
# What is no job, whatever stands below it.
GLOBALS = (
    "default", "include", "stages", "variables", "workflow", "spec", "image", "services",
    "cache", "before_script", "after_script", "pages", "types", "true", "false", "nil",
)  # fmt: skip
REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature/x",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "stage",
    "CI_COMMIT_REF_NAME": "refs/merge-requests/7/merge",
}
KINDS: Mapping[str, Mapping[str, str]] = {
    "pull request": REQUEST,
    "stage": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "stage"},
    "prod": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "prod"},
    "hotfix": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "hotfix/x"},
    "daily": {
        "CI_PIPELINE_SOURCE": "schedule",
        "CI_COMMIT_BRANCH": "stage",
        "LINE_SCHEDULE": "daily",
    },
    "comment": {
        "CI_PIPELINE_SOURCE": "schedule",
        "CI_COMMIT_BRANCH": "stage",
        "LINE_SCHEDULE": "comments",
    },
}
PROJECT = {"LINE_STORE": "s3://line", "REQUEST_STORE": "s3://requests"}


@dataclass(frozen=True)
class Reference:
    """GitLab's `!reference [job, key]`."""

    path: Sequence[str]


class _Loader(yaml.SafeLoader):
    pass


def _reference(loader: yaml.SafeLoader, node: yaml.Node) -> Reference:
    assert isinstance(node, yaml.SequenceNode)
    return Reference([str(name) for name in loader.construct_sequence(node)])


_Loader.add_constructor("!reference", _reference)


@dataclass(frozen=True)
class Job:
    """One job: its keywords with what it extends, and how it came into the pipeline."""

    name: str
    keywords: Mapping[str, Any]
    when: str = "on_success"
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        return str(self.keywords.get("stage", "test"))

    @property
    def lines(self) -> list[str]:
        script = self.keywords.get("script", [])
        return [script] if isinstance(script, str) else list(script)

    @property
    def environment(self) -> str:
        named = self.keywords.get("environment", "")
        return str(named.get("name", "") if isinstance(named, dict) else named)


def read(text: str = TEXT) -> dict[str, Any]:
    """The file as data, references resolved.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    raw: dict[str, Any] = yaml.load(text, _Loader)
    return {name: _resolved(value, raw) for name, value in raw.items()}


def _resolved(value: Any, raw: Mapping[str, Any]) -> Any:
    if isinstance(value, Reference):
        found: Any = raw
        for name in value.path:
            found = found[name]
        return _resolved(found, raw)
    if isinstance(value, dict):
        return {name: _resolved(each, raw) for name, each in value.items()}
    if isinstance(value, list):
        flat: list[Any] = []
        for each in value:
            resolved = _resolved(each, raw)
            # GitLab lays a list that a reference brought flat into the one around it.
            flat += resolved if isinstance(each, Reference) else [resolved]
        return flat
    return value


def jobs(config: Mapping[str, Any]) -> Iterator[Job]:
    """Every job, in whatever pipeline."""
    for name, keywords in config.items():
        if name not in GLOBALS and not name.startswith("."):
            yield Job(name, _extended(config, keywords))


def _extended(config: Mapping[str, Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
    base = keywords.get("extends")
    if base is None:
        return dict(keywords)
    return {**_extended(config, config[base]), **keywords}


def pipeline(config: Mapping[str, Any], variables: Mapping[str, str]) -> list[Job] | None:
    """The jobs of a pipeline in the order of its stages; None where there is none."""
    known = {**PROJECT, **variables}
    rules = config["workflow"]["rules"]
    rule = next((r for r in rules if holds(r.get("if", "null == null"), known)), None)
    if rule is None or rule.get("when") == "never":
        return None
    known |= {**config.get("variables", {}), **rule.get("variables", {})}
    found = [chosen for job in jobs(config) if (chosen := _chosen(job, known))]
    order = {stage: number for number, stage in enumerate(config["stages"])}
    return sorted(found, key=lambda job: order.get(job.stage, len(order)))


def _chosen(job: Job, known: Mapping[str, str]) -> Job | None:
    for rule in job.keywords.get("rules", [{}]):
        if holds(rule.get("if", "null == null"), known):
            when = rule.get("when", job.keywords.get("when", "on_success"))
            env = {**known, **job.keywords.get("variables", {}), **rule.get("variables", {})}
            expanded = {name: _expanded(str(value), env) for name, value in env.items()}
            return None if when == "never" else Job(job.name, job.keywords, when, expanded)
    return None


def _expanded(text: str, env: Mapping[str, str]) -> str:
    """A text with its variables; one that names itself ends empty."""

    def value(match: re.Match[str]) -> str:
        others = {name: each for name, each in env.items() if name != match[1]}
        return _expanded(str(env.get(match[1], "")), others)

    return re.sub(r"\$\{?(\w+)\}?", value, text)


def typed(found: Sequence[Job], fails: Collection[str] = (), *, person: bool = True) -> list[str]:
    """The lines that these jobs type when some of them fail; a person starts what waits."""
    lines: list[str] = []
    red = waiting = False
    for job in found:
        if job.when == "manual" and not person:
            waiting = True
        starts = {"always": True, "on_failure": red}.get(job.when, not red)
        if not starts or waiting:
            continue
        lines += job.lines
        red = red or any(line in fails for line in job.lines)
    return lines
