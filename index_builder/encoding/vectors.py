"""The vectors of passages, of which only those are computed whose text or encoder changed."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_builder.encoding.backends import Backend, choose
from index_builder.encoding.passages import digest_of_text
from index_builder.encoding.vector_cache import DIGESTS, VectorCache, find_digests
from index_builder.unchanged import CHANGED
from release_format.items import read_offsets, write_offsets
from release_format.progress import progress, say
from release_format.release import PASSAGES, TEXT_DIGESTS, VECTORS, Release
from searchbar.retrieval.ranges import Places, places

Vectors = NDArray[np.float16]
AT_ONCE = 65_536
WORTH_AN_ANNOUNCEMENT = 20


@dataclass(frozen=True)
class StoredVectors:
    """The passages of a sealed release: where each item's begin, their digests, their vectors."""

    offsets: Places
    digests: NDArray[np.void]
    vectors: Vectors

    @classmethod
    def of(cls, release: Release) -> StoredVectors:
        return cls(
            np.array(read_offsets(release.path / PASSAGES), np.int64),
            np.fromfile(release.path / TEXT_DIGESTS, DIGESTS),
            np.load(release.path / VECTORS, mmap_mode="r"),
        )

    @classmethod
    def none(cls, dimension: int) -> StoredVectors:
        """No passages: nothing is live, or what is live is of another encoder."""
        return cls(
            np.zeros(1, np.int64), np.empty(0, DIGESTS), np.empty((0, dimension), np.float16)
        )

    def digests_of(self, position: int) -> list[bytes]:
        """The digests of one item's passages."""
        digests: list[bytes] = self.digests[
            self.offsets[position] : self.offsets[position + 1]
        ].tolist()
        return digests


@dataclass(frozen=True)
class PassagePlan:
    """The passages of a snapshot.

    `offsets` say which ones an item has, (items + 1,); `digests` what text a passage is,
    (passages,); `rows` where live has the vector of an item that did not change, or CHANGED,
    (passages,); `texts` are those of the others.
    """

    offsets: Places
    digests: NDArray[np.void]
    rows: Places
    texts: Mapping[bytes, str]

    @classmethod
    def of(cls, in_live: Places, cut: Iterable[Sequence[str]], live: StoredVectors) -> PassagePlan:
        """Plan the passages of a snapshot.

        `in_live` is where live has each item, in the same passages, or CHANGED; `cut` are the
        passages of the changed ones.
        """
        fresh = list(cut)
        staying = in_live != CHANGED
        starts = live.offsets[in_live[staying]]
        counts = np.empty(len(in_live), np.int64)
        counts[staying] = live.offsets[in_live[staying] + 1] - starts
        counts[~staying] = [len(texts) for texts in fresh]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        rows = np.full(offsets[-1], CHANGED, np.int64)
        rows[places(offsets[:-1][staying], counts[staying])] = places(starts, counts[staying])
        digests = np.empty(len(rows), DIGESTS)
        digests[rows != CHANGED] = live.digests[rows[rows != CHANGED]]
        texts = [text for passages in fresh for text in passages]
        computed = [digest_of_text(text) for text in texts]
        digests[rows == CHANGED] = np.frombuffer(b"".join(computed), DIGESTS)
        return cls(offsets, digests, rows, dict(zip(computed, texts, strict=True)))

    def write(self, directory: Path) -> None:
        """Write which passages each item has, and what text each passage is."""
        write_offsets(directory / PASSAGES, array("Q", self.offsets.astype(np.uint64).tobytes()))
        self.digests.tofile(directory / TEXT_DIGESTS)


@dataclass(frozen=True)
class VectorCounts:
    """Where the vectors of a release came from: live, an earlier build, or the encoder just now."""

    passages: int
    from_live: int
    from_cache: int
    encoded: int
    seconds: float
    engine: str


def write_vectors(
    directory: Path,
    plan: PassagePlan,
    encoder: Path,
    weights: Path,
    cache: VectorCache,
    live: StoredVectors,
) -> tuple[VectorCounts, Places]:
    """Write the vector of every passage of the plan: copy known ones, encode the others.

    What is encoded is remembered at once, so that a build that breaks off goes on where it was.
    Returns also where live has each vector, or CHANGED, (passages,).
    """
    changed = np.flatnonzero(plan.rows == CHANGED)
    missing = set(plan.texts)
    from_live = find_digests(live.digests, missing)
    missing -= from_live.keys()
    from_cache, cached = cache.find(missing)
    missing -= from_cache.keys()
    started = time.monotonic()
    order = {digest: row for row, digest in enumerate(sorted(missing))}
    engine = choose(encoder, weights, len(order))
    encoded = _encode([plan.texts[digest] for digest in order], list(order), engine, cache)
    seconds = time.monotonic() - started
    vectors = np.lib.format.open_memmap(
        directory / VECTORS, "w+", np.float16, (len(plan.digests), cache.dimension)
    )
    wanted = plan.digests[changed].tolist()
    in_live = plan.rows.copy()
    in_live[changed] = _rows_of(wanted, from_live)
    _copy(vectors, in_live, live.vectors)
    for known, source in ((from_cache, cached), (order, encoded)):
        rows = np.full(len(in_live), CHANGED, np.int64)
        rows[changed] = _rows_of(wanted, known)
        _copy(vectors, rows, source)
    vectors.flush()
    cache.forget(plan.digests)
    of_live = len(in_live) - len(changed) + len(from_live)
    counts = VectorCounts(
        len(in_live), of_live, len(from_cache), len(order), round(seconds, 3), engine.name
    )
    return counts, in_live


def _encode(texts: list[str], digests: list[bytes], engine: Backend, cache: VectorCache) -> Vectors:
    encoded = np.empty((len(texts), cache.dimension), np.float16)
    if texts:
        say(_announcement(texts, engine))
        every = _remembered(engine.encode(texts), digests, encoded, cache)
        for _ in progress(every, len(texts), "encoding"):
            pass
    return encoded


def _announcement(texts: list[str], engine: Backend) -> str:
    sentence = f"encoding {len(texts):,} passages with {engine.name}"
    seconds = engine.estimate(texts)
    if seconds < WORTH_AN_ANNOUNCEMENT:
        return sentence
    return (
        f"{sentence}: about {max(1, round(seconds / 60))} min; a build that is interrupted goes on"
        " where it was"
    )


def _remembered(
    batches: Iterator[tuple[list[int], Vectors]],
    digests: list[bytes],
    encoded: Vectors,
    cache: VectorCache,
) -> Iterator[int]:
    for positions, vectors in batches:
        encoded[positions] = vectors
        cache.add([digests[position] for position in positions], vectors)
        yield from positions


def _rows_of(wanted: Sequence[bytes], known: Mapping[bytes, int]) -> Places:
    return np.fromiter((known.get(digest, CHANGED) for digest in wanted), np.int64, len(wanted))


def _copy(target: Vectors, rows: Places, source: Vectors) -> None:
    """Fill in what stands in these rows of the source, and nothing where there is none."""
    into = np.flatnonzero(rows != CHANGED)
    for start in range(0, len(into), AT_ONCE):
        part = into[start : start + AT_ONCE]
        target[part] = source[rows[part]]
