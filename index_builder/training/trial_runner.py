"""Trials of recipes: each is scored on the tuning questions, none of them learned from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from index_builder.quality.judgments import JudgedQuestion
from index_builder.quality.metrics import Values
from index_builder.recipe import ADAPTER, NONE, Recipe
from index_builder.request.request import BuildRequest
from index_builder.training.adapter import fit
from index_builder.training.holdout_test import Figure, values_of
from index_builder.training.pairs import ItemTexts, gather
from index_builder.training.split import Splits, split
from index_builder.training.trained_encoder import train_encoder, with_encoder
from index_builder.training.training_plan import TrainingPlan, WriteContent
from index_builder.training.unsealed import open_unsealed
from release_format.seal import digest_of
from searchbar.engine import Engine
from searchbar.retrieval.adapter import FILE

FOLD_PERCENT, SEED = 50, 1

Steps = Mapping[str, Sequence[tuple[int, float]]]


@dataclass(frozen=True)
class TrialRunner:
    """Runs trials; content is written once for each choice that changes it."""

    request: BuildRequest
    work: Path
    texts: ItemTexts
    splits: Splits
    write: WriteContent

    @property
    def tuning(self) -> list[JudgedQuestion]:
        return [*self.splits.train, *self.splits.validation]

    def score(self, recipe: Recipe) -> tuple[Values, Steps]:
        """nDCG@10 of every tuning question, and what training recorded by step.

        A recipe that learns does so from one fold and is scored on the other, and the other way
        round.
        """
        if recipe.training.train == NONE:
            return values_of(self._engine(self._request(recipe)), self.tuning), {}
        parts = split(self.tuning, FOLD_PERCENT, SEED, self.texts.name)
        folds = ([*parts.train, *parts.validation], parts.test)
        values, steps = [], cast(Steps, {})
        for learned, scored in (folds, folds[::-1]):
            inner = split(learned, recipe.training.holdout, SEED, self.texts.name)
            splits = Splits([*inner.train, *inner.validation], inner.test, scored)
            with self._trained(recipe, splits) as (engine, recorded):
                values.append(values_of(engine, scored))
            steps = steps or recorded
        return np.concatenate(values), steps

    def compare(self, before: Recipe, after: Recipe) -> Figure:
        """Both recipes on what no trial has seen, having learned from all tuning questions."""
        values = []
        for recipe in (before, after):
            with self._trained(recipe, self.splits) as (engine, _):
                values.append(values_of(engine, self.splits.test))
        return Figure.of(*values)

    @contextmanager
    def _trained(self, recipe: Recipe, splits: Splits) -> Iterator[tuple[Engine, Steps]]:
        """An engine by a recipe that learned from these questions."""
        request = self._request(recipe)
        plain = self._engine(request)
        if recipe.training.train == NONE:
            yield plain, {}
        elif recipe.training.train == ADAPTER:
            path = plain.release.path / FILE
            np.save(path, fit(plain, splits.train, splits.validation).matrix)
            try:
                yield self._engine(request), {}
            finally:
                path.unlink()
        else:
            pairs = gather(self.texts, splits, request.questions, recipe)
            plan = TrainingPlan(request, self.texts, splits, pairs)
            facts = train_encoder(plan, plain)
            yield self._engine(with_encoder(plan)), facts["steps"]

    def _request(self, recipe: Recipe) -> BuildRequest:
        return replace(self.request, recipe=recipe, facts={})

    def _engine(self, request: BuildRequest) -> Engine:
        """An engine over content that is written once for each template and encoder."""
        directory = self.work / digest_of([request.recipe.template, request.revision])[:12]
        if not directory.exists():
            directory.mkdir()
            self.write(request, directory)
        return open_unsealed(request, directory)
