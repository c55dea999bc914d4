"""The dense index against exact search."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faiss
import numpy as np
import pytest

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.retrieval import dense as dense_module
from searchbar.retrieval.dense import Dense


@pytest.fixture(scope="module")
def several_passages(make_release: Any) -> tuple[Dense, np.ndarray]:
    """300 items of none to three passages each."""
    random = np.random.default_rng(3)
    counts = random.integers(0, 4, 300)
    counts[0] = 1
    vectors = random.normal(size=(int(counts.sum()), 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    items = [Item(f"i{n:03}", f"Item {n}") for n in range(300)]
    release = make_release(items, vectors=vectors, texts=[["x"] * count for count in counts])
    owners = np.repeat(np.arange(300), counts)
    return Dense.open(release.path), owners


@pytest.mark.parametrize("few", [4, 4096])
def test_the_nearest_items_are_those_of_the_nearest_passages(
    several_passages: tuple[Dense, np.ndarray], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(dense_module, "FEW", few)
    dense, owners = several_passages
    random = np.random.default_rng(5)
    for _ in range(20):
        question = random.normal(size=384).astype(np.float32)
        question /= np.linalg.norm(question)
        allowed = random.random(300) < random.choice([0.05, 0.5, 1.0])
        best = np.full(300, -2.0)
        np.maximum.at(best, owners, dense.vectors.astype(np.float32) @ question)
        np.testing.assert_allclose(dense.cosines(question)[best > -2], best[best > -2], atol=1e-6)
        best[~allowed] = -2
        wanted = [int(i) for i in np.argsort(-best, kind="stable") if best[i] > -2][:25]
        assert dense.nearest(question, 25, allowed).tolist() == wanted
        chosen = np.array(wanted[:5], np.int64)
        np.testing.assert_allclose(
            dense.best_passages(chosen, question) @ question, best[chosen], atol=1e-6
        )


def test_whichever_thread_asks_faiss_keeps_to_that_one(tools: Engine) -> None:
    def ask() -> int:
        tools.retriever.dense.nearest(np.zeros(tools.retriever.encoder.dimension, np.float32), 3)
        return faiss.omp_get_max_threads()

    with ThreadPoolExecutor(1) as other:
        assert other.submit(ask).result() == 1


def test_an_index_of_other_vectors_is_refused(make_release: Any) -> None:
    release = make_release([Item("a", "Apple"), Item("b", "Bread")])
    index = faiss.IndexFlatIP(384)
    faiss.write_index(index, str(release.path / "index.faiss"))
    with pytest.raises(SearchError, match="do not belong together"):
        Engine.open(release)
