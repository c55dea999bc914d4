"""A gate that could not tell has not said yes."""

from __future__ import annotations

import pytest

from release_format.seal import FormatError
from release_format.verdict import Condition, Outcome, Severity, Verdict


def condition(answer: Outcome, severity: Severity = Severity.BLOCK, by: str = "") -> Condition:
    return Condition(
        "quarantine-share", answer, "3 %", "at most 1 %", severity, "Mend the rows.", 3.0, 1.0, by
    )


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ([], 0),
        ([condition(Outcome.YES)], 0),
        ([condition(Outcome.NOT_ASKED)], 0),
        ([condition(Outcome.NO)], 1),
        ([condition(Outcome.COULD_NOT_TELL)], 3),
        ([condition(Outcome.COULD_NOT_TELL), condition(Outcome.NO)], 1),
        ([condition(Outcome.NO, Severity.WARN)], 0),
        ([condition(Outcome.NO, by="Ada")], 0),
    ],
)
def test_exit_code(conditions: list[Condition], code: int) -> None:
    verdict = Verdict("data", "a" * 64, "", conditions)
    assert verdict.exit_code == code
    assert verdict.says_yes is (code == 0)
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_a_refusal_reads_as_a_sentence() -> None:
    sentence = Verdict("data", "a" * 64, "", [condition(Outcome.NO)]).sentence()
    assert (
        sentence
        == "The data gate says no: quarantine-share: no — saw 3 %, allowed at most 1 %. Mend the"
        " rows."
    )


def test_what_a_verdict_claims_is_never_believed() -> None:
    text = Verdict("data", "a" * 64, "", [condition(Outcome.NO)]).to_json()
    assert not Verdict.from_json(text.replace('"says_yes": false', '"says_yes": true')).says_yes


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"conditions": [{"answer": "perhaps"}]}'])
def test_nonsense_is_not_a_verdict(text: str) -> None:
    with pytest.raises(FormatError):
        Verdict.from_json(text)
