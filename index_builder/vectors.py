"""Here are passages: give me their vectors, computing only those whose text or encoder changed."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_builder.cache import DIGEST, VectorCache
from index_builder.engines import Engine, choose
from index_builder.passages import digest_of_text
from release_format.items import read_offsets, write_offsets
from release_format.program import progress, say
from release_format.release import PASSAGES, TEXT_DIGESTS, VECTORS, Release

Vectors = NDArray[np.float16]
AT_ONCE = 65_536
WORTH_FORETELLING = 20


@dataclass(frozen=True)
class Stored:
    """The passages of a release that is there already: where each item's begin, their digests, their vectors."""

    offsets: array[int]
    digests: bytes
    vectors: Vectors

    @classmethod
    def of(cls, release: Release) -> Stored:
        return cls(
            read_offsets(release.path / PASSAGES),
            (release.path / TEXT_DIGESTS).read_bytes(),
            np.load(release.path / VECTORS, mmap_mode="r"),
        )

    def digests_of(self, position: int) -> list[bytes]:
        """The digests of one item's passages."""
        return [self.digest(row) for row in range(self.offsets[position], self.offsets[position + 1])]

    def digest(self, row: int) -> bytes:
        return self.digests[row * DIGEST : (row + 1) * DIGEST]

    def find(self, wanted: Set[bytes]) -> dict[bytes, int]:
        """Where the vectors of these texts stand, as far as they are here."""
        every = ((self.digest(row), row) for row in range(len(self.vectors)))
        return {digest: row for digest, row in every if digest in wanted}


@dataclass
class Plan:
    """The passages of a snapshot, and the texts of those that may have to be encoded."""

    digests: list[bytes] = field(default_factory=list)
    offsets: array[int] = field(default_factory=lambda: array("Q", [0]))
    texts: dict[bytes, str] = field(default_factory=dict)

    def add_known(self, digests: Sequence[bytes]) -> None:
        """An item whose passages are those of live."""
        self.digests.extend(digests)
        self.offsets.append(len(self.digests))

    def add(self, texts: Sequence[str]) -> None:
        """An item that is new, or changed."""
        digests = [digest_of_text(text) for text in texts]
        self.texts.update(zip(digests, texts, strict=True))
        self.add_known(digests)

    def write(self, directory: Path) -> None:
        """Write which passages each item has, and what text each passage is."""
        write_offsets(directory / PASSAGES, self.offsets)
        (directory / TEXT_DIGESTS).write_bytes(b"".join(self.digests))


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
    directory: Path, plan: Plan, encoder: Path, weights: Path, cache: VectorCache, live: Stored | None
) -> Counts:
    """Write the vector of every passage of the plan: those that are known copied, the others encoded.

    `live` is given only where its encoder is the same one. What is encoded is remembered at once, so that a build
    that breaks off goes on where it was.
    """
    missing = set(plan.digests)
    from_live = live.find(missing) if live else {}
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
    for known, source in ((from_live, live.vectors if live else None), (from_cache, cached), (order, encoded)):
        if known and source is not None:
            _fill(vectors, plan.digests, known, source)
    vectors.flush()
    cache.forget(set(plan.digests))
    return Counts(len(plan.digests), len(from_live), len(from_cache), len(order), round(seconds, 3), engine.name)


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


def _fill(vectors: Vectors, digests: list[bytes], known: Mapping[bytes, int], source: Vectors) -> None:
    rows = np.fromiter((known.get(digest, -1) for digest in digests), np.int64, len(digests))
    wanted = np.flatnonzero(rows >= 0)
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        vectors[part] = source[rows[part]]
