"""What is known of the encoder's confidences before a catalogue is judged, from judged sets.

    python benchmarks/relevance_prior.py FOLDER_OF_BEIR_SETS [--recipe FILE]

Prints the table of index_builder/quality/encoder_prior.toml: the median of the sets' own fits, each
of every second judged question and, as questions that nothing answers, of every second question of
the other sets; the spread is how far the fits lie apart, and at least a tenth of the number.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.beir import built, sets_in
from benchmarks.nothing_fits import halves, write_judgments
from index_builder.quality.calibration import EncoderPrior, fit_hits, fit_questions, prior_of
from index_builder.quality.judgments import JudgedQuestion, read_judgments
from release_format.cli import run_program
from release_format.exit_codes import YES, UsageError
from release_format.progress import progress, say
from searchbar.engine import Engine
from searchbar.retrieval.result_set import ResultSet

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
    name, position = engine.release.id[:8], engine.release.items.position
    found = [_found(engine, each.question) for each in progress(judged, len(judged), name)]
    others = [_found(engine, text) for text in progress(foreign, len(foreign), name)]
    questions = fit_questions(_firsts(found), _firsts(others), wide)
    relevant = [[p for id in q.relevant if (p := position(id)) is not None] for q in judged]
    pairs = [(each, ids) for each, ids in zip(found, relevant, strict=True) if not _is_named(each)]
    curve = fit_hits(
        np.concatenate([each.confidence for each, _ in pairs]).astype(np.float64),
        np.concatenate([_drops(each) for each, _ in pairs]).astype(np.float64),
        np.concatenate([np.isin(each.positions, ids) for each, ids in pairs]).astype(np.float64),
        wide,
        questions.steepness,
    )
    numbers = (questions.level, questions.steepness, curve.intercept, curve.confidence, curve.drop)
    return dict(zip(NUMBERS, numbers, strict=True))


def _found(engine: Engine, text: str) -> ResultSet:
    return engine.result_sets([text])[0]


def _is_named(found: ResultSet) -> bool:
    """Whether a name or a pin decided the first, as no confidence did."""
    return bool(found.named or found.pinned)


def _firsts(several: Sequence[ResultSet]) -> list[float]:
    return [float(each.confidence[0]) for each in several if len(each) and not _is_named(each)]


def _drops(found: ResultSet) -> NDArray[np.float32]:
    drops: NDArray[np.float32] = found.scores.max(initial=-np.inf) - found.scores
    return drops


def prior(model: str, fits: dict[str, dict[str, float]]) -> EncoderPrior:
    """The median of the sets' fits, and how far they lie apart."""
    numbers: dict[str, float] = {}
    for name in NUMBERS:
        values = np.array([fit[name] for fit in fits.values()])
        middle = float(np.median(values))
        apart = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        numbers |= {name: middle, f"{name}_spread": max(apart, LEAST_SHARE * abs(middle))}
    return EncoderPrior(model=model, sets=sorted(fits), **numbers)


def to_toml(prior: EncoderPrior) -> str:
    """One row of index_builder/quality/encoder_prior.toml."""
    numbers = [each for name in NUMBERS for each in (name, f"{name}_spread")]
    lines = [f"model = {json.dumps(prior.model)}", f"sets = {json.dumps(prior.sets)}"]
    lines += [f"{name} = {getattr(prior, name):.3f}" for name in numbers]
    return "\n".join(["[[encoder]]", *lines])


@contextmanager
def _by_half(
    folder: Path, judged: Sequence[JudgedQuestion], recipe: Path | None
) -> Iterator[Engine]:
    """An engine over a release that was built with these questions, and none of the others."""
    with TemporaryDirectory() as work:
        half = write_judgments(Path(work) / "half.jsonl", judged)
        with built(folder, recipe, half) as made:
            if made.engine is None:
                raise UsageError(f"{folder.name}: {made.verdict.sentence()}")
            yield made.engine


def _told(numbers: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {number:.3f}" for name, number in numbers.items())


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
        with _by_half(folder, judged[folder], options.recipe) as engine:
            model = str(engine.release.encoder["model"])
            fits[folder.name] = fitted(engine, judged[folder], foreign)
            say(f"{folder.name}: {_told(fits[folder.name])}")
    print(to_toml(prior(model, fits)))
    return YES


if __name__ == "__main__":
    sys.exit(run_program("benchmarks/relevance_prior.py", main))
