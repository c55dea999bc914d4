from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from index_builder.indexing.dense import IndexStats, LiveIndex, _unpacked, kind_for, write_index
from index_builder.quality.recall import K, recall
from index_builder.recipe import IndexKind
from index_builder.unchanged import CHANGED
from release_format.items import write_offsets
from release_format.release import INDEX, PASSAGES, VECTORS
from searchbar.retrieval.dense import Dense, read_index
from tests.index_builder.conftest import ROOT

Floats = NDArray[np.float32]


def clustered(rows: int, seed: int = 0, dimension: int = 64) -> Floats:
    """Unit vectors that lie together in topics, as those of texts do."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(40, dimension))
    vectors = centres[draw.integers(0, 40, rows)] + draw.normal(size=(rows, dimension))
    unit: Floats = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def passages_of(directory: Path, vectors: Floats, each: int = 1) -> None:
    """Write vectors as a release has them, so many passages an item."""
    from array import array

    np.save(directory / "v.npy", vectors.astype(np.float16))
    (directory / "v.npy").rename(directory / VECTORS)
    write_offsets(directory / PASSAGES, array("Q", range(0, len(vectors) + 1, each)))


@pytest.mark.parametrize("kind", [kind for kind in get_args(IndexKind) if kind != "auto"])
def test_every_kind_finds_what_exact_search_finds(tmp_path: Path, kind: str) -> None:
    vectors, questions = clustered(6000), clustered(40, seed=1)
    passages_of(tmp_path, vectors)
    assert write_index(tmp_path, kind).kind == kind
    dense, exact = Dense.open(tmp_path), questions @ vectors.astype(np.float16).astype(np.float32).T
    for question, cosines in zip(questions, exact, strict=True):
        found = cosines[dense.nearest(question, K)]
        assert np.mean(found >= np.sort(cosines)[-K] - 1e-3) >= 0.8
    measured = recall(tmp_path, questions)
    assert measured.all_items >= 0.99
    assert measured.filtered >= 0.99


def test_recall_sees_an_index_that_finds_the_wrong_ones(tmp_path: Path) -> None:
    vectors, questions = clustered(2000), clustered(30, seed=1)
    passages_of(tmp_path, vectors)
    wrong = faiss.IndexFlatIP(vectors.shape[1])
    wrong.add(clustered(2000, seed=9))
    faiss.write_index(wrong, str(tmp_path / INDEX))
    assert recall(tmp_path, questions).all_items < 0.2


def test_recall_counts_items_not_passages(tmp_path: Path) -> None:
    vectors, questions = clustered(3000), clustered(30, seed=1)
    passages_of(tmp_path, vectors, each=3)
    write_index(tmp_path, "exact")
    assert recall(tmp_path, questions).all_items >= 0.99


def test_ties_are_no_loss(tmp_path: Path) -> None:
    passages_of(tmp_path, np.repeat(clustered(100), 30, axis=0))
    write_index(tmp_path, "exact")
    assert recall(tmp_path, clustered(20, seed=1)).all_items == 1


def test_a_catalogue_of_one_item_has_an_index(tmp_path: Path) -> None:
    for kind in get_args(IndexKind):
        passages_of(tmp_path, clustered(1))
        write_index(tmp_path, kind)
        assert recall(tmp_path, clustered(3, seed=1)).all_items == 1


def lives(directory: Path, vectors: Floats) -> None:
    """A release whose index is a sketch."""
    directory.mkdir()
    passages_of(directory, vectors)
    write_index(directory, "sketch")


def sketches(directory: Path) -> NDArray[np.uint8]:
    index = read_index(directory / INDEX)
    known: Any = faiss.downcast_index(index)
    return _unpacked(faiss.downcast_index(known.base_index))


def test_a_sketch_goes_on_from_that_of_live(tmp_path: Path) -> None:
    before, fresh = clustered(6000), clustered(540, seed=2)
    lives(tmp_path / "live", before)
    # Some went, some came among those that stayed: nothing stands where it stood.
    rows = np.insert(np.delete(np.arange(6000), slice(70, 400)), np.arange(0, 5400, 10), CHANGED)
    after = before[rows]
    after[rows == CHANGED] = fresh
    (tmp_path / "next").mkdir()
    passages_of(tmp_path / "next", after)
    said = asdict(IndexStats("sketch", since=40))
    live = LiveIndex(tmp_path / "live" / INDEX, said, rows)
    assert write_index(tmp_path / "next", "sketch", live) == IndexStats("sketch", 5670, 580)
    assert np.array_equal(
        sketches(tmp_path / "next")[rows != CHANGED],
        sketches(tmp_path / "live")[:6000][rows[rows != CHANGED]],
    )
    # Of what was there, of what came (other topics), and of neither.
    for questions in (clustered(40), clustered(40, seed=2), clustered(40, seed=1)):
        assert recall(tmp_path / "next", questions).all_items >= 0.99
    found = Dense.open(tmp_path / "next")
    assert [found.nearest(vector, 1)[0] for vector in fresh] == np.flatnonzero(
        rows == CHANGED
    ).tolist()


def test_a_sketch_that_goes_on_from_the_same_vectors_is_the_same_file(tmp_path: Path) -> None:
    vectors = clustered(5000)
    lives(tmp_path / "live", vectors)
    rows = np.arange(5000)
    rows[::100] = CHANGED
    passages_of(tmp_path, vectors)
    write_index(tmp_path, "sketch", LiveIndex(tmp_path / "live" / INDEX, {"kind": "sketch"}, rows))
    assert (tmp_path / INDEX).read_bytes() == (tmp_path / "live" / INDEX).read_bytes()


@pytest.mark.parametrize(
    ("said", "new"),
    [({"kind": "sketch"}, 700), ({"kind": "sketch", "since": 500}, 110), ({"kind": "exact"}, 0)],
)
def test_a_sketch_is_trained_again_after_many_changes(
    tmp_path: Path, said: dict[str, object], new: int
) -> None:
    lives(tmp_path / "live", clustered(6000, seed=3))
    lives(tmp_path / "whole", clustered(6000))
    rows = np.arange(6000)
    rows[:new] = CHANGED
    passages_of(tmp_path, clustered(6000))
    assert write_index(
        tmp_path, "sketch", LiveIndex(tmp_path / "live" / INDEX, said, rows)
    ) == IndexStats("sketch")
    assert (tmp_path / INDEX).read_bytes() == (tmp_path / "whole" / INDEX).read_bytes()


def test_the_kind_goes_by_the_number_of_passages() -> None:
    assert kind_for(500) == "exact"
    assert kind_for(63_000) == kind_for(2_000_000) == "sketch"


def test_an_unchanged_index_is_mapped_not_read(tmp_path: Path) -> None:
    passages_of(tmp_path, clustered(60_000))
    write_index(tmp_path, "auto")
    private = (
        "import sys; from pathlib import Path; from searchbar.retrieval.dense import Dense\n"
        + PRIVATE
    )
    done = subprocess.run(
        [sys.executable, "-c", private, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / INDEX).stat().st_size > 8_000_000
    assert float(done.stdout) < 3, "megabytes of its own, beside those of the file"


PRIVATE = """
def private():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    rows = (line.split(":") for line in lines)
    return next(int(size.split()[0]) for name, size in rows if name == "Private_Dirty") / 1024
Dense.open(Path(sys.argv[1]))
before = private()
kept = Dense.open(Path(sys.argv[1]))
print(private() - before)
"""
