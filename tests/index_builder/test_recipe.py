from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from index_builder.recipe import DEFAULT, read_recipe
from release_format.config.table import ConfigError
from searchbar.retrieval.fusion import Fusion


def recipe_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_left_out_is_the_default(tmp_path: Path) -> None:
    mine = read_recipe(recipe_file(tmp_path, '[index]\nkind = "sketch"\n'))
    assert mine.index_kind == "sketch"
    assert mine.max_tokens == read_recipe().max_tokens == 256
    assert mine.passage_tokens == 254


def test_a_default_written_out_is_the_same_recipe(tmp_path: Path) -> None:
    assert (
        read_recipe(recipe_file(tmp_path, "[encoder]\nmax_tokens = 256\n")).digest
        == read_recipe().digest
    )


def test_every_choice_counts(tmp_path: Path) -> None:
    changes = (
        "[encoder]\nmax_tokens = 128",
        "[encoder]\nquery_prompt = 'query: '",
        "[encoder]\ndocument_prompt = 'passage: '",
        "[encoder]\ntruncate_dim = 128",
        '[text]\ntemplate = "{title}"',
        "[passages]\ntokens = 64",
        '[index]\nkind = "exact"',
        "[fusion]\nfeedback = 0.1",
        "[probes]\ncount = 3",
        "[train]\ntrain = 'adapter'",
    )
    digests = {read_recipe(recipe_file(tmp_path, change)).digest for change in changes}
    assert len(digests | {read_recipe().digest}) == len(changes) + 1


def test_the_release_carries_the_whole_recipe() -> None:
    recipe = read_recipe()
    written = tomllib.loads(recipe.to_toml())
    assert {**written, "fusion": recipe.tables["fusion"]} == recipe.tables
    assert set(recipe.tables) == set(tomllib.loads(DEFAULT.read_text()))


def test_what_a_release_carries_has_a_number_for_words(tmp_path: Path) -> None:
    """Servers of every age read it, and none fits anything."""
    fitted, own = read_recipe(), read_recipe(recipe_file(tmp_path, "[fusion]\nwords = 2\n"))
    assert (fitted.fits_words, own.fits_words) == (True, False)
    assert fitted.tables["fusion"]["words"] == "fitted"
    assert (
        Fusion.from_recipe(tomllib.loads(fitted.to_toml())["fusion"]) == fitted.fusion == Fusion()
    )
    assert Fusion.from_recipe(tomllib.loads(own.to_toml())["fusion"]) == Fusion(words=2)
    chosen = fitted.with_choices(fusion={"words": 0.5})
    assert tomllib.loads(chosen.to_toml())["fusion"] == asdict(Fusion(words=0.5))
    usual = read_recipe(recipe_file(tmp_path, f"[fusion]\nwords = {Fusion().words}\n"))
    assert usual.digest != fitted.digest, "what is set by hand stays, whatever is judged"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[encoder]\nmodle = 'x'", "Did you mean 'model'"),
        ("[indx]\nkind = 'auto'", "Did you mean 'index'"),
        ("[encoder]\nmax_tokens = 'many'", "must be a whole number"),
        ("[encoder]\nmax_tokens = 2", "above 2"),
        ("[encoder]\nquery_prompt = 1", "'query_prompt' in .encoder. must be"),
        ("[encoder]\nquery_promt = 'q: '", "Did you mean 'query_prompt'"),
        ("[encoder]\ntruncate_dim = -1", "at least 0"),
        ("[encoder]\ntrust_remote_code = 'yes'", "'trust_remote_code' in .encoder. must be"),
        ("[passages]\ntokens = 255", "at most 254"),
        ("[passages]\ntokens = 8\noverlap = 8", "overlap"),
        ("[index]\nkind = 'fast'", "must be one of"),
        ("[text]\ntemplate = 'title'", "must name a field"),
        ("[text]\ntemplate = '{title'", "must name a field"),
        ("[text]\ntemplate = '{0}'", r"\[text\]: template must name a field"),
        ("[text]\ntemplate = '{title!x:y}'", "nothing else in braces"),
        ("[text]\ntemplate = '{title.__class__}'", "nothing else in braces"),
        ("[encoder]\nmax_tokens = 9223372036854775808", "at most 1000000"),
        ("[train]\nseed = -1", "'seed' in .train. must be at least 0"),
        ("[train]\nseed = 4294967296", "below 4294967296"),
        ("[train]\nlearning_rate = 1e308", "at most 1"),
        ("[train]\ntrain = 'learn'", "must be one of 'none', 'finetune' or 'adapter'"),
        ("[train]\nsteps = 0", "at least 1"),
        ("[train]\nbatch = 1", "at least 2"),
        ("[train]\nlearning_rate = 'fast'", "must be a number"),
        ("[train]\nlearning_rate = 0", "above 0"),
        ("[train]\nholdout = 90", "at most 80"),
        ("[probes]\ncount = -1", "at least 0"),
        ("[fusion]\nweigth = 1", "weigth"),
        ("[fusion]\nwords = 'fit'", r"'words' in .fusion. must be a number from 0 to 100, or"),
        ("[fusion]\nwords = true", "not true"),
        ("[fusion]\nwords = -1", "not -1"),
        ("[fusion]\nwords = nan", "words"),
        ("[fusion]\nwords = [1]", r"not \[1\]"),
        ("[fusion]\nfeedback_items = 101", "at most 100"),
        ("[fusion]\nfeedback = 'much'", "must be a number"),
        ("kind = 'auto'", "'kind' is unknown"),
        ("[index", "cannot be read"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Exception, match=says) as refused:
        read_recipe(recipe_file(tmp_path, text))
    assert getattr(refused.value, "exit_code", None) == 2


def test_a_recipe_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")
