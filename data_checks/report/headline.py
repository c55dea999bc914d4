"""Sentences that sum up an admission: its headline, and what was not asked."""

from __future__ import annotations

from data_checks.admission import Admission
from data_checks.comparison.changes import Changes
from release_format.verdict import Outcome, Verdict

NAMED = 6


def headline(admission: Admission) -> str:
    """The whole admission in one sentence."""
    verdict = admission.verdict
    if admission.unchanged and verdict.says_yes:
        return "Unchanged: live holds exactly these rows, so there is nothing to build."
    if not verdict.says_yes:
        names = ", ".join(condition.name for condition in verdict.refusals())
        answer = "says no" if verdict.exit_code == 1 else "could not tell"
        return f"The data gate {answer}: {names}."
    if admission.changes is None:
        accepted = f"{verdict.facts['accepted']:,}"
        return f"The data gate says yes to the first {accepted} rows{_warned(verdict)}."
    return f"The data gate says yes: {_counted(admission.changes)}{_warned(verdict)}."


def console(admission: Admission) -> list[str]:
    """What the console says last, in paragraphs: the headline, or each reason against it."""
    if admission.verdict.says_yes:
        return [headline(admission)]
    return [*beside_live(admission), *admission.verdict.paragraphs()]


def _warned(verdict: Verdict) -> str:
    """The warnings by name, wherever they are counted."""
    names = [condition.name for condition in verdict.warnings()]
    return f"; {len(names)} warning{'s' if names[1:] else ''}: {', '.join(names)}" if names else ""


def beside_live(admission: Admission) -> list[str]:
    """What would come, go and change in one sentence, where there is something live."""
    changes = admission.changes
    return [f"Beside live: {_counted(changes)}."] if changes and not admission.unchanged else []


def _counted(changes: Changes) -> str:
    counts = changes.counts
    return (
        f"{counts['added']:,} added, {counts['changed']:,} changed, {counts['removed']:,} removed"
    )


def unasked(verdict: Verdict) -> list[str]:
    """One sentence for each reason why conditions were not asked.

    These stop nothing, and are no yes either.
    """
    names: dict[str, list[str]] = {}
    for condition in verdict.conditions:
        if condition.answer is Outcome.NOT_ASKED:
            names.setdefault(condition.seen, []).append(condition.name)
    return [f"Not asked: {_listed(names[reason])} ({reason})." for reason in names]


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= NAMED else f"{len(names)} conditions"
