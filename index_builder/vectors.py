"""Here are passages: give me their vectors, computing only those whose text or encoder changed."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_builder.cache import DIGESTS, VectorCache, find_digests
from index_builder.engines import Engine, choose
from index_builder.passages import digest_of_text
from index_builder.unchanged import CHANGED
from release_format.items import read_offsets, write_offsets
from release_format.program import progress, say
from release_format.release import PASSAGES, TEXT_DIGESTS, VECTORS, Release
from searchbar.spans import Places, places

Vectors = NDArray[np.float16]
AT_ONCE = 65_536
WORTH_FORETELLING = 20


@dataclass(frozen=True)
class Stored:
    """The passages of a release that is there already: where each item's begin, their digests, their vectors."""

    offsets: Places
    digests: NDArray[np.void]
    vectors: Vectors

    @classmethod
    def of(cls, release: Release) -> Stored:
        return cls(
            np.array(read_offsets(release.path / PASSAGES), np.int64),
            np.fromfile(release.path / TEXT_DIGESTS, DIGESTS),
            np.load(release.path / VECTORS, mmap_mode="r"),
        )

    @classmethod
    def none(cls, dimension: int) -> Stored:
        """What there is where nothing is live, or what is live is of another encoder."""
        return cls(np.zeros(1, np.int64), np.empty(0, DIGESTS), np.empty((0, dimension), np.float16))

    def digests_of(self, position: int) -> list[bytes]:
        """The digests of one item's passages."""
        digests: list[bytes] = self.digests[self.offsets[position] : self.offsets[position + 1]].tolist()
        return digests


@dataclass(frozen=True)
class Plan:
    """The passages of a snapshot.

    `offsets` say which ones an item has, (items + 1,); `digests` what text a passage is, (passages,); `rows` where
    live has the vector of an item that did not change, or CHANGED, (passages,); `texts` are those of the others.
    """

    offsets: Places
    digests: NDArray[np.void]
    rows: Places
    texts: Mapping[bytes, str]

    @classmethod
    def of(cls, there: Places, cut: Iterable[Sequence[str]], live: Stored) -> Plan:
        """`there` is where live has each item, in the same passages, or CHANGED; `cut` are the passages of those."""
        fresh = list(cut)
        staying = there != CHANGED
        starts = live.offsets[there[staying]]
        counts = np.empty(len(there), np.int64)
        counts[staying] = live.offsets[there[staying] + 1] - starts
        counts[~staying] = [len(texts) for texts in fresh]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        rows = np.full(offsets[-1], CHANGED, np.int64)
        rows[places(offsets[:-1][staying], counts[staying])] = places(starts, counts[staying])
        digests, texts = np.empty(len(rows), DIGESTS), [text for several in fresh for text in several]
        digests[rows != CHANGED] = live.digests[rows[rows != CHANGED]]
        own = [digest_of_text(text) for text in texts]
        digests[rows == CHANGED] = np.frombuffer(b"".join(own), DIGESTS)
        return cls(offsets, digests, rows, dict(zip(own, texts, strict=True)))

    def write(self, directory: Path) -> None:
        """Write which passages each item has, and what text each passage is."""
        write_offsets(directory / PASSAGES, array("Q", self.offsets.astype(np.uint64).tobytes()))
        self.digests.tofile(directory / TEXT_DIGESTS)


@dataclass(frozen=True)
class Counts:
    """Where the vectors of a release came from: live, an earlier build, or the encoder just now."""

    passages: int
    from_live: int
    from_cache: int
    encoded: int
    seconds: float
    engine: str


def write_vectors(
    directory: Path, plan: Plan, encoder: Path, weights: Path, cache: VectorCache, live: Stored
) -> tuple[Counts, Places]:
    """Write the vector of every passage of the plan: those that are known copied, the others encoded.

    What is encoded is remembered at once, so that a build that breaks off goes on where it was. Returns also where
    live has each vector, or CHANGED, (passages,).
    """
    others = np.flatnonzero(plan.rows == CHANGED)
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
    )  # fmt: skip
    wanted = plan.digests[others].tolist()
    in_live = plan.rows.copy()
    in_live[others] = _rows_of(wanted, from_live)
    _copy(vectors, in_live, live.vectors)
    for found, source in ((from_cache, cached), (order, encoded)):
        rows = np.full(len(in_live), CHANGED, np.int64)
        rows[others] = _rows_of(wanted, found)
        _copy(vectors, rows, source)
    vectors.flush()
    cache.forget(plan.digests)
    of_live = len(in_live) - len(others) + len(from_live)
    counts = Counts(len(in_live), of_live, len(from_cache), len(order), round(seconds, 3), engine.name)
    return counts, in_live


def _encode(texts: list[str], digests: list[bytes], engine: Engine, cache: VectorCache) -> Vectors:
    encoded = np.empty((len(texts), cache.dimension), np.float16)
    if texts:
        say(_announcement(texts, engine))
        every = _remembered(engine.encode(texts), digests, encoded, cache)
        for _ in progress(every, len(texts), "encoding"):
            pass
    return encoded


def _announcement(texts: list[str], engine: Engine) -> str:
    said = f"encoding {len(texts):,} passages with {engine.name}"
    seconds = engine.foretell(texts)
    if seconds < WORTH_FORETELLING:
        return said
    return f"{said}: about {max(1, round(seconds / 60))} min; a build that is interrupted goes on where it was"


def _remembered(
    batches: Iterator[tuple[list[int], Vectors]], digests: list[bytes], encoded: Vectors, cache: VectorCache
) -> Iterator[int]:
    for positions, vectors in batches:
        encoded[positions] = vectors
        cache.add([digests[position] for position in positions], vectors)
        yield from positions


def _rows_of(wanted: Sequence[bytes], found: Mapping[bytes, int]) -> Places:
    return np.fromiter((found.get(digest, CHANGED) for digest in wanted), np.int64, len(wanted))


def _copy(target: Vectors, rows: Places, source: Vectors) -> None:
    """Fill in what stands in these rows of the source, and nothing where there is none."""
    into = np.flatnonzero(rows != CHANGED)
    for start in range(0, len(into), AT_ONCE):
        part = into[start : start + AT_ONCE]
        target[part] = source[rows[part]]
