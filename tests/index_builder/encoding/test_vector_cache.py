from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_builder.encoding.passages import digest_of_text
from index_builder.encoding.vector_cache import DIGESTS, VectorCache, forget_unused


def unit(rows: int, seed: int = 0, dimension: int = 8) -> NDArray[np.float16]:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimension))
    rows_of_one: NDArray[np.float16] = (
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    ).astype(np.float16)
    return rows_of_one


def digests(rows: int, name: str = "") -> list[bytes]:
    return [digest_of_text(f"{name}{row}") for row in range(rows)]


def records(rows: int) -> NDArray[np.void]:
    return np.frombuffer(b"".join(digests(rows)), DIGESTS)


def test_what_was_added_is_found(tmp_path: Path) -> None:
    cache, vectors = VectorCache(tmp_path / "v", 8), unit(5)
    cache.add(digests(3), vectors[:3])
    cache.add(digests(5)[3:], vectors[3:])
    found, stored = VectorCache(tmp_path / "v", 8).find([*digests(5), digest_of_text("other")])
    assert list(found) == digests(5)
    assert np.array_equal(stored[list(found.values())], vectors)


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert VectorCache(tmp_path / "v", 8).find(digests(2))[0] == {}
    (tmp_path / "v").write_bytes(b"")
    assert VectorCache(tmp_path / "v", 8).find(digests(2))[0] == {}


@pytest.mark.parametrize("cut", [1, 20, 47])
def test_a_record_cut_short_is_dropped_and_written_again(tmp_path: Path, cut: int) -> None:
    cache, vectors = VectorCache(tmp_path / "v", 8), unit(3)
    cache.add(digests(3), vectors)
    whole = (tmp_path / "v").read_bytes()
    (tmp_path / "v").write_bytes(whole[:-cut])
    assert list(cache.find(digests(3))[0]) == digests(2)
    cache.add(digests(3)[2:], vectors[2:])
    assert (tmp_path / "v").read_bytes() == whole


def test_a_vector_that_a_power_cut_left_empty_is_not_believed(tmp_path: Path) -> None:
    cache, vectors = VectorCache(tmp_path / "v", 8), unit(3)
    vectors[1] = 0
    cache.add(digests(3), vectors)
    assert list(cache.find(digests(3))[0]) == [digests(3)[0], digests(3)[2]]


def _add_many(path: Path, name: str) -> None:
    cache = VectorCache(path, 8)
    for start in range(0, 200, 10):
        cache.add(digests(200, name)[start : start + 10], unit(200, ord(name))[start : start + 10])


def test_two_builds_share_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_add_many, args=(tmp_path / "v", name)) for name in "ab"]
    for process in both:
        process.start()
    for process in both:
        process.join()
    for name in "ab":
        found, stored = VectorCache(tmp_path / "v", 8).find(digests(200, name))
        assert np.array_equal(stored[[found[d] for d in digests(200, name)]], unit(200, ord(name)))


def test_what_is_out_of_use_is_forgotten_before_it_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index_builder.encoding.vector_cache.KEPT_AT_LEAST", 10)
    cache, vectors = VectorCache(tmp_path / "v", 8), unit(12)
    cache.add(digests(10), vectors[:10])
    used = set(digests(2))
    cache.forget(records(2))
    assert set(cache.find(digests(12))[0]) == set(digests(10)), "ten are not too many"
    cache.add(digests(12)[10:], vectors[10:])
    cache.forget(records(2))
    found, stored = cache.find(digests(12))
    assert set(found) == used | set(digests(12)[9:])
    assert all(np.array_equal(stored[found[d]], vectors[digests(12).index(d)]) for d in found)


def test_an_encoder_that_no_build_uses_is_forgotten_after_a_month(tmp_path: Path) -> None:
    old, current = VectorCache(tmp_path / "old", 8), VectorCache(tmp_path / "current", 8)
    for cache in (old, current):
        cache.add(digests(1), unit(1))
        os.utime(tmp_path / "old", (1, 1))
    os.utime(tmp_path / "current", (1, 1))
    current.forget(records(1))
    assert not (tmp_path / "old").exists()
    assert (tmp_path / "current").stat().st_mtime > 1


def test_exported_encoders_are_forgotten_after_a_month_too_but_never_the_one_in_use(
    tmp_path: Path,
) -> None:
    for name in ("used", "recent", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_bytes(b"weights")
    for name in ("used", "old"):
        os.utime(tmp_path / name, (0, 0))
    forget_unused(tmp_path / "used")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recent", "used"]
    assert (tmp_path / "used").stat().st_mtime > 0
