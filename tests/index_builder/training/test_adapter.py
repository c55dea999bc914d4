"""The adapter: fitted in closed form, tested on held-out questions, served with its release."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from index_builder.__main__ import PROGRAM
from index_builder.errors import BuildError
from index_builder.quality.judgments import JudgedQuestion
from index_builder.training.adapter import AdapterExample, fit, solve
from release_format.release import Release
from release_format.store.folder import Folder
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.query.question import Question
from searchbar.retrieval.adapter import FILE, moved, open_adapter
from tests.index_builder.conftest import Admit, Line, catalogue_items
from tests.index_builder.training import learning_world as world


def lesson(question: list[float], answers: list[float], mistakes: list[float]) -> AdapterExample:
    one, good, bad = (np.array(v, np.float32) for v in (question, answers, mistakes))
    return AdapterExample(one, good, bad, np.array([0]))


def test_the_matrix_solves_its_equation() -> None:
    lessons = [lesson([1, 0, 0], [0, 1, 0], [1, 0, 0]), lesson([0.6, 0.8, 0], [0, 0, 1], [0, 1, 0])]
    matrix = solve(lessons, 2.0).astype(np.float64)
    questions = np.array([one.question for one in lessons], np.float64)
    towards = np.array([one.positives - one.negatives for one in lessons], np.float64)
    left = (questions.T @ questions + 2.0 * np.eye(3)) @ (matrix - np.eye(3))
    assert np.allclose(left, questions.T @ towards, atol=1e-5)


def test_a_question_moves_towards_its_answer_and_others_stay() -> None:
    matrix = solve([lesson([1, 0, 0], [0, 1, 0], [0, 0, 1])], 1.0)
    near, far = moved(np.array([[1, 0, 0], [0, 0, 1]], np.float32), matrix)
    assert near[1] > 0.3 > -0.3 > near[2]
    assert np.allclose(far, [0, 0, 1])
    assert np.allclose(np.linalg.norm([near, far], axis=1), 1)
    assert np.allclose(solve([lesson([1, 0, 0], [0, 1, 0], [0, 0, 1])], 1e9), np.eye(3))


@pytest.mark.parametrize(
    "matrix", [np.eye(2, dtype=np.float32), np.eye(3), np.full((3, 3), np.nan, np.float32), None]
)
def test_a_broken_adapter_is_refused(
    tmp_path: Path, matrix: NDArray[np.floating[Any]] | None
) -> None:
    (tmp_path / FILE).write_bytes(b"nonsense")
    if matrix is not None:
        np.save(tmp_path / FILE, matrix)
    with pytest.raises(SearchError, match="Fetch or build the release again"):
        open_adapter(tmp_path, 3)


def test_a_release_without_one_leaves_questions_alone(tmp_path: Path) -> None:
    vectors = np.array([[0.6, 0.8]], np.float32)
    assert open_adapter(tmp_path, 2)(vectors) is vectors


@pytest.mark.proof
def test_an_adapter_that_wins_is_kept_and_served(line: Line, admit: Admit, tmp_path: Path) -> None:
    snapshot = admit(world.items())
    judgments = world.judgments_file(tmp_path / "judgments.jsonl", world.judged())
    plain = line.release(snapshot.id, "--judgments", str(judgments))
    recipe = world.recipe_file(tmp_path / "recipe.toml", train="adapter")
    adapted = line.release(
        snapshot.id, "--judgments", str(judgments), "--recipe", str(recipe), "--live", plain.id
    )
    told = adapted.verdict.facts["training"]
    assert told["kept"]
    assert told["sets"]["held out"]["change"]["low"] > 0
    assert told["beside_live"]["change"]["low"] > 0
    assert sum(told["questions"].values()) == len(world.THINGS)
    assert FILE in adapted.manifest.files
    assert FILE not in plain.manifest.files
    # Nothing was encoded anew: the very same vectors are linked.
    assert (adapted.path / "vectors.f16.npy").samefile(plain.path / "vectors.f16.npy")
    condition = next(c for c in adapted.verdict.conditions if c.name == "training")
    assert (condition.answer, condition.stops) == ("yes", False)
    question = Question("tasty walnut")
    ranks = [
        [hit.id for hit in Engine.open(one).search(question).hits].index("walnut-a")
        for one in (plain, adapted)
    ]
    assert ranks[1] == 0 < ranks[0]
    _the_search_diff_tells(line, plain, adapted, judgments)
    # The next release of another recipe takes live's encoder over, and not its adapter.
    after = line.release(
        admit(world.items()[:-2]).id, "--judgments", str(judgments), "--live", adapted.id
    )
    assert FILE not in after.manifest.files


def _the_search_diff_tells(line: Line, plain: Release, adapted: Release, judgments: Path) -> None:
    asked = ("compare", plain.id, adapted.id, "--judgments", str(judgments))
    assert (
        PROGRAM.main([*asked, "--store", str(line.store.root), "--report", str(line.reports)]) == 0
    )
    comment, page = ((line.reports / f"compare.{kind}").read_text() for kind in ("md", "html"))
    assert "### Training: adapter, trained, kept" in comment
    assert "held-out questions gain for certain" in comment
    assert "| held out | 24 | 0.6" in comment
    assert "| learned from |" in comment
    assert "Training: adapter, trained, <strong>kept</strong>" in page


@pytest.mark.proof
def test_an_adapter_that_does_not_win_is_refused_and_told(
    line: Line, admit: Admit, store: Folder, tmp_path: Path
) -> None:
    """Where the encoder finds everything already there is nothing to gain."""
    items = catalogue_items(120)
    rows = [JudgedQuestion(f"q{n}", item.title, {item.id: 3}) for n, item in enumerate(items)]
    judgments = world.judgments_file(tmp_path / "judgments.jsonl", rows)
    recipe = world.recipe_file(tmp_path / "recipe.toml", train="adapter")
    ended = line.build(admit(items).id, "--judgments", str(judgments), "--recipe", str(recipe))
    assert "adapter, trained, refused: held-out questions do not gain for certain" in ended.stderr
    release = Release.open(store.path("release", ended.stdout.split()[-1]))
    assert FILE not in release.manifest.files
    condition = next(c for c in release.verdict.conditions if c.name == "training")
    assert (condition.answer, condition.stops) == ("no", False)
    assert release.verdict.facts["trained"] in condition.seen
    assert (
        json.loads((line.reports / "verdict.json").read_bytes())["facts"]["training"]["kept"]
        is False
    )


def test_broken_vectors_make_no_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    no_numbers = np.full((2, 2), np.nan, np.float32)
    monkeypatch.setattr("index_builder.training.adapter._examples", lambda *_: [None])
    monkeypatch.setattr("index_builder.training.adapter.solve", lambda *_: no_numbers)
    encoder = SimpleNamespace(dimension=2)
    engine = cast(Engine, SimpleNamespace(retriever=SimpleNamespace(encoder=encoder)))
    with pytest.raises(BuildError, match=r"Delete var/cache, build again") as refused:
        fit(engine, [], [])
    assert refused.value.exit_code == 3
