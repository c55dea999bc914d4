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


@pytest.mark.parametrize(
    ("answer", "severity", "by", "word", "limit"),
    [
        (Outcome.YES, Severity.BLOCK, "", "yes", "expected"),
        (Outcome.NOT_ASKED, Severity.WARN, "", "not asked", "expected"),
        (Outcome.NO, Severity.BLOCK, "", "no", "allowed"),
        (Outcome.COULD_NOT_TELL, Severity.BLOCK, "", "could not tell", "allowed"),
        (Outcome.NO, Severity.WARN, "", "warning", "expected"),
        (Outcome.COULD_NOT_TELL, Severity.WARN, "", "warning", "expected"),
        (Outcome.NO, Severity.BLOCK, "Ada", "accepted", "expected"),
        (Outcome.NO, Severity.TELL, "", "noted", "expected"),
    ],
)
def test_only_what_stops_is_called_a_no(
    answer: Outcome, severity: Severity, by: str, word: str, limit: str
) -> None:
    asked = condition(answer, severity, by)
    assert asked.word == word
    assert asked.sentence().startswith(f"quarantine-share: {word} — saw 3 %, {limit} at most 1 %.")


def test_warnings_are_named_where_they_are_counted() -> None:
    warned = condition(Outcome.NO, Severity.WARN)
    for count, told in ((1, "1 warning: quarantine-share"), (2, "2 warnings: quarantine-share, ")):
        sentence = Verdict("data", "a" * 64, "", [warned] * count).sentence()
        assert sentence.startswith(f"The data gate says yes, with {told}")


def test_two_refusals_are_two_paragraphs_and_a_gate_that_could_not_tell_says_so() -> None:
    told = Verdict("data", "a" * 64, "", [condition(Outcome.NO)] * 2).paragraphs()
    assert [paragraph.count("quarantine-share") for paragraph in told] == [1, 1]
    unknown = Verdict("data", "a" * 64, "", [condition(Outcome.COULD_NOT_TELL)])
    assert unknown.sentence().startswith("The data gate could not tell: quarantine-share")


@pytest.mark.parametrize("examples", [None, 3, [], {"rows": 3}, {"other": "x"}])
def test_an_example_of_another_shape_is_none(examples: object) -> None:
    verdict = Verdict("data", "a" * 64, "", [], {"examples": examples})
    assert verdict.example("rows") == ""
