"""environment.yml: what conda makes on a GPU machine is what the locks make everywhere else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from tests.jenkins.conftest import ROOT

LISTED = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
PIP = next(entry["pip"] for entry in LISTED if isinstance(entry, dict))
CONDA = {entry.split(">")[0].split("=")[0]: entry for entry in LISTED if isinstance(entry, str)}
BROUGHT_BY_CONDA = {"faiss-cpu", "torch"}


def test_conda_brings_what_needs_a_gpu() -> None:
    assert {"python", "pytorch-gpu", "faiss-gpu", "cuda-version"} <= set(CONDA)
    lock = (ROOT / "locks/dev.txt").read_text()
    faiss = re.search(r"^faiss-cpu==([\w.]+)", lock, re.MULTILINE)
    assert faiss
    assert CONDA["faiss-gpu"] == f"faiss-gpu={faiss[1]}"
    torch = re.search(r"^TORCH := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert torch
    assert CONDA["pytorch-gpu"] == f"pytorch-gpu={torch[1]}"


def test_the_rest_is_what_the_programs_ask_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [project["optional-dependencies"][n] for n in ("serve", "check", "build", "deploy")]
    requirements = [*project["dependencies"], *(line for extra in extras for line in extra)]
    asked = {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}
    assert {line.split("==")[0] for line in PIP} == asked - BROUGHT_BY_CONDA
    assert not any(line.startswith("deepchecks") for line in PIP)


def test_the_pip_section_resolves_against_the_lock(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("\n".join(PIP))
    done = subprocess.run(
        [
            Path(sys.executable).parent / "uv",
            "pip",
            "compile",
            "-q",
            "--no-deps",
            "--python-version",
            "3.11",
            "-c",
            "locks/dev.txt",
            str(wanted),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"UV_NATIVE_TLS": "1", **os.environ},
    )
    assert done.returncode == 0, done.stderr


def proposals_choice() -> str:
    """Which tests `make verify` leaves out for a proposal, in the Makefile's own words."""
    choice = re.search(r"^QUICKLY := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert choice
    return choice[1]


def on_an_agent_without_engine(choice: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Jenkins sets CI=true on every agent; the one for pull requests has no engine, by design."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-m",
            choice,
            "tests/jenkins/test_images.py",
            *more,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CI": "true", "DOCKER_HOST": "tcp://127.0.0.1:9"},
    )


def test_a_proposal_needs_no_engine_although_jenkins_says_ci() -> None:
    done = on_an_agent_without_engine(proposals_choice())
    assert done.returncode == 0, done.stdout
    assert "deselected" in done.stdout
    recipe = (ROOT / "Makefile").read_text().split("\nverify:")[1].split("\n\n")[0]
    assert '-m "$(QUICKLY)" $(QUICK)' in recipe
    assert "CI=" not in recipe.split("else", 1)[1], (
        "what says CI must not be silenced for a proposal"
    )


def test_whoever_may_not_miss_an_engine_fails_without_one() -> None:
    done = on_an_agent_without_engine("not proof", "-k", "group_of_the_docker_socket")
    assert done.returncode == 1
    assert "no Docker engine answers: start one" in done.stdout
