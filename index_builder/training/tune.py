"""Tuning: a search for a recipe that answers better, proposed only where it wins.

Trials are scored on tuning questions; the best one is then tried, once, on questions held out from
all of that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index_builder.quality.judgments import JudgedQuestion
from index_builder.recipe import ADAPTER, FINETUNE, NONE, Recipe, Tables, read_recipe
from index_builder.request.request import BuildRequest
from index_builder.tracking.run import Run, enqueue
from index_builder.tracking.sender import send_soon
from index_builder.training.pairs import ItemTexts
from index_builder.training.training_plan import TrainingPlan
from index_builder.training.trial_runner import SEED, EngineOf, TrialRunner
from release_format.progress import say
from release_format.run_log import now
from release_format.seal import write_atomically

if TYPE_CHECKING:
    import optuna

TEMPLATES = (
    "{title}. {description}",
    "{title}. {description} {topics}",
    "{title}. {topics}. {description}",
)
FUSION = ("fusion.words", "fusion.feedback", "fusion.feedback_items")
LEARNING = ("train.learning_rate", "train.steps")


@dataclass(frozen=True)
class Search:
    """How long a search may go on (`minutes` of 0: no limit), and whether it may fine-tune."""

    trials: int
    minutes: float = 0.0
    finetune: bool = False


def tune(
    request: BuildRequest, judged: Sequence[JudgedQuestion], search: Search, engine_of: EngineOf
) -> tuple[Recipe, str] | None:
    """Search, try the best recipe once on what was held out, and return it where it wins.

    With it comes a sentence about the win. What was seen goes to the ledger.
    """
    current = request.recipe
    texts = ItemTexts(request.snapshot.items, current, request.snapshot.schema)
    plan = TrainingPlan.of(request, [q for q in judged if q.relevant], texts)
    snapshot = request.snapshot.id[:12]
    run = Run("tune", f"tune {snapshot}", {"snapshot": snapshot})
    runner = TrialRunner(request, texts, plan.splits, engine_of)
    best, score = _search(runner, current, search, run)
    figure = runner.compare(current, best)
    has_won = figure.change.better and best.digest != current.digest
    sentence = (
        f"the best of {search.trials} trials at most {'wins' if has_won else 'does not win'} on"
        f" held-out questions: {figure}"
    )
    metrics = {
        "tune/score": score,
        "tune/held_out": figure.after.mean,
        "tune/held_out_change": figure.change.mean,
    }
    enqueue(replace(run, metrics=metrics, note=sentence, ended=time.time()))
    send_soon()
    say(f"tune: {sentence}.")
    return (best, sentence) if has_won else None


def write_recipe(path: Path, recipe: Recipe, reason: str) -> None:
    """Write a recipe file with nothing but what differs from the defaults."""
    defaults = read_recipe().tables
    lines = [f"# Found by `python -m index_builder tune`, {now()[:10]}, {reason}."]
    for table, values in recipe.tables.items():
        if own := {key: value for key, value in values.items() if value != defaults[table][key]}:
            lines += ["", f"[{table}]"]
            lines += [f"{key} = {json.dumps(own[key], ensure_ascii=False)}" for key in own]
    write_atomically(path, "\n".join(lines) + "\n")


def _search(runner: TrialRunner, current: Recipe, search: Search, run: Run) -> tuple[Recipe, float]:
    """The recipe that scores best on the tuning questions; the current one is the first trial."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=SEED))
    study.enqueue_trial(_choices(current))

    def objective(trial: optuna.Trial) -> float:
        started, recipe = time.time(), _suggested(trial, current, search.finetune)
        values, steps = runner.score(recipe)
        score = float(values.mean())
        enqueue(
            Run(
                "trial",
                f"trial {trial.number}",
                dict(trial.params),
                {"tune/score": score},
                {f"training/{name}": points for name, points in steps.items()},
                parent=run.id,
                started=started,
            )
        )
        say(f"tune: trial {trial.number}: {score:.4f} {trial.params}")
        return score

    seconds = search.minutes * 60 if search.minutes else None
    study.optimize(objective, n_trials=search.trials, timeout=seconds)
    return _with_params(current, study.best_params), float(study.best_value)


def _suggested(trial: optuna.Trial, current: Recipe, finetune: bool) -> Recipe:
    """What a trial tries; every range holds what the current recipe says, the first trial."""
    fusion, training = current.fusion, current.training
    rate, items = training.learning_rate, fusion.feedback_items
    trial.suggest_float("fusion.words", 0.0, max(0.6, fusion.words))
    trial.suggest_float("fusion.feedback", 0.0, max(0.8, fusion.feedback))
    trial.suggest_int("fusion.feedback_items", min(1, items), max(8, items))
    trial.suggest_categorical("text.template", tuple(dict.fromkeys((*TEMPLATES, current.template))))
    ways = dict.fromkeys((NONE, ADAPTER, training.train, *([FINETUNE] if finetune else [])))
    if trial.suggest_categorical("train.train", tuple(ways)) == FINETUNE:
        trial.suggest_float("train.learning_rate", min(5e-6, rate), max(1e-4, rate), log=True)
        trial.suggest_int("train.steps", min(20, training.steps), max(200, training.steps))
    return _with_params(current, trial.params)


def _choices(current: Recipe) -> dict[str, Any]:
    """The current recipe in the names of the trials."""
    names = [*FUSION, "text.template", "train.train"]
    if current.training.train == FINETUNE:
        names += LEARNING
    tables = {**current.tables, "fusion": asdict(current.fusion)}
    paths = {name: name.partition(".") for name in names}
    return {name: tables[table][key] for name, (table, _, key) in paths.items()}


def _with_params(current: Recipe, params: Mapping[str, Any]) -> Recipe:
    tables: Tables = {}
    for name, value in params.items():
        table, _, key = name.partition(".")
        rounded = float(f"{value:.3g}") if isinstance(value, float) else value
        tables.setdefault(table, {})[key] = rounded
    return current.with_choices(**tables)
