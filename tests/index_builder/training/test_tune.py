"""`tune`: trials on tuning questions; the best is tried once on held-out ones, and must win."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from index_builder.__main__ import PROGRAM
from index_builder.recipe import read_recipe
from index_builder.tracking import run
from release_format.cli import run_program
from tests.index_builder.conftest import Admit, Ended, Line
from tests.index_builder.training import learning_world as world


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger whose runs stay on disk: nothing is sent to a server that no one answers for."""
    monkeypatch.setenv("SEARCHBAR_LEDGER", str(tmp_path / "ledger"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    return tmp_path / "ledger"


def typed(line: Line, *given: str, check: int) -> Ended:
    """Type `python -m index_builder tune …` within this process."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_program(
            PROGRAM.package, PROGRAM.main, ["tune", *given, "--store", str(line.store.root)]
        )
    assert code == check, out.getvalue() + err.getvalue()
    return Ended(out.getvalue(), err.getvalue())


def tune(line: Line, snapshot: str, tmp_path: Path, *given: str, check: int = 0) -> Ended:
    judgments = world.judgments_file(tmp_path / "judgments.jsonl", world.judged())
    out = ("--out", str(tmp_path / "tuned.toml"), "--judgments", str(judgments))
    return typed(line, snapshot, *out, *given, check=check)


@pytest.mark.proof  # every trial is a build: half a minute
def test_a_better_recipe_is_written_and_every_trial_is_told(
    line: Line, admit: Admit, tmp_path: Path, ledger: Path
) -> None:
    """In this world an adapter wins for certain, on questions that no trial has seen."""
    ended = tune(line, admit(world.items()).id, tmp_path, "--trials", "6")
    path = tmp_path / "tuned.toml"
    assert ended.stdout.split() == [str(path)]
    assert f"python -m forge propose {path} --branch catalogue/recipe" in ended.stderr
    tuned = read_recipe(path)
    assert tuned.training.train == "adapter"
    assert tuned.tables["encoder"] == read_recipe().tables["encoder"]
    assert "wins on held-out questions" in path.read_text().splitlines()[0]
    runs = [record for _, record in run.waiting_records(ledger) if isinstance(record, run.Run)]
    (parent,) = [one for one in runs if one.kind == "tune"]
    trials = [one for one in runs if one.kind == "trial"]
    assert [one.parent for one in trials] == [parent.id] * 6
    assert trials[0].params["train.train"] == "none", "the current recipe comes first"
    assert parent.metrics["tune/score"] == max(one.metrics["tune/score"] for one in trials)
    assert parent.metrics["tune/held_out_change"] > 0
    # Fixed seeds: the same trials again, and the same recipe.
    again = tune(line, admit(world.items()).id, tmp_path, "--trials", "6")
    assert [row for row in again.stderr.splitlines() if ": trial " in row] == [
        row for row in ended.stderr.splitlines() if ": trial " in row
    ]


@pytest.mark.proof  # a minute: test_training and test_finetune hold its parts
def test_an_encoder_is_fine_tuned_from_one_half_and_asked_the_other(
    line: Line, admit: Admit, tmp_path: Path, ledger: Path
) -> None:
    """The current recipe fine-tunes: one trial cannot beat it, and its loss is kept by step."""
    few = {"steps": 2, "batch": 4, "tokens": 16, "catalogue_pairs": 0}
    recipe = world.recipe_file(tmp_path / "recipe.toml", train="finetune", **few)
    given = ("--recipe", str(recipe), "--finetune", "--trials", "1")
    ended = tune(line, admit(world.items()).id, tmp_path, *given, check=1)
    assert "does not win on held-out questions" in ended.stderr
    runs = [record for _, record in run.waiting_records(ledger) if isinstance(record, run.Run)]
    (trial,) = [one for one in runs if one.kind == "trial"]
    assert (trial.params["train.train"], trial.params["train.steps"]) == ("finetune", 2)
    assert [step for step, _ in trial.steps["training/loss"]] == [1, 2]


def test_what_does_not_win_is_not_proposed(
    line: Line, admit: Admit, tmp_path: Path, ledger: Path
) -> None:
    ended = tune(line, admit(world.items()).id, tmp_path, "--trials", "1", check=1)
    assert "does not win on held-out questions" in ended.stderr
    assert not ended.stdout
    assert not (tmp_path / "tuned.toml").exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [(("--trials", "0"), "at least one trial"), (("--minutes", "-1"), "no negative minutes")],
)
def test_wrong_usage(
    line: Line, admit: Admit, tmp_path: Path, given: tuple[str, ...], says: str
) -> None:
    assert says in tune(line, admit(world.items()).id, tmp_path, *given, check=2).stderr


def test_one_question_is_too_few(line: Line, admit: Admit, tmp_path: Path) -> None:
    judgments = world.judgments_file(tmp_path / "one.jsonl", world.judged()[:1])
    ended = typed(
        line, admit(world.items()).id, "--judgments", str(judgments), "--trials", "2", check=2
    )
    assert "only 0 can be held out" in ended.stderr
    assert not ended.stdout
