"""Counts of a release's texts: empty ones, and languages that its encoder does not know."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from index_builder.unchanged import CHANGED
from release_format.items import Items, read_offsets
from release_format.release import PASSAGES, Release
from searchbar.retrieval.columns import COLUMNS, NO_RANK, Columns
from searchbar.retrieval.ranges import Places

Row = Mapping[str, Any]

ENGLISH = "en"
# English is told by its little words: of 1,968 Debian descriptions all but one hold this share of
# them; German, French, Spanish, Italian, Dutch and Russian ones do not. Shorter texts say nothing.
_LITTLE = """a an and are as at be been but by can for from has have how if into is it its more most
    not of on or other such than that the their them then there these they this to use used using
    was when where which will with you your"""
LITTLE = frozenset(_LITTLE.split())
LEAST_LITTLE, FEWEST_WORDS, READ = 0.09, 16, 1_000
# Fewer texts that can be read one by one than this are read together, where they have enough words.
FEWEST_READ, FEWEST_TOGETHER = 20, 100
# What an item is counted as, beside its language.
COUNTED = ("empty", "title_only", "undeclared")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class TextStats:
    """Counts of items by what their texts are.

    `elsewhere` counts items by a declared language that the encoder does not know. `undeclared` are
    those that declare none: `read` of them, spread over the catalogue, were read, and `foreign` do
    not read like English. `words` are all that these hold, those too short to be read alone too,
    and `little` the little words of English.
    """

    items: int = 0
    passages: int = 0
    several: int = 0
    empty: int = 0
    title_only: int = 0
    undeclared: int = 0
    read: int = 0
    foreign: int = 0
    words: int = 0
    little: int = 0
    elsewhere: Mapping[str, int] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The counts in a few sentences."""
        sentences = [
            (
                f"{self.items:,} items; {self.empty:,} say nothing, {self.title_only:,} have a"
                " title and no description."
            ),
            f"{self.several:,} texts of {self.items:,} became several passages; nothing was cut.",
        ]
        if self.elsewhere:
            counted = ", ".join(f"{name} {count:,}" for name, count in self.elsewhere.items())
            other = sum(self.elsewhere.values())
            sentences.append(
                f"{other:,} are in languages that the encoder does not know: {counted}"
                " (docs/languages.md)."
            )
        if self.undeclared:
            sentences.append(f"{self.undeclared:,} declare no language.")
        if self.read:
            sentences.append(
                f"Of {self.read:,} of these that were read, {self.foreign:,} do not read like"
                " English."
            )
        return " ".join(sentences)

    @property
    def unknown(self) -> float:
        """The share of items whose language, declared or read, the encoder does not know."""
        if self.read >= FEWEST_READ:
            foreign = self.foreign / self.read
        else:
            together = self.words >= FEWEST_TOGETHER and self.little < LEAST_LITTLE * self.words
            foreign = float(together)
        return (sum(self.elsewhere.values()) + self.undeclared * foreign) / max(1, self.items)

    def to_json(self) -> dict[str, Any]:
        """The counts for machines, and for people."""
        return {**asdict(self), "said": self.summary}


def texts_of(
    release: Release, live: Release | None = None, places: Places | None = None
) -> TextStats:
    """The counts of a release, by the languages that its recipe declares.

    Where the same code counted live, and `places` say where live has each item (or CHANGED), only
    what differs from it is read.
    """
    known = _languages(release)
    passages = read_offsets(release.path / PASSAGES)
    if live is None or places is None or _languages(live) != known:
        return count_texts(release.items, passages, known)
    gone = np.setdiff1d(np.arange(len(live.items)), places)
    kinds = _kinds_in(live.verdict.facts["quality"]["texts"])
    kinds.subtract(_kinds(_rows(live.items, gone), known))
    kinds.update(_kinds(_rows(release.items, np.flatnonzero(places == CHANGED)), known))
    languages = Columns.open(release.path / COLUMNS, len(places)).ranks("language")
    undeclared = [] if languages is None else np.flatnonzero(languages == NO_RANK).tolist()
    return _stats(release.items, passages, known, kinds, undeclared)


def count_texts(items: Items, passages: Sequence[int], known: Sequence[str]) -> TextStats:
    """Count in one pass.

    `passages` are the offsets of passages; `known` the languages that the encoder knows.
    """
    undeclared: list[int] = []

    def rows() -> Iterator[Row]:
        for position, row in enumerate(items.rows()):
            if not row.get("language"):
                undeclared.append(position)
            yield row

    kinds = _kinds(rows(), known)
    return _stats(items, passages, known, kinds, undeclared)


def _languages(release: Release) -> list[str]:
    declared = str(release.recipe.get("encoder", {}).get("languages", ENGLISH))
    return [language.strip().lower() for language in declared.split(",")]


def _rows(items: Items, positions: Places) -> Iterator[Row]:
    return (json.loads(items.line(position)) for position in positions.tolist())


def _kinds(rows: Iterable[Row], known: Sequence[str]) -> Counter[str]:
    """How many items are of each kind: those of COUNTED, and a language with a colon before it."""
    kinds: Counter[str] = Counter()
    for row in rows:
        if not row.get("description", "").strip():
            kinds["title_only" if row["title"].strip() else "empty"] += 1
        if not (language := row.get("language")):
            kinds["undeclared"] += 1
        elif (name := _primary(language)) and name not in known:
            kinds[f":{name}"] += 1
    return kinds


def _kinds_in(counted: Mapping[str, Any]) -> Counter[str]:
    """The same of an earlier count, as `to_json` gave it."""
    kinds = Counter({name: int(counted[name]) for name in COUNTED})
    kinds.update({f":{name}": int(count) for name, count in counted["elsewhere"].items()})
    return kinds


def _stats(
    items: Items,
    passages: Sequence[int],
    known: Sequence[str],
    kinds: Counter[str],
    undeclared: Sequence[int],
) -> TextStats:
    step = max(1, len(undeclared) // READ)
    sample = (
        (items[position].description for position in undeclared[::step]) if ENGLISH in known else ()
    )
    others = {name[1:]: count for name, count in kinds.items() if name[0] == ":" and count}
    return TextStats(
        items=len(items),
        passages=passages[len(items)],
        several=int((np.diff(passages) > 1).sum()),
        elsewhere=dict(sorted(others.items(), key=lambda entry: (-entry[1], entry[0]))),
        **{name: kinds[name] for name in COUNTED},
        **_read(sample),
    )


def _primary(language: str) -> str:
    """`en-GB` is English."""
    return re.split("[-_]", language.strip().lower(), maxsplit=1)[0]


def _read(texts: Iterable[str]) -> Counter[str]:
    """How many texts are long enough to tell, how many of them do not read like English, and the
    words of all."""
    counts: Counter[str] = Counter()
    for text in texts:
        words = _WORD.findall(text[:1_000].lower())
        little = sum(word in LITTLE for word in words)
        counts.update(words=len(words), little=little)
        if len(words) >= FEWEST_WORDS:
            counts.update(read=1, foreign=little < LEAST_LITTLE * len(words))
    return counts
