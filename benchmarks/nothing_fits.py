"""How right a release is about what fits: when nothing does, how likely each hit is wanted, and
where results are cut.

    python benchmarks/quality.py FOLDER_OF_BEIR_SETS --nothing-fits [--json]

Each set is built with every second of its judged questions, and asked the others. `answered`: the
share of those that is not called unanswered. `foreign`: the share of the other sets' questions (of
one set alone: of those about daily life) that is called so; `near`: of the fifth of them whose
subject is nearest to what the catalogue is about; `removed`: of the judged questions, as if what
answers them were not there. `error`: how far the estimates of hits and the shares that are relevant
lie apart in ten bins, over judged questions and as many foreign ones; over all hits, and over the
first ten of each. `F1`: of the cut, as a share of that of the best cut of the same ranking that
shows ten hits as well, question by question; `any cut`: of the best of all cuts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_builder.quality.judgments import JudgedQuestion
from release_format.progress import progress
from searchbar.engine import Engine
from searchbar.relevance.relevant_set import LEAST, relevant_set
from searchbar.retrieval.result_set import ResultSet

BINS, NEAR = 10, 0.2
COLUMNS = ("answered", "foreign", "near", "removed", "error", "error, ten", "F1", "F1, any cut")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AskedQuestion:
    """What a judged question found, which of it is relevant, and how many items are in all."""

    found: ResultSet
    relevant: NDArray[np.bool_]
    in_all: int


def halves(judged: Sequence[JudgedQuestion]) -> tuple[list[JudgedQuestion], list[JudgedQuestion]]:
    """Every second question to build with, and the others."""
    return list(judged[0::2]), list(judged[1::2])


def write_judgments(path: Path, judged: Sequence[JudgedQuestion]) -> Path:
    """A judged file, as a build takes it."""
    rows = [{"id": q.id, "question": q.question, "relevant": dict(q.relevant)} for q in judged]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def measure(
    engine: Engine, judged: Sequence[JudgedQuestion], foreign: Sequence[str], name: str
) -> dict[str, float]:
    """The figures of one release, by the names of COLUMNS."""
    asked = [_asked(engine, each) for each in progress(judged, len(judged), name)]
    others = [engine.result_sets([text])[0] for text in foreign]
    passed = np.array([not _is_unanswered(engine, found) for found in others])
    removed = [each.found.take(np.flatnonzero(~each.relevant)) for each in asked]
    hits = [(each.found, each.relevant) for each in asked]
    hits += [(found, np.zeros(len(found), np.bool_)) for found in others[: len(asked)]]
    cuts = [_cut(engine, each) for each in asked if each.relevant.any()]
    values = (
        1 - np.mean([_is_unanswered(engine, each.found) for each in asked]),
        1 - passed.mean(),
        1 - passed[_near(engine, others)].mean(),
        np.mean([_is_unanswered(engine, found) for found in removed]),
        _error(engine, hits, None),
        _error(engine, hits, LEAST),
        np.mean([ten for ten, _ in cuts]),
        np.mean([free for _, free in cuts]),
    )
    return {column: round(float(value), 4) for column, value in zip(COLUMNS, values, strict=True)}


def table(figures: Mapping[str, Mapping[str, float]]) -> str:
    """The figures in Markdown."""
    lines = ["| set | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, values in figures.items():
        lines.append(f"| {name} | " + " | ".join(f"{values[c]:.3f}" for c in COLUMNS) + " |")
    return "\n".join(lines)


def _asked(engine: Engine, question: JudgedQuestion) -> AskedQuestion:
    found = engine.result_sets([question.question])[0]
    positions = map(engine.release.items.position, question.relevant)
    relevant = [position for position in positions if position is not None]
    return AskedQuestion(found, np.isin(found.positions, relevant), len(relevant))


def _is_unanswered(engine: Engine, found: ResultSet) -> bool:
    return relevant_set(found, engine.relevance).no_good_match


def _near(engine: Engine, found: Sequence[ResultSet]) -> NDArray[np.bool_]:
    """Of which questions the subject is nearest to the mean of all items."""
    mean = np.asarray(engine.retriever.dense.vectors, np.float32).mean(axis=0)
    nearness = np.array([float(each.plan.vector @ mean) for each in found])
    is_near: NDArray[np.bool_] = nearness >= np.quantile(nearness, 1 - NEAR)
    return is_near


def _error(
    engine: Engine, hits: Sequence[tuple[ResultSet, NDArray[np.bool_]]], first: int | None
) -> float:
    estimates = np.concatenate([engine.relevance.estimates(f)[:first] for f, _ in hits])
    relevant = np.concatenate([relevant[:first] for _, relevant in hits]).astype(np.float64)
    bins = np.minimum((estimates * BINS).astype(int), BINS - 1)
    apart = [
        abs(float((estimates[bins == place] - relevant[bins == place]).sum()))
        for place in range(BINS)
    ]
    return sum(apart) / max(1, len(estimates))


def _cut(engine: Engine, asked: AskedQuestion) -> tuple[float, float]:
    """F1 of the cut as a share of the best that shows ten, and of the best of all."""
    so_far, many = np.cumsum(asked.relevant), np.arange(1, len(asked.relevant) + 1)
    f1 = 2 * so_far / (many + asked.in_all)
    ours = f1[relevant_set(asked.found, engine.relevance).fits - 1]
    best = f1[min(LEAST, len(f1)) - 1 :].max()
    return float(ours / best) if best else 1.0, float(ours / f1.max())
