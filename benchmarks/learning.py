"""What learning brings on judged sets, and where it hurts.

    python benchmarks/learning.py [FOLDER_OF_BEIR_SETS] [--kept FILE]

Each way of learning is tried on questions held out in two ways: `disjoint`, sharing neither a
question nor an item with what was learned from, as the build does it; and `by question`, sharing
items, as is often done. The difference is memory. The encoder that learned from the bundled
catalogue is then asked the other sets, to show what it forgot. `--kept` remembers every line, so
that a run that breaks off goes on where it was.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.beir import sets_in
from benchmarks.machine import machine
from benchmarks.recorded import add_options, tell
from data_checks.__main__ import main as data_checks
from index_builder.build.content import write_content
from index_builder.encoding.weights import Weights, digest_of_weights
from index_builder.quality.judgments import JudgedQuestion, beir_items, read_judgments
from index_builder.request.request import BuildRequest
from index_builder.training.adapter import fit
from index_builder.training.finetune import finetune
from index_builder.training.hard_negatives import with_negatives
from index_builder.training.holdout_test import Figure, figure_of
from index_builder.training.pairs import ItemTexts, TrainingPairs, gather, pairs_of
from index_builder.training.split import VALIDATION_PERCENT, Splits, split
from index_builder.training.trained_encoder import columns
from index_builder.training.unsealed import open_unsealed
from release_format import snapshot
from release_format.cli import run_program
from release_format.progress import say
from release_format.run_log import now
from release_format.seal import digest_of
from release_format.store.folder import Folder
from release_format.verdict import Verdict
from searchbar.engine import Engine

BUNDLED = "bundled catalogue"
DISJOINT, BY_QUESTION = "disjoint", "by question"
COLUMNS = ["set", "way", "held out", "nDCG@10", "change (95 %)"]
COLUMNS += ["questions", "gate", "on what it learned"]
WAYS = ADAPTER, FINETUNE = ("adapter", "finetune")
RECIPE = """
[train]
steps = 60
batch = 16
tokens = 64
catalogue_pairs = 200
"""


@dataclass(frozen=True)
class Set:
    """One judged set, its release, and its engine before anything was learned."""

    name: str
    job: BuildRequest
    directory: Path
    judged: list[JudgedQuestion]

    @property
    def texts(self) -> ItemTexts:
        return ItemTexts(self.job.snapshot.items, self.job.recipe, self.job.snapshot.schema)

    def parts(self, how: str) -> Splits:
        chosen = self.job.recipe.training
        if how == DISJOINT:
            return split(self.judged, chosen.holdout, chosen.seed, self.texts.name)
        order = sorted(self.judged, key=lambda one: digest_of([chosen.seed, one.id]))
        out = len(order) * chosen.holdout // 100
        back = out + (len(order) - out) * VALIDATION_PERCENT // 100
        return Splits(order[back:], order[out:back], order[:out])

    def pairs(self, how: str, parts: Splits, engine: Engine) -> TrainingPairs:
        if how == DISJOINT:
            found, wall = gather(self.texts, parts, None, self.job.recipe), parts
        else:  # No wall: what is held out is learned from by other questions.
            learn, stop = (
                list(pairs_of(self.texts, part)) for part in (parts.train, parts.validation)
            )
            found, wall = (
                TrainingPairs(learn, stop[: len(learn) // 4], 0),
                Splits(parts.train, [], []),
            )
        return with_negatives(found, self.texts, wall, engine, self.job.recipe.training.seed)


def adapted(one: Set, how: str, _work: Path) -> tuple[Figure, Figure, Path | None]:
    """Held-out questions, learned ones."""
    parts, before = one.parts(how), open_unsealed(one.job, one.directory)
    matrix = fit(before, parts.train, parts.validation).matrix
    after = open_unsealed(one.job, one.directory, matrix)
    return figure_of(before, after, parts.test), figure_of(before, after, parts.train), None


def finetuned(one: Set, how: str, work: Path) -> tuple[Figure, Figure, Path | None]:
    """The same, and the weights that learned."""
    parts, before = one.parts(how), open_unsealed(one.job, one.directory)
    weights = work / f"{digest_of([one.name, how])[:12]}"
    if not weights.is_dir():
        found = one.pairs(how, parts, before)
        learn, stop = (columns(part, one.texts) for part in (found.train, found.validation))
        finetune(one.job.weights.folder, learn, stop, one.job.recipe.training, weights)
    after = with_weights(one, weights)
    return figure_of(before, after, parts.test), figure_of(before, after, parts.train), weights


def with_weights(one: Set, weights: Path) -> Engine:
    """The set's release with another encoder."""
    trained = Weights(weights, digest_of_weights(weights), one.job.weights.max_tokens)
    job = replace(one.job, weights=trained)
    directory = one.directory.with_name(f"{one.directory.name}-{weights.name}")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    write_content(job, directory)
    return open_unsealed(job, directory)


def sets(folder: Path | None, work: Path) -> list[Set]:
    """The bundled catalogue, then every set of the folder, smallest first."""
    recipe = work / "recipe.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    store = Folder(work / "store")
    data_checks(
        ["admit", "catalogue", "--store", str(work / "store"), "--report", str(work / "reports")]
    )
    id, judgments = store.ids("snapshot")[-1], Path("catalogue/judgments.jsonl")
    judged_sets = [_set(BUNDLED, store, id, recipe, judgments, work)]
    paths = sets_in(folder) if folder else []
    for path in sorted(paths, key=lambda path: (path / "corpus.jsonl").stat().st_size):
        with store.staging(snapshot.KIND) as directory:
            made_from = snapshot.write_content(directory, beir_items(path), [])
            id = snapshot.seal_snapshot(directory, made_from, Verdict("data", "", "", [])).id
        judged_sets.append(_set(path.name, store, id, recipe, path, work))
    return judged_sets


def _set(name: str, store: Folder, id: str, recipe: Path, judgments: Path, work: Path) -> Set:
    job = BuildRequest.of(store, id, recipe=recipe)
    directory = work / name.replace(" ", "-")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    write_content(job, directory)
    return Set(name, job, directory, [one for one in read_judgments(judgments) if one.relevant])


class Kept:
    """Lines that were measured, by name, remembered in a file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.is_file() else []
        self.rows: dict[str, list[str]] = dict(json.loads(line) for line in lines)

    def of(self, name: str, measure: Callable[[], list[str]]) -> None:
        if name in self.rows:
            return
        self.rows[name] = measure()
        say(" | ".join([name, *self.rows[name]]))
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, self.rows[name]], ensure_ascii=False) + "\n")

    def table(self, *head: str) -> str:
        lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
        return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in self.rows.values())])


def _row(judged_set: Set, way: str, how: str, work: Path) -> list[str]:
    test, train, _ = (adapted if way == ADAPTER else finetuned)(judged_set, how, work)
    gate = "–" if how != DISJOINT else "kept" if test.change.better else "refused"
    figures = [
        f"{test.before.mean:.3f} → {test.after.mean:.3f}",
        str(test.change),
        str(test.change.questions),
    ]
    return [judged_set.name, way, how, *figures, gate, str(train.change)]


def _forgot(one: Set, learned: Set, work: Path) -> list[str]:
    weights = finetuned(learned, DISJOINT, work)[2]
    figure = figure_of(
        open_unsealed(one.job, one.directory), with_weights(one, weights or Path()), one.judged
    )
    before, after = figure.before.mean, figure.after.mean
    return [
        f"{one.name}, by the encoder of {learned.name}",
        FINETUNE,
        "never learned",
        f"{before:.3f} → {after:.3f}",
        str(figure.change),
        str(figure.change.questions),
        "–",
        "–",
    ]


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(
        "benchmarks/learning.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER_OF_BEIR_SETS")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="remember every line here")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    add_options(parser)
    options = parser.parse_args(arguments)
    kept = Kept(options.kept)
    with tempfile.TemporaryDirectory(prefix="searchbar-learning-") as temporary:
        work = options.kept.with_suffix(".work") if options.kept else Path(temporary)
        work.mkdir(exist_ok=True)
        every = sets(options.folder, work)
        for way in options.ways:
            for one in every:
                for how in (DISJOINT, BY_QUESTION):
                    kept.of(f"{one.name} {way} {how}", partial(_row, one, way, how, work))
        for one in every[1:] if FINETUNE in options.ways else ():
            kept.of(f"{one.name} forgotten", partial(_forgot, one, every[0], work))
    measured = {"columns": COLUMNS, "rows": list(kept.rows.values())}
    table = f"{now()[:10]}, {machine()}\n\n{kept.table(*COLUMNS)}"
    tell("learning", parser, options, measured, table)
    return 0


if __name__ == "__main__":
    sys.exit(run_program("benchmarks/learning.py", main))
