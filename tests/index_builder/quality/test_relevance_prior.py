"""benchmarks/relevance_prior.py prints a row that the package reads, of the sets' own fits."""

from __future__ import annotations

import tomllib

import pytest

from benchmarks.relevance_prior import NUMBERS, prior, to_toml
from index_builder.quality.calibration import EncoderPrior, priors
from release_format.config.table import check

FITS = {
    name: {"level": level, "steepness": 20.0, "intercept": -2.0, "confidence": 5.0, "drop": drop}
    for name, level, drop in (("b", 0.5, 4.0), ("a", 0.6, 12.0), ("c", 0.52, 18.5))
}


def test_each_number_is_the_median_and_its_spread_how_far_sets_lie_apart() -> None:
    made = prior("a/model", FITS)
    assert (made.sets, made.level, made.drop) == (["a", "b", "c"], 0.52, 12.0)
    assert made.level_spread == pytest.approx(0.0529, abs=1e-4)
    assert made.intercept_spread == pytest.approx(0.2), "a tenth of it at least"
    alone = prior("a/model", {"b": FITS["b"]})
    assert alone.level == 0.5
    assert alone.level_spread == pytest.approx(0.05)


@pytest.mark.parametrize("made", [*priors(), prior('a "model"', FITS)], ids=["shipped", "made"])
def test_what_it_prints_is_what_the_package_reads(made: EncoderPrior) -> None:
    (row,) = tomllib.loads(to_toml(made))["encoder"]
    read = check(EncoderPrior, row, "a test", ["encoder"])
    assert (read.model, read.sets) == (made.model, made.sets)
    for name in NUMBERS:
        assert getattr(read, name) == pytest.approx(getattr(made, name), abs=5e-4)
