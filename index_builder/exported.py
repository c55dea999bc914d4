"""Here is a recipe: give me its encoder as a release carries it, exported only when no earlier export will do."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index_builder.cache import cache_folder, forget_unused
from index_builder.origin import locks
from index_builder.recipe import Recipe
from index_builder.weights import digest_of_weights, folder_of
from release_format.program import say
from release_format.release import ENCODER, Release
from release_format.seal import digest_of, digest_of_file

CODE = Path(__file__).with_name("encoder.py")
COMPUTES = ("onnx", "sentence-transformers", "tokenizers", "transformers")


@dataclass(frozen=True)
class Weights:
    """The recipe's model as it lies on this machine, and how many tokens of a text it is to read."""

    folder: Path
    sha256: str
    max_tokens: int

    @classmethod
    def of(cls, recipe: Recipe) -> Weights:
        folder = folder_of(recipe)
        return cls(folder, digest_of_weights(folder), recipe.max_tokens)

    @property
    def vectors_of(self) -> str:
        """A name under which vectors belong together: the same text has the same vector under it."""
        return digest_of([self.sha256, self.max_tokens])

    @property
    def export_of(self) -> str:
        """A name for the exported encoder: what it was exported from, and by what."""
        locked = {name: version for name, version in locks().items() if name in COMPUTES}
        return digest_of([self.sha256, self.max_tokens, digest_of_file(CODE), locked])

    def encoded(self, release: Release) -> bool:
        """Whether the vectors of a release are this encoder's."""
        return (
            digest_of([release.encoder.get("weights_sha256"), release.encoder.get("max_tokens")]) == self.vectors_of
        )


def exported_encoder(recipe: Recipe, weights: Weights, live: Release | None) -> Path:
    """A directory with the exported encoder: that of live, that of an earlier build, or a new one."""
    if live and live.encoder.get("exported_as") == weights.export_of:
        return live.path / ENCODER
    kept = cache_folder() / "encoders" / weights.export_of
    if not kept.is_dir():
        say(f"exporting the encoder {recipe.model}")
        _export(weights, kept, {"model": recipe.model, "revision": recipe.revision})
    forget_unused(kept)
    return kept


def _export(weights: Weights, kept: Path, named: dict[str, Any]) -> None:
    # Imported here: torch takes seconds and half a gigabyte, and most builds need no export.
    from index_builder.encoder import export

    kept.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".export.", dir=kept.parent))
    try:
        described = {"max_tokens": weights.max_tokens, "weights_sha256": weights.sha256}
        export(weights.folder, work, {**named, **described, "exported_as": weights.export_of})
        shutil.rmtree(kept, ignore_errors=True)
        work.rename(kept)
    finally:
        shutil.rmtree(work, ignore_errors=True)
