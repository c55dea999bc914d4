"""Here are judged sets: what does learning bring, and where does it hurt?

    python benchmarks/learning.py [FOLDER_OF_BEIR_SETS] [--kept FILE]

Each way of learning is tried on questions held out in two ways: `disjoint`, sharing neither a question nor an item
with what was learned from, as the build does it; and `by question`, sharing items, as is often done. The difference
is memory. The encoder that learned from the bundled catalogue is then asked the other sets, to show what it forgot.
`--kept` remembers every line, so that a run that breaks off goes on where it was.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.beir import sets_in
from benchmarks.machine import machine
from data_checks.__main__ import main as data_checks
from index_builder.adapter import fit
from index_builder.build import write_content
from index_builder.exported import Weights
from index_builder.finetune import teach
from index_builder.holdouts import HELD_BACK, Parts, split
from index_builder.job import Job
from index_builder.judgments import Judged, beir_items, read_judgments
from index_builder.pairs import Pairs, Texts, gather, pairs_of, with_negatives
from index_builder.training import columns, opened
from index_builder.trial import Figure, figure_of
from index_builder.weights import digest_of_weights
from release_format import snapshot
from release_format.program import now, run_program, say
from release_format.seal import digest_of
from release_format.store import Folder
from release_format.verdict import Verdict
from searchbar.adapter import FILE
from searchbar.engine import Engine

BUNDLED = "bundled catalogue"
DISJOINT, BY_QUESTION = "disjoint", "by question"
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
    job: Job
    directory: Path
    judged: list[Judged]

    @property
    def texts(self) -> Texts:
        return Texts(self.job.snapshot.items, self.job.recipe)

    def parts(self, how: str) -> Parts:
        chosen = self.job.recipe.training
        if how == DISJOINT:
            return split(self.judged, chosen.holdout, chosen.seed, self.texts.name)
        order = sorted(self.judged, key=lambda one: digest_of([chosen.seed, one.id]))
        out = len(order) * chosen.holdout // 100
        back = out + (len(order) - out) * HELD_BACK // 100
        return Parts(order[back:], order[out:back], order[:out])

    def pairs(self, how: str, parts: Parts, engine: Engine) -> Pairs:
        if how == DISJOINT:
            found, wall = gather(self.texts, parts, None, self.job.recipe), parts
        else:  # No wall: what is held out is learned from by other questions.
            learn, stop = (list(pairs_of(self.texts, part)) for part in (parts.learn, parts.stop))
            found, wall = Pairs(learn, stop[: len(learn) // 4], 0), Parts(parts.learn, [], [])
        return with_negatives(found, self.texts, wall, engine, self.job.recipe.training.seed)


def adapted(one: Set, how: str, _work: Path) -> tuple[Figure, Figure, Path | None]:
    """Held-out questions, learned ones."""
    parts, before = one.parts(how), opened(one.directory, one.job)
    np.save(one.directory / FILE, fit(before, parts.learn, parts.stop).matrix)
    try:
        after = opened(one.directory, one.job)
        return figure_of(before, after, parts.held_out), figure_of(before, after, parts.learn), None
    finally:
        (one.directory / FILE).unlink()


def finetuned(one: Set, how: str, work: Path) -> tuple[Figure, Figure, Path | None]:
    """The same, and the weights that learned."""
    parts, before = one.parts(how), opened(one.directory, one.job)
    weights = work / f"{digest_of([one.name, how])[:12]}"
    if not weights.is_dir():
        found = one.pairs(how, parts, before)
        learn, stop = (columns(part, one.texts) for part in (found.learn, found.stop))
        teach(one.job.weights.folder, learn, stop, one.job.recipe.training, weights)
    after = with_weights(one, weights)
    return figure_of(before, after, parts.held_out), figure_of(before, after, parts.learn), weights


def with_weights(one: Set, weights: Path) -> Engine:
    """The set's release with another encoder."""
    job = replace(one.job, weights=Weights(weights, digest_of_weights(weights), one.job.weights.max_tokens), facts={})
    directory = one.directory.with_name(f"{one.directory.name}-{weights.name}")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    write_content(job, directory)
    return opened(directory, job)


def sets(folder: Path | None, work: Path) -> list[Set]:
    """The bundled catalogue, then every set of the folder, smallest first."""
    recipe = work / "recipe.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    store = Folder(work / "store")
    data_checks(["admit", "catalogue", "--store", str(work / "store"), "--report", str(work / "reports")])
    found = [_set(BUNDLED, store, store.ids("snapshot")[-1], recipe, Path("catalogue/judgments.jsonl"), work)]
    for path in sorted(sets_in(folder), key=lambda p: (p / "corpus.jsonl").stat().st_size) if folder else ():
        with store.staging(snapshot.KIND) as directory:
            made_from = snapshot.write_content(directory, beir_items(path), [])
            id = snapshot.seal_snapshot(directory, made_from, Verdict("data", "", "", [])).id
        found.append(_set(path.name, store, id, recipe, path, work))
    return found


def _set(name: str, store: Folder, id: str, recipe: Path, judgments: Path, work: Path) -> Set:
    job = Job.of(Namespace(snapshot=id, recipe=recipe, rules=None, judgments=None, live=None), store)
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


def _row(one: Set, way: str, how: str, work: Path) -> list[str]:
    held, seen, _ = (adapted if way == ADAPTER else finetuned)(one, how, work)
    says = "kept" if held.change.better else "refused"
    figures = [f"{held.before.mean:.3f} → {held.after.mean:.3f}", str(held.change), str(held.change.questions)]
    return [one.name, way, how, *figures, says if how == DISJOINT else "–", str(seen.change)]


def _forgot(one: Set, learned: Set, work: Path) -> list[str]:
    weights = finetuned(learned, DISJOINT, work)[2]
    figure = figure_of(opened(one.directory, one.job), with_weights(one, weights or Path()), one.judged)
    before, after = figure.before.mean, figure.after.mean
    return [f"{one.name}, by the encoder of {learned.name}", FINETUNE, "never learned",
            f"{before:.3f} → {after:.3f}", str(figure.change), str(figure.change.questions), "–", "–"]  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(
        "benchmarks/learning.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    beside = Path("../shared/data")
    given = os.environ.get("SEARCHBAR_JUDGED_SETS") or (beside if beside.is_dir() else None)
    parser.add_argument("folder", type=Path, nargs="?", default=given, metavar="FOLDER_OF_BEIR_SETS")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="remember every line here")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    options = parser.parse_args(arguments)
    kept = Kept(options.kept)
    with tempfile.TemporaryDirectory(prefix="searchbar-learning-") as temporary:
        work = options.kept.with_suffix(".work") if options.kept else Path(temporary)
        work.mkdir(exist_ok=True)
        every = sets(options.folder and Path(options.folder), work)
        for way in options.ways:
            for one in every:
                for how in (DISJOINT, BY_QUESTION):
                    kept.of(f"{one.name} {way} {how}", lambda one=one, way=way, how=how: _row(one, way, how, work))  # type: ignore[misc]
        for one in every[1:] if FINETUNE in options.ways else ():
            kept.of(f"{one.name} forgotten", lambda one=one: _forgot(one, every[0], work))  # type: ignore[misc]
    print(f"{now()[:10]}, {machine()}\n")
    print(kept.table("set", "way", "held out", "nDCG@10", "change (95 %)", "questions", "gate", "on what it learned"))
    return 0


if __name__ == "__main__":
    sys.exit(run_program("benchmarks/learning.py", main))
