"""The gate only compares numbers: cases of what was seen, and what it says."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from data_checks.gate.acceptances import Acceptance
from data_checks.gate.judge import judge
from data_checks.gate.thresholds import read_thresholds
from data_checks.report.junit import junit
from data_checks.rows.rules import RULES, Action
from release_format.config.table import ConfigError
from release_format.gate import Measured
from release_format.verdict import Condition, Outcome, Severity

ALL = read_thresholds()


def condition(name: str, seen: Measured | None, *accepted: Acceptance) -> Condition:
    measured = {} if seen is None else {name: seen}
    verdict = judge(measured, ALL, accepted, subject="a" * 64)
    return next(condition for condition in verdict.conditions if condition.name == name)


@pytest.mark.parametrize(
    ("name", "seen", "answer", "severity"),
    [
        ("removed", Measured(0.02, 20), Outcome.YES, Severity.BLOCK),
        ("removed", Measured(0.021, 21), Outcome.NO, Severity.WARN),
        ("removed", Measured(0.101, 101), Outcome.NO, Severity.BLOCK),
        ("removed", Measured(0.75, 3), Outcome.YES, Severity.BLOCK),
        ("removed", Measured(0.80, 4), Outcome.NO, Severity.BLOCK),
        ("rows", Measured(0), Outcome.NO, Severity.BLOCK),
        ("rows", Measured(1), Outcome.YES, Severity.BLOCK),
        ("topic-loss", Measured(0.9, 40, 49), Outcome.NOT_ASKED, Severity.BLOCK),
        ("topic-loss", Measured(0.9, 45, 50), Outcome.NO, Severity.BLOCK),
        ("drift-of-arrivals", Measured(0.95, None, 300, 0.04), Outcome.NO, Severity.WARN),
        ("drift-of-arrivals", Measured(0.95, None, 300, 0.05), Outcome.NO, Severity.BLOCK),
        ("drift-of-arrivals", Measured(0.95, None, 199, 0.5), Outcome.NOT_ASKED, Severity.BLOCK),
        ("rewritten", Measured(0.5, 15, 30, 0.009), Outcome.NO, Severity.WARN),
        ("email-addresses", Measured(0.9, 90), Outcome.NO, Severity.WARN),
        ("length-drift", Measured(None, broken="it broke"), Outcome.COULD_NOT_TELL, Severity.BLOCK),
        ("length-drift", Measured(None, detail="no live"), Outcome.NOT_ASKED, Severity.BLOCK),
        ("length-drift", None, Outcome.COULD_NOT_TELL, Severity.BLOCK),
    ],
)
def test_what_is_seen_decides(
    name: str, seen: Measured | None, answer: Outcome, severity: Severity
) -> None:
    judged = condition(name, seen)
    assert (judged.answer, judged.severity) == (answer, severity)
    assert judged.stops == (
        severity is Severity.BLOCK and answer in (Outcome.NO, Outcome.COULD_NOT_TELL)
    )


def test_only_a_seen_no_can_be_accepted() -> None:
    ada = Acceptance("a" * 12, "removed", "Ada", "meant")
    assert not condition("removed", Measured(0.5, 50), ada).stops
    assert condition("removed", Measured(None, broken="it broke"), ada).stops
    assert condition(
        "removed", Measured(0.5, 50), Acceptance("b" * 12, "removed", "Ada", "meant")
    ).stops
    assert condition(
        "removed", Measured(0.5, 50), Acceptance("a" * 12, "added", "Ada", "meant")
    ).stops


def test_what_nobody_measured_keeps_the_gate_shut() -> None:
    verdict = judge({}, ALL, subject="a" * 64)
    assert verdict.exit_code == 3
    blocking = [bound for bound in ALL.conditions.values() if bound.block is not None]
    assert len(verdict.refusals()) == len(blocking)


def test_junit_counts_what_the_verdict_says() -> None:
    verdict = judge(
        {
            "rows": Measured(5),
            "removed": Measured(0.5, 50, detail="\x07bell"),
            "added": Measured(0.3, 30),
        },
        ALL,
        subject="a",
    )
    suite = ElementTree.fromstring(junit(verdict.conditions))
    cases = {case.get("name"): case for case in suite}
    assert suite.get("failures") == "1"
    assert int(suite.get("errors", 0)) == len(verdict.refusals()) - 1
    assert cases["removed"].find("failure") is not None
    assert cases["rows"].find("failure") is None
    assert "30 %" in str(cases["added"].findtext("system-out"))


def test_every_bound_and_rule_has_its_reason() -> None:
    text = (Path(__file__).parents[3] / "data_checks/gate/thresholds.toml").read_text()
    rules = text[text.index("[rules]") :]
    for rule in RULES:
        assert f"\n{rule} = " in rules
        line = next(line for line in rules.splitlines() if line.startswith(f"{rule} = "))
        assert "# " in line, f"{rule} says no reason"
    for name, bound in ALL.conditions.items():
        assert bound.why.endswith((".", "?")), name
        assert bound.unit, name
    assert set(ALL.rules) == set(RULES)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[conditions.removd]\nblock = 1\n", "Did you mean 'removed'"),
        ("[conditions.removed]\nblok = 1\n", "Did you mean 'block'"),
        ("[conditions.removed]\nblock = 'much'\n", "must be a number, not 'much'"),
        ("[rules]\nmojibak = 'warn'\n", "Did you mean 'mojibake'"),
        ("[rules]\nmojibake = 'repair'\n", "not 'repair'"),
        ("[rules]\ndouble-id = 'warn'\n", "not 'warn'"),
        ("[rule]\n", "Did you mean 'rules'"),
        ("[rules]\nblock = 'reject'\n", r"'block' in .rules. is unknown"),
        ("block = 0.2\n", "'block' is unknown. Known: conditions, rules"),
        ("[conditions]\nblock = {warn = 0.1}\n", r"'block' in .conditions. is unknown"),
        ("[conditions]\nwarn = 0.1\n", r"'warn' in .conditions. is unknown"),
        (f"conditions = 0x{'f' * 5000}\n", "thousands of digits"),
        ("[rules]\nmojibake = ['warn']\n", "must be one of"),
        ("conditions = 3\n", r"\[conditions\] must be a table"),
        ("[conditions]\nremoved = 0.2\n", r"\[conditions.removed\] must be a table"),
        ("[conditions.removed]\nblock = nan\n", "'block' in .conditions.removed. must be a finite"),
        ("[conditions.removed]\nwarn = -inf\n", "must be a finite"),
        ("[conditions.removed]\nblock = 10\nwarn = 2\n", "can never be passed"),
        ("[conditions.removed]\nblock = true\n", "must be a number"),
        ("[conditions.removed]\nfew = -1\n", "at least 0"),
        ("[conditions.removed]\nfew = 1.5\n", "whole number"),
        ("[conditions.rewritten]\nblock_from = 2\n", "at most 1"),
        ("[conditions.removed]\nwarn = 0.5\n", "before it warns"),
        ("rules = [", "cannot be read"),
    ],
)
def test_a_wrong_threshold_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    (path := tmp_path / "thresholds.toml").write_text(text)
    with pytest.raises(ConfigError, match=sentence) as refused:
        read_thresholds(path)
    assert refused.value.exit_code == 2


def test_own_thresholds_lie_over_those_of_the_package(tmp_path: Path) -> None:
    (path := tmp_path / "t.toml").write_text(
        "[conditions.removed]\nblock = 0.5\n[rules]\nemail-address = 'reject'\n"
    )
    own = read_thresholds(path)
    assert own.conditions["removed"].block == 0.5
    assert own.conditions["removed"].warn == ALL.conditions["removed"].warn
    assert own.rules["email-address"] is Action.REJECT


def test_a_stricter_block_of_ones_own_brings_the_warning_along(tmp_path: Path) -> None:
    (path := tmp_path / "t.toml").write_text("[conditions.removed]\nblock = 0.01\n")
    bound = read_thresholds(path).conditions["removed"]
    assert (bound.warn, bound.block) == (0.01, 0.01)
