"""What another encoder costs beside live's: a vector, a question, and encoding the catalogue."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from release_format.release import REPORT, VERDICT, Release
from searchbar.cores import cores
from searchbar.engine import Engine

# So many texts, spread over the catalogue, are encoded by both, in turns.
SAMPLE, ROUNDS = 16, 3
# What makes an encoder what it is, of encoder.json; the same model may be exported anew.
IDENTITY = ("weights_sha256", "max_tokens", "query_prompt", "document_prompt", "truncate_dim")
MINUTE = 90

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def encoder_change(live: Engine, candidate: Engine) -> str:
    """Sentences about another encoder than live's; empty where it is the same.

    Costs are processor time of one core, measured here and now, one after the other.
    """
    before, after = live.release.encoder, candidate.release.encoder
    if _identity(before) == _identity(after):
        return ""
    texts, questions = _sample(candidate.release)
    old, new = live.retriever.encoder, candidate.retriever.encoder
    vector = _in_turns(old.encode_document, new.encode_document, texts)
    question = _in_turns(old.encode_query, new.encode_query, questions)
    costs = (
        f"A vector costs {_beside(*vector)}, a question's {_beside(*question)}: processor time of"
        " one core, both measured here in turns."
    )
    kept = (
        f"Live's own figures lie in {REPORT} of release {live.release.id[:12]}, which stays whole:"
        " a rollback brings its encoder and vectors back."
    )
    named = f"The encoder is {_named(after)} instead of {_named(before)}."
    return " ".join((named, costs, _encoding(candidate.release, vector[1]), kept))


def _identity(encoder: Mapping[str, Any]) -> list[Any]:
    return [encoder.get(name) for name in IDENTITY]


def _named(encoder: Mapping[str, Any]) -> str:
    prompts = [
        f"{what} {json.dumps(encoder[name], ensure_ascii=False)}"
        for name, what in (("query_prompt", "questions"), ("document_prompt", "texts"))
        if encoder.get(name)
    ]
    behind = f", {' and '.join(prompts)} before them" if prompts else ""
    return f"{encoder.get('model')} ({encoder.get('dimension')} numbers a vector{behind})"


def _sample(release: Release) -> tuple[list[str], list[str]]:
    """Texts and titles of some items."""
    step = max(1, len(release.items) // SAMPLE)
    items = [release.items[place] for place in range(0, len(release.items), step)][:SAMPLE]
    return [f"{item.title}. {item.description}" for item in items], [
        item.title or item.id for item in items
    ]


def _in_turns(old: Encode, new: Encode, texts: Sequence[str]) -> tuple[float, float]:
    """Milliseconds that a text takes by either, the least of some rounds: (old, new)."""
    rounds = [[_milliseconds(encode, texts) for encode in (old, new)] for _ in range(ROUNDS)]
    before, after = np.min(rounds, axis=0) / max(1, len(texts))
    return float(before), float(after)


def _milliseconds(encode: Encode, texts: Sequence[str]) -> float:
    # One at a time, as questions come; a session computes on the thread that asks.
    started = time.thread_time()
    for text in texts:
        encode([text])
    return (time.thread_time() - started) * 1000


def _beside(before: float, after: float) -> str:
    return f"{after:.1f} ms where live's takes {before:.1f}"


def _encoding(release: Release, each: float) -> str:
    """How long it took to encode everything, or would."""
    path = release.path / VERDICT
    facts = release.verdict.facts if path.is_file() else {}
    vectors = facts.get("vectors", {})
    passages, encoded = int(vectors.get("passages", 0)), int(vectors.get("encoded", 0))
    if passages and encoded == passages:
        took = f"all {passages:,} were encoded in {_time(float(vectors['seconds']))}"
        return f"Encoding: {took} by {vectors.get('engine')}."
    anew = _time(passages * each / 1000 / cores())
    known = f"{passages - encoded:,} of {passages:,} vectors were known from an earlier build"
    return f"Encoding: {known}; all of them anew take {anew} on {cores()} cores, as measured here."


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < MINUTE else f"{seconds / 60:.0f} min"
