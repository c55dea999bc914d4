"""Here is a question: give me its one result set."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from release_format.items import Items
from release_format.release import ENCODER, LEXICAL, Release
from searchbar.dense import Dense
from searchbar.encoder import Encoder
from searchbar.errors import Cause, SearchError
from searchbar.fusion import Fusion, fuse
from searchbar.lexical import Filters, Lexical
from searchbar.rules import Rules
from searchbar.withdrawn import Withdrawn
from searchbar.words import Parts, parts

FULL = 200
DENSE_DEPTH, LEXICAL_DEPTH = 200, 400
SYNONYM_WEIGHT = 0.7

Positions = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ResultSet:
    """Every pinned and exact match and the fused best 200, best first; fixed per question, filters and release.

    The arrays run along `positions`; ranks count from 1 and are 0 where a leg did not find the item.
    """

    text: str
    parts: Parts
    vector: Floats
    stems: Mapping[str, float]
    positions: Positions
    scores: Floats
    cosines: Floats
    bm25: Floats
    confidence: Floats
    dense_ranks: Positions
    lexical_ranks: Positions
    pinned: int
    exact: int
    full: bool
    rules: Sequence[str]
    took_ms: Mapping[str, float]

    def __len__(self) -> int:
        return len(self.positions)


@dataclass
class Clock:
    """Milliseconds by step."""

    took: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def step(self, name: str) -> None:
        """The time since the last step belongs to this one."""
        moment = time.perf_counter()
        self.took[name] = self.took.get(name, 0.0) + (moment - self.started) * 1000
        self.started = moment


class Finder:
    """Both legs of a release, its rules, and what may not be shown."""

    def __init__(self, release: Release, *, threads: int = 1, withdrawn: Withdrawn | None = None) -> None:
        self.items: Items = release.items
        self.lexical = Lexical.open(release.path / LEXICAL)
        self.dense = Dense.open(release.path, threads)
        self.encoder = Encoder.open(release.path / ENCODER, threads)
        self.fusion = Fusion.from_recipe(release.recipe.get("fusion", {}))
        self.rules = Rules.from_table(release.rules)
        self.withdrawn = withdrawn or Withdrawn()
        self.hidden = self._positions_of(self.rules.hides)
        self._excluded: tuple[int, Positions] = (-1, self.hidden)
        if not len(self.items) == len(self.lexical) == self.dense.items:
            raise _broken(release, "items, words and passages are of different numbers")
        if self.encoder.dimension != self.dense.vectors.shape[1]:
            raise _broken(release, "encoder and vectors do not belong together")

    def find(self, texts: Sequence[str], filters: Sequence[Filters]) -> list[ResultSet]:
        """The result sets of several questions; encoding them together costs less."""
        clock = Clock()
        split = [parts(text) for text in texts]
        vectors = self.encode([p.bare for p in split])
        clock.step("encode")
        shared = {"encode": clock.took["encode"] / len(texts)}
        return [self._find(*one, shared) for one in zip(texts, split, filters, vectors, strict=True)]

    def encode(self, texts: Sequence[str]) -> Floats:
        """Question vectors; a question with synonyms is the mean of its readings."""
        readings = [self._readings(text) for text in texts]
        vectors = self.encoder.encode([reading for several in readings for reading in several])
        ends = np.cumsum([len(several) for several in readings])[:-1]
        means = np.stack([block.mean(axis=0) for block in np.split(vectors, ends)])
        unit: Floats = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def excluded(self) -> Positions:
        """Items that are hidden by a rule or withdrawn."""
        self.withdrawn.refresh()
        number, positions = self._excluded
        if number != self.withdrawn.number:
            number = self.withdrawn.number
            positions = np.union1d(self.hidden, self._positions_of(self.withdrawn.ids))
            self._excluded = (number, positions)
        return positions

    def stems(self, text: str) -> dict[str, float]:
        """The stems that the lexical leg looks for, with their weights."""
        stems = dict.fromkeys(self.lexical.stems(text), 1.0)
        for _, other in self.rules.meant(text):
            for stem in self.lexical.stems(other):
                stems.setdefault(stem, SYNONYM_WEIGHT)
        return stems

    def _readings(self, text: str) -> list[str]:
        folded = text.casefold()
        others = [folded.replace(word, other) for word, other in self.rules.meant(text)]
        return [text, *others[:4]]

    def _find(
        self, text: str, split: Parts, filters: Filters, vector: Floats, shared: Mapping[str, float]
    ) -> ResultSet:
        clock = Clock(dict(shared))
        excluded = self.excluded()
        allowed = self._allowed(filters, split.phrases, excluded)
        near = self.dense.nearest(vector, DENSE_DEPTH, allowed)
        clock.step("dense")
        stems = self.stems(split.bare)
        depth = LEXICAL_DEPTH + len(excluded)
        worded, bm25 = self.lexical.search(stems, depth, filters=filters, phrases=split.phrases)
        shown = ~np.isin(worded, excluded)
        worded, bm25 = worded[shown], bm25[shown]
        exact, pinned = self._named(text, allowed), self._pinned(text, allowed)
        clock.step("lexical")
        pool, places = np.unique(np.concatenate([near, worded, exact, pinned]), return_index=True)
        pool = pool[np.argsort(places, kind="stable")]
        scores_of_words = np.zeros(len(pool), np.float32)
        place_of = {int(position): place for place, position in enumerate(pool)}
        scores_of_words[[place_of[int(p)] for p in worded]] = bm25
        rarity = sum(self.lexical.idf(stem) for stem in self.lexical.stems(split.bare))
        fused = fuse(vector, self.dense.best_passages(pool, vector), scores_of_words, rarity, self.fusion)
        first = list(dict.fromkeys(place_of[int(p)] for p in [*pinned, *exact]))
        order = _order(fused.scores, first, pool)
        clock.step("fuse")
        return ResultSet(
            text=text,
            parts=split,
            vector=vector,
            stems=stems,
            positions=pool[order],
            scores=np.asarray(fused.scores, np.float32)[order],
            cosines=np.asarray(fused.cosines, np.float32)[order],
            bm25=scores_of_words[order],
            confidence=np.asarray(fused.confidence, np.float32)[order],
            dense_ranks=_ranks(near, pool[order]),
            lexical_ranks=_ranks(worded, pool[order]),
            pinned=len(pinned),
            exact=len(first) - len(pinned),
            full=len(pool) - len(first) > FULL,
            rules=[f"{word} also means {other}" for word, other in self.rules.meant(split.bare)],
            took_ms=clock.took,
        )

    def _allowed(self, filters: Filters, phrases: Sequence[str], excluded: Positions) -> NDArray[np.bool_] | None:
        if not filters and not phrases and not len(excluded):
            return None
        allowed = np.ones(len(self.items), np.bool_)
        if filters or phrases:
            allowed[:] = False
            allowed[self.lexical.within(filters, phrases)] = True
        allowed[excluded] = False
        return allowed

    def _named(self, text: str, allowed: NDArray[np.bool_] | None) -> Positions:
        named = np.concatenate(self.lexical.named(text.strip().strip('"')))
        return named if allowed is None else named[allowed[named]]

    def _pinned(self, text: str, allowed: NDArray[np.bool_] | None) -> Positions:
        pinned = np.array(
            [p for id in self.rules.pinned(text) if (p := self.items.position(id)) is not None], np.int64
        )
        return pinned if allowed is None else pinned[allowed[pinned]]

    def _positions_of(self, ids: Sequence[str] | frozenset[str]) -> Positions:
        positions = (self.items.position(id) for id in ids)
        return np.array(sorted(p for p in positions if p is not None), np.int64)


def _order(scores: NDArray[np.floating], first: list[int], pool: Positions) -> Positions:
    """Pinned and exact ones in their order, then the best 200 others; ties by the items' own order."""
    best = np.lexsort((pool, -scores))
    rest = best[~np.isin(best, first)][:FULL]
    return np.concatenate([np.array(first, np.int64), rest])


def _ranks(leg: Positions, positions: Positions) -> Positions:
    rank_of = {int(position): rank for rank, position in enumerate(leg, 1)}
    return np.array([rank_of.get(int(position), 0) for position in positions], np.int64)


def _broken(release: Release, why: str) -> SearchError:
    return SearchError(Cause.BROKEN_RELEASE, f"{release.path} is no whole release: {why}. Build it again.")
