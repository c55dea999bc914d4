"""A build of CodeBuild, phase by phase, as its user guide tells it.

The commands of a phase run one after the other in one shell until one fails; its `finally` runs
either way. After a failed `install` or `pre_build` the build is over; after a failed `build`,
`post_build` still runs.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")


@dataclass(frozen=True)
class Ended:
    """How a build ended, and what it handed on."""

    succeeded: bool
    exported: Mapping[str, str]
    environment: Mapping[str, str]
    output: str


def run_build(spec: Mapping[str, Any], folder: Path, variables: Mapping[str, str]) -> Ended:
    """Type a build's commands in a folder."""
    environment = {**variables, "CODEBUILD_BUILD_SUCCEEDING": "1"}
    said = ""
    for phase in PHASES:
        block = spec["phases"].get(phase, {})
        for commands in (block.get("commands", ()), block.get("finally", ())):
            for command in commands:
                code, environment, output = _type(command, folder, environment)
                said += output
                if code:
                    environment["CODEBUILD_BUILD_SUCCEEDING"] = "0"
                    break
        if environment["CODEBUILD_BUILD_SUCCEEDING"] == "0" and phase in ("install", "pre_build"):
            break
    names = spec.get("env", {}).get("exported-variables", ())
    exported = {name: environment[name] for name in names if name in environment}
    succeeded = environment["CODEBUILD_BUILD_SUCCEEDING"] == "1"
    return Ended(succeeded, exported, environment, said)


def _type(
    command: str, folder: Path, environment: Mapping[str, str]
) -> tuple[int, dict[str, str], str]:
    kept = folder / ".environment.json"
    done = subprocess.run(
        ["bash", "-c", f'{command}\ncode=$?\nenv -0 >"{kept}"\nexit $code'],
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
    )
    pairs = kept.read_text(encoding="utf-8").split("\0") if kept.exists() else []
    after = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return done.returncode, {**environment, **after}, done.stdout + done.stderr


def buildspec(path: Path) -> Mapping[str, Any]:
    """A build's file; every command of it is text (a colon would make it a table)."""
    spec: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return spec
