"""Trials of recipes: each is scored on the tuning questions, none of them learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from index_builder.quality.metrics import Values
from index_builder.recipe import ADAPTER, NONE, Recipe
from index_builder.request.request import BuildRequest
from index_builder.training.adapter import Floats, fit
from index_builder.training.holdout_test import Figure, values_of
from index_builder.training.pairs import ItemTexts, gather
from index_builder.training.split import Splits, split
from index_builder.training.trained_encoder import train_encoder, with_encoder
from index_builder.training.training_plan import TrainingPlan
from searchbar.engine import Engine

FOLD_PERCENT, SEED = 50, 1

Steps = Mapping[str, Sequence[tuple[int, float]]]
# An engine over what a request asks for, by an adapter where one is given.
EngineOf = Callable[[BuildRequest, Floats | None], Engine]


@dataclass(frozen=True)
class TrialRunner:
    """Runs trials: asks the engine of each recipe, which may learn before."""

    request: BuildRequest
    texts: ItemTexts
    splits: Splits
    engine_of: EngineOf

    def score(self, recipe: Recipe) -> tuple[Values, Steps]:
        """nDCG@10 of every tuning question, and what training recorded by step.

        A recipe that learns does so from one fold and is scored on the other, and the other way
        round.
        """
        tuning = [*self.splits.train, *self.splits.validation]
        if recipe.training.train == NONE:
            return values_of(self._engine(replace(self.request, recipe=recipe)), tuning), {}
        parts = split(tuning, FOLD_PERCENT, SEED, self.texts.name)
        folds = ([*parts.train, *parts.validation], parts.test)
        values, steps = [], cast(Steps, {})
        for learned, scored in (folds, folds[::-1]):
            inner = split(learned, recipe.training.holdout, SEED, self.texts.name)
            splits = Splits([*inner.train, *inner.validation], inner.test, scored)
            engine, recorded = self._trained(recipe, splits)
            values.append(values_of(engine, scored))
            steps = steps or recorded
        return np.concatenate(values), steps

    def compare(self, before: Recipe, after: Recipe) -> Figure:
        """Both recipes on what no trial has seen, having learned from all tuning questions."""
        engines = (self._trained(recipe, self.splits)[0] for recipe in (before, after))
        return Figure.of(*(values_of(engine, self.splits.test) for engine in engines))

    def _trained(self, recipe: Recipe, splits: Splits) -> tuple[Engine, Steps]:
        """An engine by a recipe that learned from these questions."""
        request = replace(self.request, recipe=recipe)
        plain = self._engine(request)
        if recipe.training.train == NONE:
            return plain, {}
        if recipe.training.train == ADAPTER:
            adapter = fit(plain, splits.train, splits.validation)
            return self._engine(request, adapter.matrix), {}
        pairs = gather(self.texts, splits, request.questions, recipe)
        plan = TrainingPlan(request, self.texts, splits, pairs)
        facts = train_encoder(plan, plain)
        return self._engine(with_encoder(plan)), facts["steps"]

    def _engine(self, request: BuildRequest, adapter: Floats | None = None) -> Engine:
        return self.engine_of(request, adapter)
