"""The learning of a build: written, tested on held-out questions, and kept only where it wins."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from index_builder.quality.gate import read_bounds
from index_builder.quality.judgments import missing_items, read_judgments, share_gone
from index_builder.recipe import ADAPTER, NONE
from index_builder.request.request import BuildRequest
from index_builder.training.adapter import fit
from index_builder.training.holdout_test import HoldoutResult, digest_of_judged, run_holdout_test
from index_builder.training.pairs import ItemTexts
from index_builder.training.trained_encoder import (
    known_result,
    remember_result,
    train_encoder,
    trained_weights,
    with_encoder,
)
from index_builder.training.training_plan import TrainingPlan, WriteContent
from index_builder.training.unsealed import open_unsealed
from release_format.progress import say
from release_format.verdict import Condition, Outcome, Severity
from searchbar.engine import Engine
from searchbar.retrieval.adapter import FILE

ALLOWED = (
    "a gain on held-out questions whose whole interval lies above zero, and no certain loss"
    " anywhere"
)


def learn(request: BuildRequest, directory: Path, write: WriteContent) -> list[Condition]:
    """Write the content of a release, with what was learned where that wins.

    The facts of the request and the returned condition say what became of it.

    Raises:
        BuildError: there is nothing to learn from, or learning broke. Nothing is kept then.
    """
    if request.recipe.training.train == NONE:
        write(request, directory)
        return []
    judged = [
        question
        for question in (read_judgments(request.judgments) if request.judgments else ())
        if question.relevant
    ]
    texts = ItemTexts(request.snapshot.items, request.recipe)
    known = {id for question in judged for id in question.relevant if id in texts}
    gone = missing_items(judged, known)
    share, bound = share_gone(judged, gone), read_bounds().absolute["judgments-gone"]
    if bound.block is not None and share > bound.block:
        write(request, directory)
        why = f"{share:.0%} of the judged answers are gone, at most {bound.block:.0%} may"
        return [_report(request, {"kept": False, "made": "not tried", "why": why})]
    plan = TrainingPlan.of(request, judged, texts, len(gone))
    learn_by = _adapt if request.recipe.training.train == ADAPTER else _finetune
    return [_report(request, learn_by(plan, directory, write))]


def _adapt(plan: TrainingPlan, directory: Path, write: WriteContent) -> dict[str, Any]:
    write(plan.request, directory)
    started, before = time.monotonic(), open_unsealed(plan.request, directory)
    adapter = fit(before, plan.splits.train, plan.splits.validation)
    fitting = {
        "seconds": round(time.monotonic() - started, 2),
        "strength": adapter.strength,
        "ranks": adapter.ranks,
    }
    np.save(directory / FILE, adapter.matrix)
    result = _test(plan, before, open_unsealed(plan.request, directory))
    if not result.decision[0]:
        (directory / FILE).unlink()
    return _facts(plan, result) | fitting


def _finetune(plan: TrainingPlan, directory: Path, write: WriteContent) -> dict[str, Any]:
    known, weights = known_result(plan), trained_weights(plan)
    if known and (weights or not known["kept"]):
        request = with_encoder(plan, weights) if weights and known["kept"] else plan.request
        write(request, directory)
        plan.request.facts.update(request.facts)
        return {**known, "made": "reused"}
    write(plan.request, directory)
    before = open_unsealed(plan.request, directory)
    training = train_encoder(plan, before)
    trained = with_encoder(plan)
    with tempfile.TemporaryDirectory(prefix=".unsealed.", dir=directory.parent) as work:
        other = Path(work) / "release"
        other.mkdir()
        write(trained, other)
        result = _test(plan, before, open_unsealed(trained, other))
        if result.decision[0]:
            _replace(directory, other)
            plan.request.facts.update(trained.facts)
    facts = _facts(plan, result) | training
    remember_result(plan, facts)
    return facts


def _test(plan: TrainingPlan, before: Engine, after: Engine) -> HoldoutResult:
    live = Engine.open(plan.request.live) if plan.request.live else None
    return run_holdout_test(before, after, plan.splits, plan.learned_items, live)


def _facts(plan: TrainingPlan, result: HoldoutResult) -> dict[str, Any]:
    is_kept, why = result.decision
    splits = plan.splits
    return {
        "revision": plan.revision,
        "tried_on": digest_of_judged(splits.test),
        "made": "trained",
        "kept": is_kept,
        "why": why,
        **result.to_json(),
        "pairs": plan.pairs.counts,
        "left_out_as_held_out": plan.pairs.leaks,
        "questions": {
            "learn": len(splits.train),
            "stop": len(splits.validation),
            "held_out": len(splits.test),
        },
        "judgments_gone": plan.gone,
    }


def _report(request: BuildRequest, facts: Mapping[str, Any]) -> Condition:
    """Say what was learned: in the facts, on the console, and as a condition that stops nothing."""
    way, is_kept = request.recipe.training.train, bool(facts["kept"])
    seen = f"{way}, {facts['made']}, {'kept' if is_kept else 'refused'}: {facts['why']}"
    request.facts["training"] = {"way": way, **facts}
    request.facts["trained"] = seen
    say(f"training: {seen}")
    why = (
        ""
        if is_kept
        else "This release has the encoder as it comes; what was learned is not in it."
    )
    answer = Outcome.YES if is_kept else Outcome.NO
    return Condition("training", answer, seen, ALLOWED, Severity.TELL, why)


def _replace(directory: Path, other: Path) -> None:
    """Let the content of one directory take the place of another's."""
    for path in directory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in other.iterdir():
        shutil.move(path, directory / path.name)
