"""Two builds that export the same encoder at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from index_builder.encoding import export_cache
from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.vector_cache import cache_folder
from index_builder.encoding.weights import Weights
from index_builder.recipe import read_recipe

WEIGHTS = Weights(Path("weights"), "a" * 64, 256)


def test_an_export_that_another_build_finished_sooner_stays_as_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHBAR_CACHE", str(tmp_path))
    sooner = cache_folder() / "encoders" / WEIGHTS.export_of

    def export(_: Path, work: Path, *__: Any) -> None:
        (work / "model.onnx").write_text("later")
        sooner.mkdir()
        (sooner / "model.onnx").write_text("sooner")

    monkeypatch.setattr(export_cache, "export", export)
    assert exported_encoder(read_recipe(), WEIGHTS, None) == sooner
    assert (sooner / "model.onnx").read_text() == "sooner"
    assert [path.name for path in sooner.parent.iterdir()] == [sooner.name]
