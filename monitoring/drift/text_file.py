"""The drift verdict in Prometheus' text format, for node-exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from release_format.verdict import Outcome, Verdict

NAME = "drift.prom"
_FAMILIES = {
    "exit_code": "What the drift gate said last: 0 as before, 1 unlike all before, 3 untold.",
    "judged_timestamp_seconds": "When it said so.",
    "questions": "Questions of the window that it judged.",
    "value": "The window's value in each series.",
    "bound": "The most that an earlier window had in it.",
    "odd": "1 where the window is unlike all before.",
}


def text_file(verdict: Verdict) -> str:
    """Every family with its samples; one that could not be judged has no series."""
    made = datetime.fromisoformat(verdict.made_at).timestamp()
    samples: dict[str, list[tuple[str, float]]] = {name: [] for name in _FAMILIES}
    samples["exit_code"] = [("", verdict.exit_code)]
    samples["judged_timestamp_seconds"] = [("", made)]
    samples["questions"] = [("", float(verdict.facts.get("questions", 0)))]
    for condition in verdict.conditions:
        label = f'{{series="{condition.name}"}}'
        if condition.name in verdict.facts.get("series", {}):
            samples["value"].append((label, condition.measured or 0.0))
            samples["bound"].append((label, condition.bound or 0.0))
            samples["odd"].append((label, condition.answer is Outcome.NO))
    return "".join(line + "\n" for line in _lines(samples))


def _lines(samples: dict[str, list[tuple[str, float]]]) -> Iterator[str]:
    for name, sentence in _FAMILIES.items():
        yield f"# HELP searchbar_drift_{name} {sentence}"
        yield f"# TYPE searchbar_drift_{name} gauge"
        for label, value in samples[name]:
            yield f"searchbar_drift_{name}{label} {float(value)!r}"
