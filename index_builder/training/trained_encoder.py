"""Fine-tuned encoders: remembered in the cache, each under the name of what it learned from."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from index_builder.encoding.vector_cache import cache_folder
from index_builder.encoding.weights import Weights, digest_of_weights
from index_builder.request.request import BuildRequest
from index_builder.training.finetune import finetune
from index_builder.training.hard_negatives import with_negatives
from index_builder.training.holdout_test import digest_of_judged
from index_builder.training.pairs import ItemTexts, TrainingPair
from index_builder.training.training_plan import TrainingPlan
from release_format.progress import say
from release_format.seal import write_atomically
from release_format.system.temporary_folder import temporary_folder
from searchbar.engine import Engine

RESULT, LEARNED, WEIGHTS = "trial.json", "taught.json", "weights"
MOST_CACHED = 3


def train_encoder(plan: TrainingPlan, before: Engine) -> dict[str, Any]:
    """Fine-tune into the cache, unless that was done before; returns the facts of the training.

    What was learned lies in the cache whole or not at all.
    """
    folder = _folder(plan)
    if (folder / LEARNED).is_file():
        cached: dict[str, Any] = json.loads((folder / LEARNED).read_bytes())
        return cached
    started, chosen = time.monotonic(), plan.request.recipe.training
    pairs = with_negatives(plan.pairs, plan.texts, plan.splits, before, chosen.seed)
    say(
        f"fine-tuning on {len(pairs.train):,} pairs, {chosen.steps} steps of {chosen.batch} at most"
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(".taught.", folder.parent) as work:
        train, validation = (columns(part, plan.texts) for part in (pairs.train, pairs.validation))
        draft = work / "learned"
        weights = plan.request.weights
        model = finetune(
            weights.folder, train, validation, chosen, draft / WEIGHTS, weights.options
        )
        facts = {**asdict(model), "seconds": round(time.monotonic() - started, 2)}
        (draft / LEARNED).write_text(json.dumps(facts) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    _forget_oldest(folder.parent)
    return facts


def columns(pairs: Sequence[TrainingPair], texts: ItemTexts) -> dict[str, list[str]]:
    """Pairs as the trainer wants them; one without a negative is left out."""
    mined = [(pair, texts.item(pair.negative)) for pair in pairs]
    rows = [(pair.question, pair.text, texts.of(item)) for pair, item in mined if item]
    names = ("anchor", "positive", "negative")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def with_encoder(plan: TrainingPlan, weights: Weights | None = None) -> BuildRequest:
    """The request with the trained encoder (that of the cache) in place of its recipe's."""
    trained = weights or _cached(plan)
    return replace(plan.request, weights=trained, revision=plan.revision)


def trained_weights(plan: TrainingPlan) -> Weights | None:
    """The trained encoder that live or an earlier build has; live's first, for its vectors."""
    live = plan.request.live
    training = (live.verdict.facts.get("training") or {}) if live else {}
    # Not by what encoder.json says: two revisions may have learned the very same weights.
    if live and training.get("kept") and training.get("revision") == plan.revision:
        sha256 = live.encoder["weights_sha256"]
        weights = _weights(plan, sha256)
        if live.encoder.get("exported_as") == weights.export_of:
            return weights
    return _cached(plan) if (_folder(plan) / LEARNED).is_file() else None


def known_result(plan: TrainingPlan) -> dict[str, Any] | None:
    """What live or an earlier build saw of the same learning, tested on the same questions."""
    live, path = plan.request.live, _folder(plan) / RESULT
    results = [live.verdict.facts.get("training")] if live else []
    results += [json.loads(path.read_bytes())] if path.is_file() else []
    wanted = {"revision": plan.revision, "tried_on": digest_of_judged(plan.splits.test)}
    same = (result for result in results if result and wanted.items() <= result.items())
    return next(same, None)


def remember_result(plan: TrainingPlan, facts: Mapping[str, Any]) -> None:
    """Keep what a test of this learning showed beside its encoder."""
    write_atomically(_folder(plan) / RESULT, json.dumps(facts, indent=1) + "\n")


def _folder(plan: TrainingPlan) -> Path:
    return cache_folder() / "trained" / plan.revision


def _cached(plan: TrainingPlan) -> Weights:
    folder = _folder(plan) / WEIGHTS
    os.utime(folder.parent)
    return _weights(plan, digest_of_weights(folder))


def _weights(plan: TrainingPlan, sha256: str) -> Weights:
    """The trained weights, used as those that they were trained from."""
    return replace(plan.request.weights, folder=_folder(plan) / WEIGHTS, sha256=sha256)


def _forget_oldest(folder: Path) -> None:
    """Keep the few encoders that were used last; each is as large as the original."""
    used = sorted(
        (path for path in folder.iterdir() if path.name[0] != "."),
        key=lambda path: path.stat().st_mtime,
    )
    for path in used[:-MOST_CACHED]:
        shutil.rmtree(path, ignore_errors=True)
