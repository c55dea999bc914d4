"""Here is a build that ended, well or not: give me its run."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_builder.job import Job
from index_builder.run import FAILED, FINISHED, KILLED, Run, home, keep
from index_builder.sending import send_soon
from index_builder.unchanged import CHANGED
from release_format.items import Items
from release_format.program import run_id, say
from release_format.release import KIND, LEVELS, RECIPE, REPORT, VERDICT, Release
from release_format.store import Store
from release_format.verdict import Verdict

FROM_REPORTS, FROM_RELEASE = (VERDICT, REPORT), (LEVELS, RECIPE)

Figures = dict[str, float]


class Told:
    """What a build has to say about its end."""

    verdict: Verdict | None = None


@contextmanager
def told(job: Job, store: Store, report: Path) -> Iterator[Told]:
    """Keep and send the run of the build that happens in the block. What goes wrong here never reaches the build."""
    said, started, ended_by = Told(), time.time(), ""
    try:
        yield said
    except BaseException as error:
        ended_by = f"{type(error).__name__}: {error}"
        raise
    finally:
        try:
            if home():
                release = _sealed(store, job.origin.id) if said.verdict and said.verdict.says_yes else None
                keep(run_of(job, said.verdict, release, report, started, ended_by))
                send_soon()
        except Exception as error:
            say(f"ledger: this build is not recorded ({type(error).__name__}: {error}). It counts all the same.")


def run_of(
    job: Job, verdict: Verdict | None, release: Release | None, report: Path, started: float, ended_by: str = ""
) -> Run:
    """The run of a build that was sealed, refused, or ended by an error."""
    says_yes = bool(verdict and verdict.says_yes)
    answer = "yes" if says_yes else "no" if verdict else "none"
    kinds = {"yes": ("release", FINISHED), "no": ("refused", FAILED), "none": ("broken", FAILED)}
    name, status = kinds[answer]
    return Run(
        kind="build",
        name=f"{name} {job.origin.id[:12]}",
        params=_params(job),
        metrics=_metrics(job, release),
        steps=_steps(job.facts.get("training", {})),
        tags={**_tags(job), "verdict": answer, **_texts("training", job.facts.get("training", {}))},
        data={"name": "snapshot", "digest": job.snapshot.id, "source": str(job.snapshot.path.absolute())},
        reports=[
            *(report / name for name in FROM_REPORTS if verdict),
            *(release.path / name for name in FROM_RELEASE if release),
        ],
        release=release.path.absolute() if release else None,
        note=verdict.sentence() if verdict else f"Ended by {ended_by}",
        status=KILLED if ended_by.startswith("KeyboardInterrupt") else status,
        started=started,
    )


def _sealed(store: Store, id: str) -> Release:
    return Release.open(store.path(KIND, id), sizes_only=True)


def _params(job: Job) -> dict[str, Any]:
    recipe = {f"{table}.{key}": value for table, values in job.recipe.tables.items() for key, value in values.items()}
    given = {"rules": job.rules, "judgments": job.judgments}
    return {**recipe, **{name: str(path or "") for name, path in given.items()}, "snapshot": job.snapshot.id[:12]}


def _metrics(job: Job, release: Release | None) -> Figures:
    facts, quality = job.facts, job.facts.get("quality", {})
    return {
        **_answers(quality.get("evaluation") or {}),
        **_numbers("level", quality.get("level", {})),
        **_numbers("serving", quality.get("budget", {})),
        **_data(job),
        **_speed(facts),
        **({"build/bytes": float(sum(file.bytes for file in release.manifest.files.values()))} if release else {}),
        **_numbers("training", facts.get("training", {})),
    }


def _answers(evaluation: Mapping[str, Any]) -> Figures:
    """How well it answers: over all questions, by topic, by kind; and how well neighbours foretell topics."""
    figures = {f"quality/{name}": figure["mean"] for name, figure in evaluation.get("figures", {}).items()}
    for group in ("topic", "kind"):
        by = evaluation.get(f"by_{group}", {})
        figures |= {f"by {group}/{name}": figure["mean"] for name, figure in by.items()}
    foretold = _numbers("foretold", evaluation.get("topics_foretold") or {})
    return {**{name.replace("@", "_"): value for name, value in figures.items()}, **foretold}


def _data(job: Job) -> Figures:
    made_from = job.snapshot.manifest.made_from
    figures = {
        "data/items": float(len(job.snapshot.items)),
        "data/quarantined": float(made_from.get("quarantined", 0)),
    }
    if job.live:
        figures |= _changes(job.live.items, job.snapshot.items, job.there)
    return figures


def _changes(live: Items, items: Items, there: NDArray[np.int64]) -> Figures:
    """How many items came, went, and say something else."""
    come = {items.id(position) for position in np.flatnonzero(there == CHANGED).tolist()}
    gone = {live.id(position) for position in np.setdiff1d(np.arange(len(live)), there).tolist()}
    counts = {"added": come - gone, "changed": come & gone, "removed": gone - come}
    return {f"data/{name}": float(len(ids)) for name, ids in counts.items()}


def _speed(facts: Mapping[str, Any]) -> Figures:
    figures = {f"build/{name}": float(value) for name, value in facts.items() if name.endswith("seconds")}
    vectors = facts.get("vectors", {})
    figures |= {f"data/{name}": float(vectors[name]) for name in ("passages", "encoded") if name in vectors}
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
    """What training told by step: {"steps": {"loss": [[step, value], …]}}."""
    steps: Mapping[str, Any] = training.get("steps", {})
    return {f"training/{name}": [(int(s), float(v)) for s, v in points] for name, points in steps.items()}


def _tags(job: Job) -> dict[str, str]:
    """Who and what this build was for; the names that begin with mlflow. are those that its pages show."""
    by = os.environ.get("CHANGE_AUTHOR") or os.environ.get("SEARCHBAR_BY") or f"{_user()}@{socket.gethostname()}"
    commit = os.environ.get("GIT_COMMIT") or _git("rev-parse", "HEAD")
    tags = {
        "release": job.origin.id,
        "snapshot": job.snapshot.id,
        "live": job.live.id if job.live else "",
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
        done = subprocess.run(["git", *arguments], text=True, capture_output=True, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
