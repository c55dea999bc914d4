"""A release that is not sealed yet, and an engine over it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np

from index_builder.request.request import BuildRequest
from index_builder.training.adapter import Floats
from release_format.release import KIND, Release
from release_format.run_log import now
from release_format.seal import FORMAT, Manifest
from searchbar.engine import Engine
from searchbar.relevance.estimate import Relevance
from searchbar.retrieval.adapter import FILE
from searchbar.retrieval.retriever import Retriever


def unsealed_release(request: BuildRequest, directory: Path) -> Release:
    """What was written into `directory` for this request."""
    origin = request.origin
    return Release(directory, Manifest(FORMAT, KIND, origin.id, asdict(origin), {}, now()))


def open_unsealed(request: BuildRequest, directory: Path, adapter: Floats | None = None) -> Engine:
    """Open it for answering, by an adapter where one is given; that is left nowhere."""
    if adapter is None:
        release = unsealed_release(request, directory)
        return Engine(release, Retriever(release, fusion=request.recipe.fusion), Relevance())
    np.save(directory / FILE, adapter)
    try:
        return open_unsealed(request, directory)
    finally:
        (directory / FILE).unlink()
