"""The evidence of a drift verdict: what moved, since when, with which questions, why perhaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitoring.drift.drift import GATE
from monitoring.drift.masking import masked
from monitoring.errors import MonitoringError
from release_format.exit_codes import USAGE
from release_format.verdict import Condition, Outcome, Verdict
from release_format.watch.alarm import Alarm, MovedSeries

EXAMPLES = {
    "novel": "Asked now, unlike all before",
    "missed": "Nothing fitted",
    "disliked": "A thumb down",
}
ADVICE = {
    "data change": "Look at what the release of this window changed: its pull request has the"
    " search diff.",
    "question drift": "Look whether the catalogue holds what people ask for now; where it does,"
    " judge some of these questions, so that the gate asks them, too.",
    "quality drop": "Ask some of these questions yourself, and judge them: what the gate asks is"
    " what stays good.",
}


def evidence_of(verdict: Verdict, advice: Sequence[str] = ()) -> Alarm:
    """The alarm of a drift verdict that says no.

    Args:
        verdict: the drift gate's.
        advice: what else to say to people, a sentence each.

    Raises:
        MonitoringError: this is another gate's verdict, or not one that says no.
    """
    if verdict.gate != GATE:
        raise MonitoringError(
            f"this is a verdict of the {verdict.gate[:20]} gate. Name the file that `monitoring"
            " drift --report` left.",
            USAGE,
        )
    facts, refusals = verdict.facts, verdict.refusals()
    if not any(condition.answer is Outcome.NO for condition in refusals):
        raise MonitoringError("nothing moved in this verdict. Make no alarm of it.", USAGE)
    cause = str(facts.get("cause", ""))
    own = [ADVICE[cause]] if cause in ADVICE else []
    return Alarm(
        verdict.subject,
        str(facts.get("start", "")),
        int(facts.get("days", 0)),
        cause,
        [_moved(condition, facts.get("since", {})) for condition in refusals],
        [*own, *advice],
        fallen_topics(verdict),
        {
            title: [masked(str(each)) for each in facts.get(name, [])]
            for name, title in EXAMPLES.items()
        },
    )


def fallen_topics(verdict: Verdict) -> list[str]:
    """The topics whose answers are clicked less than in any window before."""
    return [masked(str(row["topic"])) for row in verdict.facts.get("topics", []) if row["is_below"]]


def _moved(condition: Condition, since: Mapping[str, Any]) -> MovedSeries:
    name = condition.name
    return MovedSeries(name, condition.seen, condition.allowed, str(since.get(name, "")))
