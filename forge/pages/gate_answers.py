"""What each gate answered, with its warnings, and what to change where one says no. (Pure.)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from forge.pages.headline import SAFE, STOPPED, UNKNOWN
from forge.reports import Reports
from release_format.exit_codes import NO
from release_format.report_page.markdown_text import code, plain, prose
from release_format.verdict import Condition, Verdict

WARNING = "⚠️"


def to_change(reports: Reports) -> Iterator[str]:
    """A point for each reason that stops the line: what was seen, an example, what to do."""
    yield from (f"- {prose(sentence)}" for sentence in reports.unreadable)
    for verdict in reports.verdicts:
        yield from (f"- {_reason(verdict, condition)}" for condition in verdict.refusals())


def gate_answers(reports: Reports) -> Iterator[str]:
    """A point for each gate, and under it its warnings by name."""
    for verdict in reports.verdicts:
        yield f"- {_mark(verdict)} **{_gate(verdict)}**: {_answer(verdict)}"
        for condition in verdict.warnings():
            word = f"{WARNING} {condition.word}"
            yield f"  - {word}: {_reason(verdict, condition)}"


def _mark(verdict: Verdict) -> str:
    if verdict.says_yes:
        return SAFE
    return STOPPED if verdict.exit_code == NO else UNKNOWN


def _gate(verdict: Verdict) -> str:
    name = f"{plain(verdict.gate, 40).capitalize()} gate"
    if BUILT in verdict.facts:
        return f"{name}, the release by itself"
    return f"{name}, beside live {code(verdict.live[:12])}" if verdict.live else name


def _answer(verdict: Verdict) -> str:
    """The gate's answer, and how its conditions were answered."""
    answer = "yes" if verdict.says_yes else "no" if verdict.exit_code == NO else "could not tell"
    counts = Counter(condition.word for condition in verdict.conditions)
    told = [f"{counts[word]} {name}" for word, name in _COUNTED.items() if counts[word]]
    return f"{answer} ({', '.join(told)})" if told else answer


# The verdict of a build tells what it built; another one about the same release does not.
BUILT = "quality"
_COUNTED = {
    "no": "refused",
    "could not tell": "could not be told",
    "warning": "with a warning",
    "accepted": "accepted by name",
    "yes": "met",
    "noted": "noted",
    "not asked": "not asked",
}


def _reason(verdict: Verdict, condition: Condition) -> str:
    limit = "allowed" if condition.stops else "expected"
    found = f"**{plain(condition.name, 60)}**: saw {prose(condition.seen)}"
    parts = [f"{found}, {limit} {prose(condition.allowed)}."]
    if example := verdict.example(condition.name):
        parts.append(f"For example: {prose(example)}.")
    if condition.accepted_by:
        because = prose(condition.accepted_because)
        parts.append(f"Accepted by {plain(condition.accepted_by)}: {because}")
    elif condition.why:
        parts.append(prose(condition.why))
    return " ".join(parts)
