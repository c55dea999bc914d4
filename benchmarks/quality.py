"""How good each way of answering is on judged sets, from the same release.

    python benchmarks/quality.py FOLDER_OF_BEIR_SETS [--json]

Every release goes through the quality gate with the set's own judgments; what the gate says is told
beside the figures, and a set that it refuses has none: the exit code is 1 then.

Methods: `dense`, one vector an item, its text cut where the encoder stops, as figures are
published; `passages`, our dense leg; `lexical`, our lexical leg; `rrf`, reciprocal rank fusion of
both legs (k 60); `sum`, .75 cosine + .25 BM25 / best BM25; `sum + feedback`, the same after
feedback from its first three (Rocchio, .4); `ours`, what a visitor gets.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.beir import built, sets_in
from benchmarks.recorded import add_options, tell
from index_builder.quality.judgments import JudgedQuestion, read_judgments
from index_builder.quality.metrics import MAIN, Values, change, per_question
from release_format.cli import run_program
from release_format.exit_codes import YES
from release_format.progress import progress, say
from release_format.verdict import Verdict
from searchbar.engine import Engine
from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.retriever import Retriever

OURS, BEST_SUM = "ours", "sum + feedback"
LEGS = ("dense", "passages", "lexical")
DEPTH, POOL, RRF = 100, 1000, 60
COSINE_SHARE, FEEDBACK, FEEDBACK_ITEMS = 0.75, 0.4, 3

Ranking = NDArray[np.int64]
Floats = NDArray[np.float32]
Figures = Mapping[str, Mapping[str, Values]]


def rankings(retriever: Retriever, plan: QueryPlan, firsts: Floats) -> dict[str, Ranking]:
    """What each peer answers, as positions of items, best first; `firsts` are the items' first
    passages."""
    near = retriever.dense.nearest(plan.vector, POOL)
    worded, bm25 = retriever.lexical.search(plan.stems, POOL)
    pool = np.union1d(near, worded)
    lexical = np.zeros(len(pool), np.float32)
    lexical[np.searchsorted(pool, worded)] = bm25 / max(float(bm25.max(initial=0)), 1e-9)
    vectors = retriever.dense.best_passages(pool, plan.vector)

    def summed(vector: Floats) -> NDArray[np.intp]:
        return np.argsort(
            -(COSINE_SHARE * (vectors @ vector) + (1 - COSINE_SHARE) * lexical), kind="stable"
        )

    by_sum = summed(plan.vector)
    moved = plan.vector + FEEDBACK * vectors[by_sum[:FEEDBACK_ITEMS]].mean(axis=0)
    return {
        "dense": np.argsort(-(firsts @ plan.vector), kind="stable")[:DEPTH],
        "passages": near,
        "lexical": worded,
        "rrf": _rrf([near, worded]),
        "sum": pool[by_sum],
        BEST_SUM: pool[summed(moved / np.linalg.norm(moved))],
    }


def _rrf(legs: Sequence[Ranking]) -> Ranking:
    points: dict[int, float] = {}
    for leg in legs:
        for rank, position in enumerate(leg[:DEPTH], 1):
            points[int(position)] = points.get(int(position), 0.0) + 1 / (RRF + rank)
    return np.array(sorted(points, key=lambda position: (-points[position], position)), np.int64)


def measure(
    engine: Engine, judged: Sequence[JudgedQuestion], name: str
) -> dict[str, dict[str, Values]]:
    """Method → measure → its value for every question."""
    ids = [item.id for item in engine.retriever.items]
    dense = engine.retriever.dense
    firsts = dense.vectors[[int(dense.rows(np.array([p]))[0]) for p in range(len(ids))]].astype(
        np.float32
    )
    answers: dict[str, dict[str, list[str]]] = {}
    for one in progress(judged, len(judged), name):
        found = engine.result_sets([one.question])[0]
        ranked = {**rankings(engine.retriever, found.plan, firsts), OURS: found.positions}
        for method, positions in ranked.items():
            answers.setdefault(method, {})[one.id] = [ids[int(p)] for p in positions[:DEPTH]]
    return {method: per_question(judged, answered) for method, answered in answers.items()}


def table(figures: Mapping[str, Figures]) -> str:
    """nDCG@10 in Markdown, with what ours gains over the better leg of each set and over the
    best sum."""
    methods = list(next(iter(figures.values())))
    lines = [
        "| nDCG@10 | questions | "
        + " | ".join(methods)
        + f" | ours − better leg | ours − {BEST_SUM} |",
        "|---" * (len(methods) + 4) + "|",
    ]
    for name, by in figures.items():
        means = {method: float(by[method][MAIN].mean()) for method in methods}
        best = max(means.values())
        shown = [f"**{mean:.4f}**" if mean == best else f"{mean:.4f}" for mean in means.values()]
        against = [_gain(by, peer) for peer in (_better_leg(by), BEST_SUM)]
        lines.append(f"| {name} | {len(by[OURS][MAIN])} | " + " | ".join([*shown, *against]) + " |")
    means = {
        method: float(np.mean([by[method][MAIN].mean() for by in figures.values()]))
        for method in methods
    }
    lines.append("| mean | | " + " | ".join(f"{mean:.4f}" for mean in means.values()) + " | | |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(
        "benchmarks/quality.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER_OF_BEIR_SETS")
    parser.add_argument(
        "--recipe", type=Path, metavar="FILE", help="what differs from index_builder/recipe.toml"
    )
    add_options(parser)
    options = parser.parse_args(arguments)
    figures: dict[str, dict[str, dict[str, Values]]] = {}
    exit_code = YES
    for folder in sets_in(options.folder):
        with built(folder, options.recipe) as made:
            say(f"{folder.name}: {_told(made.verdict)}")
            exit_code = exit_code or made.verdict.exit_code
            if made.engine is None:
                continue
            figures[folder.name] = measure(made.engine, read_judgments(folder), folder.name)
        say(table({folder.name: figures[folder.name]}))
    if figures:
        sets = {name: _summary(by) for name, by in figures.items()}
        tell("quality", parser, options, {"sets": sets}, table(figures))
    return exit_code


def _told(verdict: Verdict) -> str:
    """What the gate says, with its warnings."""
    return " ".join(
        [verdict.sentence(), *(condition.sentence() for condition in verdict.warnings())]
    )


def _better_leg(by: Figures) -> str:
    return max(LEGS, key=lambda leg: float(by[leg][MAIN].mean()))


def _gain(by: Figures, peer: str) -> str:
    """What ours gains over a peer, with its interval."""
    return str(change(by[peer][MAIN], by[OURS][MAIN]))


def _summary(by: Figures) -> dict[str, object]:
    return {
        "questions": len(by[OURS][MAIN]),
        "means": _means(by),
        "over_better_leg": _gain(by, _better_leg(by)),
        "over_best_sum": _gain(by, BEST_SUM),
    }


def _means(by: Figures) -> dict[str, dict[str, float]]:
    return {
        method: {m: round(float(v.mean()), 5) for m, v in values.items()}
        for method, values in by.items()
    }


if __name__ == "__main__":
    sys.exit(run_program("benchmarks/quality.py", main))
