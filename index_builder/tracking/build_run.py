"""The run of a build that was sealed, refused, or ended by an error."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_builder.request.request import BuildRequest
from index_builder.tracking.run import FAILED, FINISHED, KILLED, Run, enqueue, ledger_folder
from index_builder.tracking.sender import send_soon
from index_builder.unchanged import CHANGED
from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.items import Items
from release_format.progress import say
from release_format.release import KIND, LEVELS, RECIPE, REPORT, VERDICT, Release
from release_format.run_log import run_id
from release_format.store.base import Store
from release_format.verdict import Verdict

FROM_REPORTS, FROM_RELEASE = (VERDICT, REPORT), (LEVELS, RECIPE)

Figures = dict[str, float]
Build = Callable[[BuildRequest, Store, Path], Verdict]


def recorded(build: Build, request: BuildRequest, store: Store, report: Path) -> Verdict:
    """Build; record and send the run of it.

    What goes wrong with the run never reaches the build.
    """
    verdict, started = None, time.time()
    ended_by: BaseException | None = None
    try:
        verdict = build(request, store, report)
        return verdict
    except BaseException as error:
        ended_by = error
        raise
    finally:
        try:
            if ledger_folder():
                sealed = verdict and verdict.says_yes
                path = store.path(KIND, request.origin.id) if sealed else None
                release = Release.open(path, sizes_only=True) if path else None
                enqueue(run_of(request, verdict, release, report, started, ended_by))
                send_soon()
        except Exception as error:
            say(
                f"ledger: this build is not recorded ({type(error).__name__}: {error}). It counts"
                " all the same."
            )


def run_of(
    request: BuildRequest,
    verdict: Verdict | None,
    release: Release | None,
    report: Path,
    started: float,
    ended_by: BaseException | None = None,
) -> Run:
    """The run of a build; `ended_by` is the error that ended it, if one did."""
    says_yes = bool(verdict and verdict.says_yes)
    answer = "yes" if says_yes else "no" if verdict else "none"
    kinds = {"yes": ("release", FINISHED), "no": ("refused", FAILED), "none": ("broken", FAILED)}
    name, status = kinds[answer]
    facts = verdict.facts if verdict else {}
    training = facts.get("training", {})
    return Run(
        kind="build",
        name=f"{name} {request.origin.id[:12]}",
        params=_params(request),
        metrics=_metrics(request, facts, release),
        steps=_steps(training),
        tags={**_tags(request), "verdict": answer, **_texts("training", training)},
        data={
            "name": "snapshot",
            "digest": request.snapshot.id,
            "source": str(request.snapshot.path.absolute()),
        },
        reports=[
            *(report / name for name in FROM_REPORTS if verdict),
            *(release.path / name for name in FROM_RELEASE if release),
        ],
        release=release.path.absolute() if release else None,
        note=verdict.sentence() if verdict else f"Ended by {type(ended_by).__name__}: {ended_by}",
        status=KILLED if isinstance(ended_by, KeyboardInterrupt) else status,
        started=started,
    )


def _params(request: BuildRequest) -> dict[str, Any]:
    recipe = {
        f"{table}.{key}": value
        for table, values in request.recipe.tables.items()
        for key, value in values.items()
    }
    return {
        **recipe,
        "rules": str(request.rules or ""),
        "judgments": str(request.judgments or ""),
        "snapshot": request.snapshot.id[:12],
    }


def _metrics(request: BuildRequest, facts: Mapping[str, Any], release: Release | None) -> Figures:
    quality = facts.get("quality", {})
    return {
        **_quality(quality.get("evaluation") or {}),
        **_numbers("level", quality.get("level", {})),
        **_numbers("words", quality.get("words", {})),
        **_numbers("serving", quality.get("budget", {})),
        **_data(request),
        **_speed(facts),
        **(_size(release) if release else {}),
        **_numbers("training", facts.get("training", {})),
    }


def _size(release: Release) -> Figures:
    return {"build/bytes": float(sum(file.bytes for file in release.manifest.files.values()))}


def _quality(evaluation: Mapping[str, Any]) -> Figures:
    """How well it answers (all, by topic, by kind), and how well neighbours predict topics."""
    figures = {
        f"quality/{name}": figure["mean"] for name, figure in evaluation.get("figures", {}).items()
    }
    for group in ("topic", "kind"):
        by = evaluation.get(f"by_{group}", {})
        figures |= {f"by {group}/{name}": figure["mean"] for name, figure in by.items()}
    topics = _numbers("foretold", evaluation.get("topics_foretold") or {})
    return {**{name.replace("@", "_"): value for name, value in figures.items()}, **topics}


def _data(request: BuildRequest) -> Figures:
    made_from = request.snapshot.manifest.made_from
    figures = {
        "data/items": float(len(request.snapshot.items)),
        "data/quarantined": float(made_from.get("quarantined", 0)),
    }
    if request.live:
        figures |= _changes(request.live.items, request.snapshot.items, request.places_in_live)
    return figures


def _changes(live: Items, items: Items, places: NDArray[np.int64]) -> Figures:
    """How many items came, went, and say something else; `places` is where live has each."""
    fresh = {items.id(position) for position in np.flatnonzero(places == CHANGED).tolist()}
    gone = {live.id(position) for position in np.setdiff1d(np.arange(len(live)), places).tolist()}
    counts = {"added": fresh - gone, "changed": fresh & gone, "removed": gone - fresh}
    return {f"data/{name}": float(len(ids)) for name, ids in counts.items()}


def _speed(facts: Mapping[str, Any]) -> Figures:
    figures = {
        f"build/{name}": float(value) for name, value in facts.items() if name.endswith("seconds")
    }
    vectors = facts.get("vectors", {})
    figures |= {
        f"data/{name}": float(vectors[name]) for name in ("passages", "encoded") if name in vectors
    }
    if vectors.get("encoded") and vectors.get("seconds"):
        figures["build/documents_per_second"] = vectors["encoded"] / vectors["seconds"]
    return figures


def _numbers(group: str, facts: Mapping[str, Any]) -> Figures:
    return {
        f"{group}/{name}": float(value)
        for name, value in facts.items()
        if isinstance(value, Real) and not isinstance(value, bool)
    }


def _texts(group: str, facts: Mapping[str, Any]) -> dict[str, str]:
    return {f"{group}.{name}": value for name, value in facts.items() if isinstance(value, str)}


def _steps(training: Mapping[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """Figures of training by step: {"steps": {"loss": [[step, value], …]}}."""
    steps: Mapping[str, Any] = training.get("steps", {})
    return {
        f"training/{name}": [(int(s), float(v)) for s, v in points]
        for name, points in steps.items()
    }


def _tags(request: BuildRequest) -> dict[str, str]:
    """Who and what this build was for; MLflow's pages show those that begin with mlflow."""
    by = (
        os.environ.get("CHANGE_AUTHOR")
        or read_settings(LineSettings).by
        or f"{_user()}@{socket.gethostname()}"
    )
    commit = os.environ.get("GIT_COMMIT") or _git("rev-parse", "HEAD")
    tags = {
        "release": request.origin.id,
        "snapshot": request.snapshot.id,
        "live": request.live.id if request.live else "",
        "line run": run_id(),
        "commit": commit,
        "branch": os.environ.get("BRANCH_NAME") or _git("rev-parse", "--abbrev-ref", "HEAD"),
        "pull request": os.environ.get("PULL_REQUEST") or os.environ.get("CHANGE_ID", ""),
        "who": by,
        "mlflow.user": by,
        "mlflow.source.git.commit": commit,
        "mlflow.source.name": "index_builder build",
        "mlflow.source.type": "JOB",
    }
    return {name: value for name, value in tags.items() if value}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _git(*arguments: str) -> str:
    """What git says of the checkout that builds; nothing where there is none."""
    try:
        process = subprocess.run(["git", *arguments], text=True, capture_output=True, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return ""
    return process.stdout.strip() if process.returncode == 0 else ""
