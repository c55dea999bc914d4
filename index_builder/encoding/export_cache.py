"""Exported encoders: that of live, that of an earlier build, or a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from index_builder.encoding.model import export
from index_builder.encoding.vector_cache import cache_folder, forget_unused
from index_builder.encoding.weights import Weights
from index_builder.recipe import Recipe
from release_format.progress import say
from release_format.release import ENCODER, Release
from release_format.system.temporary_folder import temporary_folder


def exported_encoder(recipe: Recipe, weights: Weights, live: Release | None) -> Path:
    """A directory with the exported encoder; exported only when no earlier export will do."""
    if live and live.encoder.get("exported_as") == weights.export_of:
        return live.path / ENCODER
    cached = cache_folder() / "encoders" / weights.export_of
    if not cached.is_dir():
        said = weights.options.said
        say(f"exporting the encoder {recipe.model}{said and f': {said}'}")
        _export(weights, cached, {"model": recipe.model, "revision": recipe.revision})
    forget_unused(cached)
    return cached


def _export(weights: Weights, target: Path, source: dict[str, Any]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(".export.", target.parent) as work:
        details = {"max_tokens": weights.max_tokens, "weights_sha256": weights.sha256}
        described = {**source, **details, "exported_as": weights.export_of}
        export(weights.folder, work, described, weights.options)
        try:
            work.rename(target)
        except OSError:
            # Another build was sooner, and may read its export by now: that one stays.
            if not target.is_dir():
                raise
