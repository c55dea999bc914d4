"""What is known of the encoder's confidences before a catalogue is judged, from judged sets.

    python benchmarks/relevance_prior.py FOLDER_OF_BEIR_SETS [--recipe FILE]

Prints the table of index_builder/quality/encoder_prior.toml: the median of the sets' own fits, each
of every second judged question and, as questions that nothing answers, of every second question of
the other sets; the spread is how far the fits lie apart, and at least a tenth of the number.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.beir import engine_of, sets_in
from benchmarks.nothing_fits import halves
from index_builder.quality.calibration import EncoderPrior, fit_hits, fit_questions, prior_of
from index_builder.quality.judgments import JudgedQuestion, read_judgments
from release_format.cli import run_program
from release_format.exit_codes import YES
from searchbar.engine import Engine

NUMBERS = ("level", "steepness", "intercept", "confidence", "drop")
# So wide that a set's own pairs decide alone.
WIDE = 1000.0
LEAST_SHARE = 0.1


def fitted(
    engine: Engine, judged: Sequence[JudgedQuestion], foreign: Sequence[str]
) -> dict[str, float]:
    """The numbers that a set's own pairs say."""
    known, _ = prior_of(str(engine.release.encoder["model"]))
    spreads: dict[str, Any] = {f"{name}_spread": WIDE for name in NUMBERS}
    wide = replace(known, **spreads)
    found = [engine.result_sets([each.question])[0] for each in judged]
    others = [engine.result_sets([text])[0] for text in foreign]
    first = [[float(each.confidence[0]) for each in sets if len(each)] for sets in (found, others)]
    questions = fit_questions(first[0], first[1], wide)
    items = engine.release.items
    relevant = [
        [p for id in each.relevant if (p := items.position(id)) is not None] for each in judged
    ]
    pairs = list(zip(found, relevant, strict=True))
    curve = fit_hits(
        np.concatenate([each.confidence for each in found]).astype(np.float64),
        np.concatenate([each.scores.max() - each.scores for each in found]).astype(np.float64),
        np.concatenate([np.isin(each.positions, ids) for each, ids in pairs]).astype(np.float64),
        wide,
        questions.steepness,
    )
    numbers = (questions.level, questions.steepness, curve.intercept, curve.confidence, curve.drop)
    return dict(zip(NUMBERS, numbers, strict=True))


def prior(model: str, fits: dict[str, dict[str, float]]) -> EncoderPrior:
    """The median of the sets' fits, and how far they lie apart."""
    numbers: dict[str, float] = {}
    for name in NUMBERS:
        values = np.array([fit[name] for fit in fits.values()])
        middle = float(np.median(values))
        apart = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        numbers |= {name: middle, f"{name}_spread": max(apart, LEAST_SHARE * abs(middle))}
    return EncoderPrior(model=model, sets=sorted(fits), **numbers)


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(
        "benchmarks/relevance_prior.py",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER_OF_BEIR_SETS")
    parser.add_argument("--recipe", type=Path, metavar="FILE", help="of another encoder")
    options = parser.parse_args(arguments)
    folders = sets_in(options.folder)
    judged = {folder: halves(read_judgments(folder))[0] for folder in folders}
    fits, model = {}, ""
    for folder in folders:
        foreign = [q.question for other in folders if other != folder for q in judged[other]]
        with engine_of(folder, options.recipe) as engine:
            model = str(engine.release.encoder["model"])
            fits[folder.name] = fitted(engine, judged[folder], foreign)
    made = prior(model, fits)
    print(f'[[encoder]]\nmodel = "{made.model}"\nsets = {made.sets}'.replace("'", '"'))
    for name in NUMBERS:
        for each in (name, f"{name}_spread"):
            print(f"{each} = {getattr(made, each):.3f}")
    return YES


if __name__ == "__main__":
    sys.exit(run_program("benchmarks/relevance_prior.py", main))
