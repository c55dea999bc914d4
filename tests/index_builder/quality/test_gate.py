"""The quality gate: cases as data, for every direction and every way of not knowing."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.quality.gate import read_bounds
from release_format.config.table import ConfigError
from release_format.gate import Bound, Measured, judge
from release_format.verdict import Outcome, Severity, Verdict

FLOOR = Bound(at="least", warn=0.6, block=0.5, unit="of a sum", why="Do this.")
ROOF = Bound(warn=10, block=20, unit="ms", why="Do that.")
OURS = Bound(warn=10, unit="ms", why="Know that.")


@pytest.mark.parametrize(
    ("bound", "measured", "answer", "severity", "code"),
    [
        (FLOOR, Measured(0.7), Outcome.YES, Severity.BLOCK, 0),
        (FLOOR, Measured(0.6), Outcome.YES, Severity.BLOCK, 0),
        (FLOOR, Measured(0.55), Outcome.NO, Severity.WARN, 0),
        (FLOOR, Measured(0.5), Outcome.NO, Severity.WARN, 0),
        (FLOOR, Measured(0.49), Outcome.NO, Severity.BLOCK, 1),
        (ROOF, Measured(10), Outcome.YES, Severity.BLOCK, 0),
        (ROOF, Measured(11), Outcome.NO, Severity.WARN, 0),
        (ROOF, Measured(21), Outcome.NO, Severity.BLOCK, 1),
        (ROOF, Measured(float("nan")), Outcome.NO, Severity.BLOCK, 1),
        (OURS, Measured(10), Outcome.YES, Severity.WARN, 0),
        (OURS, Measured(1e9), Outcome.NO, Severity.WARN, 0),
        (OURS, Measured(float("nan")), Outcome.NO, Severity.WARN, 0),
        (ROOF, Measured(None, detail="no judgments"), Outcome.NOT_ASKED, Severity.BLOCK, 0),
        (
            ROOF,
            Measured(None, broken="it fell over"),
            Outcome.COULD_NOT_TELL,
            Severity.BLOCK,
            3,
        ),
        (ROOF, None, Outcome.COULD_NOT_TELL, Severity.BLOCK, 3),
    ],
)
def test_a_measurement_and_a_bound_make_a_condition(
    bound: Bound,
    measured: Measured | None,
    answer: Outcome,
    severity: Severity,
    code: int,
) -> None:
    verdict = Verdict("quality", "a", "", judge({"c": measured} if measured else {}, {"c": bound}))
    (condition,) = verdict.conditions
    assert (condition.answer, condition.severity, verdict.exit_code) == (answer, severity, code)
    assert condition.seen
    assert condition.allowed.startswith(f"at {bound.at} ")
    assert Verdict.from_json(verdict.to_json()).exit_code == code


def test_every_bound_that_ships_says_what_to_do() -> None:
    bounds = read_bounds()
    for bound in (*bounds.absolute.values(), *bounds.beside_live.values()):
        assert bound.unit
        assert bound.why.endswith(".")


def test_estimates_of_our_own_warn_and_refuse_nobody() -> None:
    absolute = read_bounds().absolute
    ours = {"ndcg-beside-legs", "false-accept", "false-reject", "other-languages"}
    assert {name for name in ours if absolute[name].block is not None} == set()
    verdict = Verdict("quality", "a", "", judge(dict.fromkeys(absolute, Measured(0.29)), absolute))
    assert verdict.exit_code == 1, "rules that contradict each other"
    assert [condition.name for condition in verdict.refusals()] == [
        "empty-texts",
        "rules-conflicting",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[absolut.ndcg]\nblock = 1", "Did you mean 'absolute'"),
        ("[absolute.latncy]\nblock = 1", "Did you mean 'latency'"),
        ("[absolute.latency]\nblok = 1", "Did you mean 'block'"),
        ('[absolute.latency]\nblock = "high"', "must be a number, not 'high'"),
        ('[absolute.latency]\nat = "best"', "must be one of|must be 'most' or 'least'"),
        ("[absolute.latency]\nblock = 10\nwarn = 20", "block at 10 before it warns at 20"),
        ("[absolute.false-reject]\nblock = 5", "between 0 and 1. Write 5 % as block = 0.05."),
        ("[beside_live.topic-change]\nblock = -2", "between -1 and 1"),
        ("[absolute]\nblock = {warn = 1}", r"'block' in .absolute. is unknown"),
        ("warn = 1", "'warn' is unknown"),
        ("[absolute", "cannot be read"),
    ],
)  # fmt: skip
def test_bounds_that_nobody_can_mean_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(ConfigError, match=said) as refused:
        read_bounds(tmp_path / "own.toml")
    assert refused.value.exit_code == 2


def test_own_bounds_are_laid_over_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        "[absolute.latency]\nblock = 55\n[absolute.false-reject]\nblock = 0.3"
    )
    own, shipped = read_bounds(tmp_path / "own.toml"), read_bounds()
    assert (own.absolute["latency"].block, own.absolute["latency"].why) == (
        55,
        shipped.absolute["latency"].why,
    )
    assert own.absolute["false-reject"].block == 0.3, "who wants to be refused says so"
    assert own.beside_live == shipped.beside_live
