"""Here are a snapshot and judged questions: give me a recipe that answers better, if there is one.

Trials are scored on questions to tune with; a trial that learns does so from one half of them and is scored on the
other, and the other way round. The best one is then tried, once, on questions held out from all of that.
"""

from __future__ import annotations

import json
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import optuna

from index_builder.adapter import fit
from index_builder.build import write_content
from index_builder.holdouts import Parts, split
from index_builder.job import Job
from index_builder.judgments import Judged, read_judgments
from index_builder.measures import Values
from index_builder.pairs import Texts, gather
from index_builder.recipe import ADAPTER, FINETUNE, NONE, Recipe, Tables, read_recipe
from index_builder.run import Run, keep
from index_builder.sending import send_soon
from index_builder.training import Course, course_of, opened, taught_by, with_taught
from index_builder.trial import Figure, values_of
from release_format.program import NO, YES, now, say
from release_format.seal import digest_of, write_atomically
from release_format.store import Store
from searchbar.adapter import FILE
from searchbar.engine import Engine
from searchbar.fusion import Fusion

TEMPLATES = ("{title}. {description}", "{title}. {description} {topics}", "{title}. {topics}. {description}")
HALF, SEED = 50, 1

Steps = Mapping[str, Sequence[tuple[int, float]]]


@dataclass
class Bench:
    """Where trials happen: content is written once for each choice that changes it, and asked as visitors would."""

    job: Job
    work: Path
    texts: Texts
    parts: Parts

    @property
    def tuning(self) -> list[Judged]:
        return [*self.parts.learn, *self.parts.stop]

    def score(self, recipe: Recipe) -> tuple[Values, Steps]:
        """nDCG@10 of every question to tune with, none of them learned from; and what training told by step."""
        if recipe.training.train == NONE:
            return values_of(self._engine(self._job(recipe)), self.tuning), {}
        folds = split(self.tuning, HALF, SEED, self.texts.name)
        halves = ([*folds.learn, *folds.stop], folds.held_out)
        values, steps = [], cast(Steps, {})
        for mine, others in (halves, halves[::-1]):
            inner = split(mine, recipe.training.holdout, SEED, self.texts.name)
            parts = Parts([*inner.learn, *inner.stop], inner.held_out, others)
            with self.learned(recipe, parts) as (engine, told):
                values.append(values_of(engine, others))
            steps = steps or told
        return np.concatenate(values), steps

    def held_out(self, before: Recipe, after: Recipe) -> Figure:
        """Both recipes on what no trial has seen; one that learns, learns from all that was tuned with."""
        values = []
        for recipe in (before, after):
            with self.learned(recipe, self.parts) as (engine, _):
                values.append(values_of(engine, self.parts.held_out))
        return Figure.of(*values)

    @contextmanager
    def learned(self, recipe: Recipe, parts: Parts) -> Iterator[tuple[Engine, Steps]]:
        """An engine by a recipe that learned from these parts."""
        job = self._job(recipe)
        plain = self._engine(job)
        if recipe.training.train == NONE:
            yield plain, {}
        elif recipe.training.train == ADAPTER:
            path = plain.release.path / FILE
            np.save(path, fit(plain, parts.learn, parts.stop).matrix)
            try:
                yield self._engine(job), {}
            finally:
                path.unlink()
        else:
            course = Course(job, self.texts, parts, gather(self.texts, parts, job.questions, recipe), 0)
            told = taught_by(course, plain)
            yield self._engine(with_taught(course)), told["steps"]

    def _job(self, recipe: Recipe) -> Job:
        return replace(self.job, recipe=recipe, facts={})

    def _engine(self, job: Job) -> Engine:
        """An engine over content that is written once for each template and encoder; fusion costs nothing."""
        directory = self.work / digest_of([job.recipe.template, job.revision])[:12]
        if not directory.exists():
            directory.mkdir()
            write_content(job, directory)
        engine = opened(directory, job)
        engine.finder.fusion = Fusion.from_recipe(job.recipe.tables["fusion"])
        return engine


def tune(options: Namespace) -> int:
    """Search, try the best once on what was held out, and write its recipe where it wins."""
    store, current = Store.at(options.store), read_recipe(options.recipe)
    job = Job.of(Namespace(**{**vars(options), "live": None, "rules": None}), store)
    texts = Texts(job.snapshot.items, current)
    judged = [one for one in read_judgments(options.judgments) if one.relevant]
    course = course_of(job, judged, texts)
    with tempfile.TemporaryDirectory(prefix="searchbar-tune-") as work:
        bench = Bench(job, Path(work), texts, course.parts)
        run = Run("tune", f"tune {job.snapshot.id[:12]}", {"snapshot": job.snapshot.id[:12]})
        best, score = _search(bench, current, options, run)
        figure = bench.held_out(current, best)
    won = figure.change.better and best.digest != current.digest
    says = f"the best of {options.trials} trials at most {'wins' if won else 'does not win'} on held-out questions"
    metrics = {"tune/score": score, "tune/held_out": figure.after.mean, "tune/held_out_change": figure.change.mean}
    keep(replace(run, metrics=metrics, note=f"{says}: {figure}", ended=time.time()))
    send_soon()
    say(f"tune: {says}: {figure}.")
    if not won:
        say("tune: nothing is proposed. Judge more questions, or go on with more trials.")
        return NO
    _write(options.out, best, f"{now()[:10]}, {says}: {figure}")
    say(f"Propose it: python -m forge propose {options.out} --branch catalogue/recipe, or `make tune` next time.")
    print(options.out)
    return YES


def _search(bench: Bench, current: Recipe, options: Namespace, run: Run) -> tuple[Recipe, float]:
    """The recipe that scores best on the questions to tune with; the current one is the first trial."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=SEED))
    study.enqueue_trial(_choices(current))

    def one(trial: optuna.Trial) -> float:
        started, recipe = time.time(), _suggested(trial, current, options.finetune)
        values, steps = bench.score(recipe)
        score = float(values.mean())
        told = {f"training/{name}": points for name, points in steps.items()}
        keep(Run("trial", f"trial {trial.number}", dict(trial.params), {"tune/score": score}, told,
                 parent=run.id, started=started))  # fmt: skip
        say(f"tune: trial {trial.number}: {score:.4f} {trial.params}")
        return score

    study.optimize(one, n_trials=options.trials, timeout=options.minutes * 60 if options.minutes else None)
    return _with(current, study.best_params), float(study.best_value)


def _suggested(trial: optuna.Trial, current: Recipe, finetune: bool) -> Recipe:
    """What a trial tries; every range holds what the current recipe says, since that is the first trial."""
    fusion, training = current.tables["fusion"], current.training
    rate = training.learning_rate
    trial.suggest_float("fusion.words", 0.0, max(0.6, fusion["words"]))
    trial.suggest_float("fusion.feedback", 0.0, max(0.8, fusion["feedback"]))
    trial.suggest_int("fusion.feedback_items", min(1, fusion["feedback_items"]), max(8, fusion["feedback_items"]))
    trial.suggest_categorical("text.template", tuple(dict.fromkeys((*TEMPLATES, current.template))))
    ways = dict.fromkeys((NONE, ADAPTER, training.train, *([FINETUNE] if finetune else [])))
    if trial.suggest_categorical("train.train", tuple(ways)) == FINETUNE:
        trial.suggest_float("train.learning_rate", min(5e-6, rate), max(1e-4, rate), log=True)
        trial.suggest_int("train.steps", min(20, training.steps), max(200, training.steps))
    return _with(current, trial.params)


def _choices(current: Recipe) -> dict[str, Any]:
    """The current recipe in the names of the trials."""
    names = ["fusion.words", "fusion.feedback", "fusion.feedback_items", "text.template", "train.train"]
    if current.training.train == FINETUNE:
        names += ["train.learning_rate", "train.steps"]
    return {name: current.tables[name.partition(".")[0]][name.partition(".")[2]] for name in names}


def _with(current: Recipe, params: Mapping[str, Any]) -> Recipe:
    tables: Tables = {}
    for name, value in params.items():
        table, _, key = name.partition(".")
        tables.setdefault(table, {})[key] = float(f"{value:.3g}") if isinstance(value, float) else value
    return current.with_choices(**tables)


def _write(path: Path, recipe: Recipe, why: str) -> None:
    """A recipe file with nothing but what differs from the defaults."""
    defaults = read_recipe().tables
    lines = [f"# Found by `python -m index_builder tune`, {why}."]
    for table, values in recipe.tables.items():
        if own := {key: value for key, value in values.items() if value != defaults[table][key]}:
            lines += ["", f"[{table}]", *(f"{key} = {json.dumps(own[key], ensure_ascii=False)}" for key in own)]
    write_atomically(path, "\n".join(lines) + "\n")
