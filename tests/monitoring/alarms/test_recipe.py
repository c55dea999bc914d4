"""A recipe that learns: one line more, and everything else as it stands."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_builder.recipe import read_recipe
from monitoring.alarms.recipe import learning_recipe
from monitoring.errors import MonitoringError


@pytest.mark.parametrize(
    ("recipe", "learning"),
    [
        ("", '[train]\ntrain = "adapter"\n'),
        ("[fusion]\nwords = 0.3\n", '[fusion]\nwords = 0.3\n\n[train]\ntrain = "adapter"\n'),
        (
            '[train] # how\nseed = 2\ntrain = "none"  # not yet\n\n[fusion]\nwords = 0.3\n',
            '[train] # how\nseed = 2\ntrain = "adapter"\n\n[fusion]\nwords = 0.3\n',
        ),
        (
            "[train]\nseed = 2\n[probes]\ncount = 3\n",
            '[train]\ntrain = "adapter"\nseed = 2\n[probes]\ncount = 3\n',
        ),
        ("[train]", '[train]\ntrain = "adapter"\n'),
    ],
)
def test_learning_is_one_line_more(recipe: str, learning: str) -> None:
    assert learning_recipe(recipe) == learning
    assert learning_recipe(learning) == "", "it learns already"


@pytest.mark.parametrize(
    "recipe",
    [
        '[train]\ntrain = "finetune"\n',
        'train = "x"\n',
        "train.seed = 2\n",
        "train = {seed = 2}\n",
        '[text]\ntemplate = """\n[train]\ntrain = 1\n"""\n[train]\nseed = 1\n',
    ],
)
def test_what_learns_already_or_is_written_otherwise_is_left_to_people(recipe: str) -> None:
    assert learning_recipe(recipe) == ""


def test_what_is_no_toml_is_told() -> None:
    with pytest.raises(MonitoringError, match="is no TOML"):
        learning_recipe("[train")


@given(
    st.dictionaries(
        st.sampled_from(["fusion", "probes", "train", "index"]),
        st.dictionaries(st.sampled_from(["a", "train_", "seed"]), st.integers(0, 9), max_size=3),
        max_size=4,
    )
)
def test_nothing_else_of_a_recipe_changes(tables: dict[str, dict[str, int]]) -> None:
    text = "".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items())
        for name, rows in tables.items()
    )
    wanted = {**tables, "train": {**tables.get("train", {}), "train": "adapter"}}
    assert tomllib.loads(learning_recipe(text)) == wanted


def test_the_builder_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(learning_recipe(""))
    assert read_recipe(path).training.train == "adapter"
