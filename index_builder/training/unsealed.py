"""An engine over the content of a release that is not sealed yet."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from index_builder.request.request import BuildRequest
from release_format.release import KIND, Release
from release_format.run_log import now
from release_format.seal import FORMAT, Manifest
from searchbar.engine import Engine
from searchbar.retrieval.fusion import Fusion
from searchbar.retrieval.retriever import Retriever


def open_unsealed(request: BuildRequest, directory: Path) -> Engine:
    """Open what was written into `directory`, fused as this request's recipe says."""
    origin = request.origin
    release = Release(directory, Manifest(FORMAT, KIND, origin.id, asdict(origin), {}, now()))
    fusion = Fusion.from_recipe(request.recipe.tables["fusion"])
    return Engine(release, Retriever(release, fusion=fusion), level=None)
