"""Fine-tuning: the same pairs give the same weights, and a loss that is no number is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from index_builder.encoding.options import EncodingOptions, declared
from index_builder.encoding.weights import digest_of_weights, folder_of
from index_builder.errors import BuildError
from index_builder.recipe import read_recipe
from index_builder.training.finetune import finetune
from release_format.seal import digest_of_file
from tests.index_builder.encoding.tiny_models import FAMILIES, LINES, WINDOW
from tests.index_builder.training import learning_world as world


@pytest.mark.proof  # it learns twice: a quarter of a minute
def test_the_same_pairs_give_the_same_weights_and_a_loss_that_is_no_number_is_refused(
    tmp_path: Path,
) -> None:
    judged, weights = world.judged()[:16], folder_of(read_recipe())
    learn = {
        "anchor": [one.question for one in judged],
        "positive": [f"a dish with {one.question.split()[1]}" for one in judged],
        "negative": [f"a contract about {one.question.split()[1]}" for one in judged],
    }
    stop = {name: column[:0] for name, column in learn.items()}
    training = replace(world.recipe(**world.TINY).training, steps=2, batch=4)
    for name in ("one", "two"):
        finetuned = finetune(weights, learn, stop, training, tmp_path / name)
        assert len(finetuned.steps["loss"]) == finetuned.kept_step == 2
    assert (
        digest_of_weights(tmp_path / "one")
        == digest_of_weights(tmp_path / "two")
        != digest_of_weights(weights)
    )
    with pytest.raises(BuildError, match="Lower learning_rate") as refused:
        finetune(
            weights, learn, stop, replace(training, learning_rate=1e30, steps=3), tmp_path / "three"
        )
    assert refused.value.exit_code == 3
    assert not (tmp_path / "three").exists()


def test_what_training_needs_and_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    empty: dict[str, list[str]] = {"anchor": [], "positive": [], "negative": []}
    with pytest.raises(BuildError, match=r'Install the extra "train", or say train =') as refused:
        finetune(tmp_path, empty, empty, read_recipe().training, tmp_path / "out")
    assert refused.value.exit_code == 2


@pytest.mark.proof  # it learns twice
def test_a_model_learns_behind_its_prompts(tmp_path: Path) -> None:
    model, training = FAMILIES["xlm-r"].save(tmp_path / "tiny"), world.recipe(**world.TINY).training
    learn = {
        "anchor": ["garden hose", "text with modes", "warm jacket", "streams video"],
        "positive": list(LINES[2:6]),
        "negative": list(LINES[5:9]),
    }
    stop = {name: column[:0] for name, column in learn.items()}
    chosen = replace(training, steps=2, batch=4, tokens=WINDOW, learning_rate=1e-3)
    for name, options in (("declared", None), ("bare", EncodingOptions())):
        finetune(model, learn, stop, chosen, tmp_path / name, options)
    first, second = (digest_of_safetensors(tmp_path / name) for name in ("declared", "bare"))
    assert first != second, "what stands before texts is learned with them"
    assert declared(tmp_path / "declared") == declared(model), "and goes on with the weights"


def digest_of_safetensors(folder: Path) -> str:
    return digest_of_file(folder / "model.safetensors")
