"""A pipeline of infra/line.yaml run stage by stage: its builds type on this machine, on a fresh
folder each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT
from tests.roads.aws.codebuild import buildspec, run_build
from tests.roads.aws.templates import template
from tests.roads.stub_make import StubMake, stub_make

REGISTRY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
PUSHED = f"{REGISTRY}/searchbar@sha256:{'ab' * 32}"
PUSH = f"make -s push REGISTRY={REGISTRY}"
APPROVED = f"rel1234 {PUSHED} cert5678"
NAMES = {
    "AWS::AccountId": "111122223333", "AWS::Region": "eu-central-1",
    "AWS::URLSuffix": "amazonaws.com", "Store": "store", "Repository": "o/n",
}  # fmt: skip
AWS = """#!/bin/sh
echo "aws $*" >>"{folder}/aws.txt"
case "$*" in *batch-get-builds*) echo "{number}";; esac
"""
Spec = Mapping[str, Any]


@dataclass
class Pipeline:
    """What a run typed, asked a person and handed on."""

    name: str
    make: StubMake
    folder: Path
    key: str
    specs: Mapping[str, Spec] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)
    output: str = ""

    def run(self, source: Mapping[str, str], approves: Callable[[str], bool] = bool) -> bool:
        """Go from the source on; returns whether it came to its end."""
        handed: dict[str, Mapping[str, str]] = {"Source": source}
        properties = template("line")["Resources"][self.name]["Properties"]
        actions = [action for stage in properties["Stages"] for action in stage["Actions"]]
        for action in actions:
            settings = action["Configuration"]
            provider = action["ActionTypeId"]["Provider"]
            if provider == "Manual":
                self.asked.append(resolved(settings["CustomData"], handed))
                if not approves(self.asked[-1]):
                    return False
            elif provider == "CodeBuild":
                given = json.loads(resolved(settings["EnvironmentVariables"], handed))
                project = settings["ProjectName"]["Ref"]
                ended = self.build(project, {v["name"]: v["value"] for v in given})
                if ended is None:
                    return False
                handed[action.get("Namespace", "")] = ended
        return True

    def build(self, project: str, given: Mapping[str, str]) -> Mapping[str, str] | None:
        """One build; what it exported, or None where it failed."""
        properties = template("line")["Resources"][project]["Properties"]
        written = properties["Source"]["BuildSpec"]
        spec = self.specs.get(written) or (
            yaml.safe_load(written) if "\n" in written else buildspec(ROOT / written)
        )
        folder = self.folder / f"build{len(self.environments)}"
        folder.mkdir()
        variables = {**self._machine(), **self._variables(properties), **given}
        ended = run_build(spec, folder, variables)
        self.environments.append(ended.environment)
        self.output += ended.output
        return ended.exported if ended.succeeded else None

    def lines(self) -> list[str]:
        """What was typed, but for the push, which is this road's own."""
        return [line for line in self.make.lines() if line != PUSH]

    def _machine(self) -> dict[str, str]:
        return {
            "PATH": self.make.path,
            "HOME": str(self.folder),
            "CODEBUILD_BUILD_ID": f"project:{len(self.environments)}",
            "CODEBUILD_BUILD_URL": "https://console.example/build",
        }

    def _variables(self, properties: Mapping[str, Any]) -> dict[str, str]:
        variables = properties["Environment"]["EnvironmentVariables"]
        plain = [v["Fn::If"][1] if "Fn::If" in v else v for v in variables]
        return {v["Name"]: self._value(v) for v in plain}

    def _value(self, variable: Mapping[str, Any]) -> str:
        if variable.get("Type") == "PARAMETER_STORE":
            return self.key if variable["Name"] == "ROLLOUT_KEY" else "secret"
        value = variable["Value"]
        if isinstance(value, str):
            return value
        if "Ref" in value:
            return NAMES[value["Ref"]]
        return re.sub(r"\$\{(.+?)\}", lambda m: NAMES[m[1]], value["Fn::Sub"])


def resolved(text: str, handed: Mapping[str, Mapping[str, str]]) -> str:
    """A setting of an action with the variables that earlier ones handed on.

    Raises:
        KeyError: nobody handed such a one on; CodePipeline fails the action.
    """
    return re.sub(r"#\{(\w+)\.(\w+)\}", lambda m: handed[m[1]][m[2]], text)


def pipeline(
    folder: Path,
    name: str,
    key: str,
    *,
    fails: str = "",
    specs: Mapping[str, Spec] | None = None,
) -> Pipeline:
    """A pipeline whose `make` only writes down, and whose `aws` tells a pull request's number."""
    release = {"var/line/release": "rel1234\n"}
    make = stub_make(
        folder / "bin",
        prints={"make -s approve": f"{APPROVED}\n", PUSH: f"Pushing …\n{PUSHED}\n"},
        writes={"make build compare": release, "make image": {"var/line/image": "sha256:local\n"}},
        fails=[fails] if fails else (),
    )
    aws = make.folder / "aws"
    aws.write_text(AWS.format(folder=folder, number="7"), encoding="utf-8")
    aws.chmod(0o755)
    return Pipeline(name, make, folder, key, specs or {})
