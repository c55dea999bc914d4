"""Trials: each asks an engine that it was given, and writes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index_builder.build.content import write_content
from index_builder.recipe import Recipe, read_recipe
from index_builder.request.request import BuildRequest
from index_builder.training.adapter import Floats
from index_builder.training.pairs import ItemTexts
from index_builder.training.split import split
from index_builder.training.trial_runner import TrialRunner
from index_builder.training.unsealed import open_unsealed
from release_format.store.folder import Folder
from searchbar.engine import Engine
from tests.index_builder.conftest import Admit
from tests.index_builder.training import learning_world as world

PLAIN = read_recipe()
ADAPTED = PLAIN.with_choices(train={"train": "adapter"})


class Opened:
    """Opens engines over content that is there, and notes what was wanted of each."""

    def __init__(self, content: Path) -> None:
        self.content = content
        self.wanted: list[tuple[Recipe, Floats | None]] = []

    def __call__(self, request: BuildRequest, adapter: Floats | None) -> Engine:
        self.wanted.append((request.recipe, adapter))
        return open_unsealed(request, self.content, adapter)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    (tmp_path / "content").mkdir()
    return Opened(tmp_path / "content")


@pytest.fixture
def runner(opened: Opened, admit: Admit, store: Folder) -> TrialRunner:
    request = BuildRequest.of(store, admit(world.items()).id)
    write_content(request, opened.content)
    texts = ItemTexts(request.snapshot.items, request.recipe)
    return TrialRunner(request, texts, split(world.judged(), 40, 1, texts.name), opened)


def test_a_trial_is_asked_of_the_engine_that_it_was_given(
    runner: TrialRunner, opened: Opened
) -> None:
    values, steps = runner.score(PLAIN)
    tuning = len(runner.splits.train) + len(runner.splits.validation)
    assert (len(values), steps) == (tuning, {})
    assert opened.wanted == [(PLAIN, None)]
    assert runner.request.recipe == PLAIN
    opened.wanted.clear()
    learned, _ = runner.score(ADAPTED)
    assert len(learned) == tuning
    assert learned.mean() > values.mean()
    # Two folds: each learns from one of them, asked as it comes, and is scored on the other.
    plain, first, again, second = (adapter for _, adapter in opened.wanted)
    assert (plain, again) == (None, None)
    assert first is not None
    assert second is not None
    assert not np.array_equal(first, second)
    figure = runner.compare(PLAIN, ADAPTED)
    assert figure.change.better
    assert figure.after.questions == len(runner.splits.test)
