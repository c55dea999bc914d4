"""CloudFormation's templates of infra/ as plain dictionaries, and what we ask of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

TEMPLATES = sorted((ROOT / "infra").glob("*.yaml"))
Resource = Mapping[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, each as its long one."""


def _long_form(loader: _Loader, suffix: str, node: yaml.Node) -> Mapping[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


def parsed(text: str) -> Mapping[str, Any]:
    """A template's text as dictionaries."""
    document: Mapping[str, Any] = yaml.load(text, _Loader)
    return document


@cache
def template(name: str) -> Mapping[str, Any]:
    """A template by its name, such as "line"."""
    return parsed(text_of(name))


def text_of(name: str) -> str:
    return (ROOT / f"infra/{name}.yaml").read_text(encoding="utf-8")


def resources(document: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Resource]]:
    """The resources of a type (its beginning will do), by name."""
    for name, resource in document["Resources"].items():
        if resource["Type"].startswith(kind):
            yield name, resource


def statements(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What roles and shared policies allow, with the resource that says it."""
    for name, resource in resources(document, "AWS::IAM::"):
        properties = resource["Properties"]
        policies = [p["PolicyDocument"] for p in properties.get("Policies", ())]
        policies += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for policy in policies:
            for statement in policy["Statement"]:
                yield name, statement


def listed(value: Any) -> list[Any]:
    """CloudFormation takes one thing for a list of it."""
    return list(value) if isinstance(value, list) else [value]


def yaml_events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, yaml.SafeLoader)


def our_sources() -> str:
    """All text of the programs: what a metric's name must stand in to be written by one."""
    folders = ("searchbar", "monitoring", "release_format")
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def has_word(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text) is not None


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
