"""How good each way of answering is on judged sets, from the same release.

    python benchmarks/quality.py FOLDER_OF_BEIR_SETS [--weights] [--json] [--nothing-fits]

Every release goes through the quality gate with the set's own judgments; what the gate says is told
beside the figures, and a set that it refuses has none: the exit code is 1 then.

Methods: `dense`, one vector an item, its text cut where the encoder stops, as figures are
published; `passages`, our dense leg; `lexical`, our lexical leg; `rrf`, reciprocal rank fusion of
both legs (k 60); `sum`, .75 cosine + .25 BM25 / best BM25; `sum + feedback`, the same after
feedback from its first three (Rocchio, .4); `unfitted`, our retriever with the weight of words that
the package starts from; `ours`, with the weight that a build fits. Nobody is told how well a choice
does on the questions that made it: each half of them is answered by the weight that the other half
chose.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import nothing_fits
from benchmarks.beir import built, sets_in
from benchmarks.recorded import add_options, tell
from index_builder.fitting.catalogue import read_words
from index_builder.fitting.weighted_answers import answer_weighted
from index_builder.fitting.words import WEIGHTS, fit_words
from index_builder.quality.judgments import JudgedQuestion, read_judgments
from index_builder.quality.metrics import MAIN, Values, change, per_question
from index_builder.quality.threshold import FOREIGN
from index_builder.recipe import read_recipe
from release_format.cli import run_program
from release_format.exit_codes import YES
from release_format.progress import progress, say
from release_format.seal import digest_of
from release_format.verdict import Verdict
from searchbar.engine import Engine
from searchbar.retrieval.fusion import Fusion
from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.retriever import Retriever

OURS, UNFITTED, BEST_SUM = "ours", "unfitted", "sum + feedback"
LEGS = ("dense", "passages", "lexical")
PEERS = ("passages", "lexical", BEST_SUM, UNFITTED)
DEPTH, POOL, RRF = 100, 1000, 60
COSINE_SHARE, FEEDBACK, FEEDBACK_ITEMS = 0.75, 0.4, 3

Ranking = NDArray[np.int64]
Floats = NDArray[np.float32]
Figures = Mapping[str, Mapping[str, Values]]


def rankings(retriever: Retriever, plan: QueryPlan, firsts: Floats) -> dict[str, Ranking]:
    """What each peer answers, as positions of items, best first; `firsts` are the items' first
    passages."""
    near = retriever.dense.nearest(plan.vector, POOL)
    worded, bm25 = retriever.lexical.search(plan.stems, POOL, alike=plan.alike)
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
    start = read_recipe().fusion
    unfitted, answers = _engine(engine, start), dict[str, dict[str, list[str]]]()
    for half, other in _halves(judged):
        chosen = fit_words(answer_weighted(unfitted, other, start, WEIGHTS), start.words, "")
        say(f"{name}: {len(other)} questions choose {chosen.words:g} for the other {len(half)}")
        fitted = _engine(engine, replace(start, words=chosen.words))
        for one in progress(half, len(half), name):
            found = unfitted.result_sets([one.question])[0]
            ranked = {
                **rankings(engine.retriever, found.plan, firsts),
                UNFITTED: found.positions,
                OURS: fitted.result_sets([one.question])[0].positions,
            }
            for method, positions in ranked.items():
                answers.setdefault(method, {})[one.id] = [ids[int(p)] for p in positions[:DEPTH]]
    return {method: per_question(judged, answered) for method, answered in answers.items()}


def _told_of_words(engine: Engine, judged: Sequence[JudgedQuestion]) -> str:
    """What a set's words are, and nDCG@10 by each weight of words: what `start_of` learned from."""
    words = read_words(engine.retriever.lexical, engine.retriever.encoder)
    means = answer_weighted(engine, judged, read_recipe().fusion, WEIGHTS).values.mean(axis=1)
    curve = ", ".join(f"{w:g} {mean:.4f}" for w, mean in zip(WEIGHTS, means, strict=True))
    return (
        f"{words.each:.1f} different words an item, {words.unknown:.1%} of all unknown to the"
        f" encoder; nDCG@10 by weight: {curve}"
    )


def _engine(engine: Engine, fusion: Fusion) -> Engine:
    """The same release, answering by another fusion."""
    return Engine(engine.release, Retriever(engine.release, fusion=fusion), engine.relevance)


def _halves(
    judged: Sequence[JudgedQuestion],
) -> list[tuple[Sequence[JudgedQuestion], Sequence[JudgedQuestion]]]:
    """Each half of the questions beside the other, drawn by the digests of their ids."""
    order = sorted(judged, key=lambda question: digest_of(question.id))
    one, other = order[::2], order[1::2]
    return [(one, other), (other, one)]


def table(figures: Mapping[str, Figures]) -> str:
    """nDCG@10 in Markdown, with what ours gains over each leg and over the best sum, paired."""
    methods = list(next(iter(figures.values())))
    lines = [
        "| nDCG@10 | questions | "
        + " | ".join(methods)
        + "".join(f" | ours − {peer}" for peer in PEERS)
        + " |",
        "|---" * (len(methods) + 2 + len(PEERS)) + "|",
    ]
    for name, by in figures.items():
        means = {method: float(by[method][MAIN].mean()) for method in methods}
        best = max(means.values())
        shown = [f"**{mean:.4f}**" if mean == best else f"{mean:.4f}" for mean in means.values()]
        against = [_gain(by, peer) for peer in PEERS]
        lines.append(f"| {name} | {len(by[OURS][MAIN])} | " + " | ".join([*shown, *against]) + " |")
    means = {
        method: float(np.mean([by[method][MAIN].mean() for by in figures.values()]))
        for method in methods
    }
    shown = [*(f"{mean:.4f}" for mean in means.values()), *("" for _ in PEERS)]
    lines.append("| mean | | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(
        "benchmarks/quality.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER_OF_BEIR_SETS")
    parser.add_argument(
        "--recipe", type=Path, metavar="FILE", help="what differs from index_builder/recipe.toml"
    )
    parser.add_argument(
        "--weights", action="store_true", help="tell also nDCG@10 by each weight of words"
    )
    parser.add_argument(
        "--nothing-fits",
        action="store_true",
        help="how right it is about what fits instead (benchmarks/nothing_fits.py says what)",
    )
    add_options(parser)
    options = parser.parse_args(arguments)
    if options.nothing_fits:
        return _nothing_fits(parser, options)
    figures: dict[str, dict[str, dict[str, Values]]] = {}
    exit_code = YES
    for folder in sets_in(options.folder):
        with built(folder, options.recipe) as made:
            say(f"{folder.name}: {_told(made.verdict)}")
            exit_code = exit_code or made.verdict.exit_code
            if made.engine is None:
                continue
            figures[folder.name] = measure(made.engine, read_judgments(folder), folder.name)
            if options.weights:
                told = _told_of_words(made.engine, read_judgments(folder))
                say(f"{folder.name}: {told}")
        say(table({folder.name: figures[folder.name]}))
    if figures:
        sets = {name: _summary(by) for name, by in figures.items()}
        tell("quality", parser, options, {"sets": sets}, table(figures))
    return exit_code


def _nothing_fits(parser: ArgumentParser, options: Namespace) -> int:
    """Each set, built with half of its questions, asked the other half and those of the others."""
    folders, exit_code = sets_in(options.folder), YES
    judged = {folder: read_judgments(folder) for folder in folders}
    figures: dict[str, dict[str, float]] = {}
    for folder in folders:
        own, left = nothing_fits.halves(judged[folder])
        foreign = [q.question for other in folders if other != folder for q in judged[other]]
        foreign = foreign or FOREIGN.read_text(encoding="utf-8").splitlines()
        with TemporaryDirectory() as work:
            half = nothing_fits.write_judgments(Path(work) / "half.jsonl", own)
            with built(folder, options.recipe, half) as made:
                say(f"{folder.name}: {_told(made.verdict)}")
                exit_code = exit_code or made.verdict.exit_code
                if made.engine:
                    figures[folder.name] = nothing_fits.measure(
                        made.engine, left, foreign, folder.name
                    )
    if figures:
        said = nothing_fits.table(figures)
        tell("nothing-fits", parser, options, {"sets": figures}, said)
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
        "over": {peer: _gain(by, peer) for peer in PEERS},
    }


def _means(by: Figures) -> dict[str, dict[str, float]]:
    return {
        method: {m: round(float(v.mean()), 5) for m, v in values.items()}
        for method, values in by.items()
    }


if __name__ == "__main__":
    sys.exit(run_program("benchmarks/quality.py", main))
