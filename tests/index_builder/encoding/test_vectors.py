"""Which passages a snapshot has, where their vectors come from, and what changed beside live."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index_builder.encoding.passages import digest_of_text
from index_builder.encoding.vector_cache import DIGESTS, VectorCache
from index_builder.encoding.vectors import PassagePlan, StoredVectors, write_vectors
from index_builder.tracking.build_run import _changes
from index_builder.unchanged import CHANGED, places_in_live
from release_format.items import Item, Items, read_offsets, write_items
from release_format.release import PASSAGES, TEXT_DIGESTS, VECTORS
from tests.index_builder.encoding.test_vector_cache import unit

DIMENSION = 8
LIVE = [["a"], ["b one", "b two"], [], ["c"]]


@pytest.fixture
def live() -> StoredVectors:
    texts = [text for several in LIVE for text in several]
    digests = np.frombuffer(b"".join(map(digest_of_text, texts)), DIGESTS)
    offsets = np.cumsum([0, *map(len, LIVE)])
    return StoredVectors(offsets, digests, unit(len(texts), seed=1))


def written(
    folder: Path, plan: PassagePlan, live: StoredVectors, cached: dict[str, int]
) -> tuple[tuple[int, int, int], list[int]]:
    """What is written without an encoder: everything else is in live or in the cache."""
    cache = VectorCache(folder / "cache", DIMENSION)
    vectors = unit(len(cached), seed=2)
    for text, row in cached.items():
        cache.add([digest_of_text(text)], vectors[row : row + 1])
    plan.write(folder)
    counts, in_live = write_vectors(folder, plan, folder, folder, cache, live)
    return (counts.from_live, counts.from_cache, counts.encoded), in_live.tolist()


def test_every_passage_gets_its_own_vector_wherever_its_item_stands(
    tmp_path: Path, live: StoredVectors
) -> None:
    # New before all others; the last of live first; what b said, now by another item; twice the
    # same; nothing.
    there = np.array([CHANGED, 3, CHANGED, CHANGED, 1, 2])
    cut = [["new"], ["b two", "other"], ["other"]]
    plan = PassagePlan.of(there, cut, live)
    counts, in_live = written(tmp_path, plan, live, {"new": 0, "other": 1})
    assert counts == (4, 2, 0)
    assert in_live == [CHANGED, 3, 2, CHANGED, CHANGED, 1, 2]
    assert list(read_offsets(tmp_path / PASSAGES)) == [0, 1, 2, 4, 5, 7, 7]
    texts = ["new", "c", "b two", "other", "other", "b one", "b two"]
    assert (tmp_path / TEXT_DIGESTS).read_bytes() == b"".join(map(digest_of_text, texts))
    fresh, old = unit(2, seed=2), live.vectors
    expected = np.stack([fresh[0], old[3], old[2], fresh[1], fresh[1], old[1], old[2]])
    assert np.array_equal(np.load(tmp_path / VECTORS), expected)


def test_without_live_or_with_another_encoder_nothing_is_taken_from_it(tmp_path: Path) -> None:
    none = StoredVectors.none(DIMENSION)
    plan = PassagePlan.of(np.full(2, CHANGED), [["x"], ["y", "x"]], none)
    counts, in_live = written(tmp_path, plan, none, {"x": 0, "y": 1})
    assert (counts, in_live) == ((0, 2, 0), [CHANGED] * 3)
    vectors = unit(2, seed=2)
    assert np.array_equal(np.load(tmp_path / VECTORS), vectors[[0, 1, 0]])


def test_an_empty_catalogue_has_no_passages(tmp_path: Path, live: StoredVectors) -> None:
    plan = PassagePlan.of(np.empty(0, np.int64), [], live)
    plan.write(tmp_path)
    assert list(read_offsets(tmp_path / PASSAGES)) == [0]
    assert len(plan.rows) == len(plan.digests) == 0


def test_what_came_went_and_changed_is_counted(tmp_path: Path) -> None:
    before = [Item(id, "A title") for id in "abcdef"]
    after = [
        Item("a", "A title"),
        Item("bb", "New"),
        Item("c", "Another title"),
        Item("d", "A title"),
        Item("z", ""),
    ]
    for name, items in (("before", before), ("after", after)):
        write_items(tmp_path / name, items)
    old, new = Items(tmp_path / "before"), Items(tmp_path / "after")
    counted = _changes(old, new, places_in_live(new, old))
    assert counted == {"data/added": 2, "data/changed": 1, "data/removed": 3}
