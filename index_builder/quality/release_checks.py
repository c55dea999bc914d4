"""Checks of a release about to be sealed: conditions that must hold whatever is live."""

from __future__ import annotations

import numpy as np

from index_builder.encoding.passages import PassageCutter, digest_of_text
from index_builder.encoding.vectors import StoredVectors
from index_builder.quality.recall import recall
from release_format.gate import Bound, Measured, claim, condition
from release_format.probes import unanswered
from release_format.release import Release
from release_format.verdict import Condition, Severity
from searchbar.engine import Engine
from searchbar.query.question import Question
from searchbar.retrieval.encoder import Encoder

EXPORT_AGREES, VECTORS_AGREE, RECALL = 0.9999, 0.999, 0.99
SAMPLE = 32
FEWEST_PROBES = 0.5


def check_encoder(staged: Release, encoder: Encoder, cutter: PassageCutter) -> list[Condition]:
    """The export is the original, and stored vectors are what the encoder that serves says of
    their texts."""
    exported = float(staged.encoder["agreement"]["cosine_min"])
    lowest = _lowest_cosine(staged, encoder, cutter, _sample(staged)[::2])
    return [
        _at_least("encoder-agreement", exported, EXPORT_AGREES, _EXPORT),
        _at_least("vectors-agreement", lowest, VECTORS_AGREE, _VECTORS),
    ]


def check_answers(staged: Release, engine: Engine, probes_wanted: int) -> list[Condition]:
    """The index loses nothing, and the release finds items by their own words."""
    titles = [staged.items[position].title or "?" for position in _sample(staged)]
    found = recall(staged.path, engine.retriever.encoder.encode_query(titles))
    return [
        _at_least("index-recall", found.all_items, RECALL, _INDEX),
        _at_least("index-recall-filtered", found.filtered, RECALL, _INDEX),
        _probes(staged, engine, probes_wanted),
    ]


def _sample(staged: Release) -> range:
    return range(0, len(staged.items), max(1, len(staged.items) // SAMPLE))


_EXPORT = (
    "The exported encoder is not the original: export it again, or try another version of the"
    " exporter."
)
_VECTORS = (
    "Stored vectors are not what the encoder says of their texts: delete var/cache and build"
    " without --live."
)
_INDEX = (
    "The index loses neighbours: build once without --live, which trains it anew; if that does not"
    " help, choose another kind in [index] of the recipe."
)
_PROBES = (
    "The release does not find items by their own words: look for items that are alike in the"
    " catalogue, then at its template and fusion."
)


def _at_least(name: str, seen: float, allowed: float, why: str) -> Condition:
    bound = Bound(unit="cosine or recall", why=why, at="least", block=allowed, lowest=-1)
    return condition(name, bound, Measured(seen))


def _lowest_cosine(
    staged: Release, encoder: Encoder, cutter: PassageCutter, sample: range
) -> float:
    """The lowest cosine between stored vectors and what the encoder that serves says of the same
    texts."""
    stored = StoredVectors.of(staged)
    texts: list[str] = []
    rows: list[int] = []
    for position, passages in zip(sample, cutter.cut(staged.items[p] for p in sample), strict=True):
        if [digest_of_text(text) for text in passages] != stored.digests_of(position):
            return -1.0
        texts += passages
        rows += range(stored.offsets[position], stored.offsets[position + 1])
    vectors = stored.vectors[rows].astype(np.float32)
    return float((vectors * encoder.encode_document(texts)).sum(axis=1).min(initial=1.0))


def _probes(staged: Release, engine: Engine, wanted: int) -> Condition:
    def ask(question: str) -> list[str]:
        return [hit.id for hit in engine.search(Question(question)).hits]

    probes = staged.probes
    needed = min(wanted, len(staged.items)) * FEWEST_PROBES
    missed = unanswered(probes, ask)
    holds = not missed and len(probes) >= needed
    # Few are no fault of the release where items are alike; none at all, and no server could be
    # proved.
    severity = Severity.BLOCK if missed or not probes else Severity.WARN
    seen = f"{len(probes) - len(missed)} of {len(probes)} answered"
    return claim("probes", holds, seen, f"all of at least {needed:.0f}", _PROBES, severity)
