"""A real Airflow, made from its lock as `make airflow` makes it, that runs our DAGs in a child
process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.roads.airflow.dag_files import DAGS

PLAY = Path(__file__).with_name("play.py")
OURS = ("SEARCHBAR_", "FORGE_", "AIRFLOW", "MAKE", "BRANCH_", "CHANGE_", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Scene:
    """One run of a DAG: what a person gives it, and what its worker finds set."""

    dag: str
    env: Mapping[str, str]
    conf: Mapping[str, Any]


@dataclass(frozen=True)
class Played:
    """What the DAGs of a folder are, how each scene ended, and all that was logged."""

    errors: Mapping[str, str]
    dags: Mapping[str, Mapping[str, Any]]
    scenes: Sequence[Mapping[str, Any]]
    log: str


@dataclass(frozen=True)
class Airflow:
    """An Airflow of its own: interpreter and state."""

    python: Path
    home: Path

    def __call__(self, *scenes: Scene, folder: Path = DAGS, without: Sequence[str] = ()) -> Played:
        """Read a folder of DAGs and play the scenes, without some modules if one says so."""
        asked = {"scenes": [vars(scene) for scene in scenes], "without": without}
        done = subprocess.run(
            [self.python, PLAY, folder],
            cwd=self.home,
            env=self.environment(folder),
            input=json.dumps(asked, default=dict),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-4_000:]
        told = json.loads(done.stdout.splitlines()[-1])
        return Played(told["errors"], told["dags"], told["scenes"], done.stderr)

    def environment(self, folder: Path) -> dict[str, str]:
        clean = {name: text for name, text in os.environ.items() if not name.startswith(OURS)}
        return {
            **clean,
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            # What the lines type with is the environment of this very test.
            "VENV": sys.prefix,
        }


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """Made once a machine, in its cache; its state is the tests' own."""
    made = subprocess.run(
        ["make", "-s", "airflow-environment", f"VENV={sys.prefix}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    python = Path(made.stdout.strip()) / "bin/python"
    own = Airflow(python, tmp_path_factory.mktemp("airflow"))
    subprocess.run(
        [python, python.with_name("airflow"), "db", "migrate"],
        env=own.environment(DAGS),
        cwd=own.home,
        capture_output=True,
        check=True,
    )
    return own
