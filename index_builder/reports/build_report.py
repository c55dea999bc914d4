"""The report of a build: the verdict of the quality gate as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from index_builder.quality.metrics import MAIN
from index_builder.reports.templates import render
from release_format.verdict import Verdict

SECONDS = "_seconds"


def page(verdict: Verdict) -> str:
    """The verdict as a page without scripts: what was asked, how well it was answered."""
    facts = dict(verdict.facts)
    quality = facts.pop("quality", {})
    took = {
        name.removesuffix(SECONDS): facts.pop(name)
        for name in list(facts)
        if name.endswith(SECONDS)
    }
    return render(
        "report.html.jinja",
        verdict=verdict,
        main=MAIN,
        texts=quality.get("texts"),
        languages=quality.get("languages"),
        words=quality.get("words"),
        level=quality.get("level"),
        budget=quality.get("budget"),
        e=quality.get("evaluation"),
        took=took,
        facts=list(_rows(facts)),
    )


def _rows(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        label = prefix + str(name).replace("_", " ")
        is_count = isinstance(value, int) and not isinstance(value, bool)
        if isinstance(value, Mapping):
            yield from _rows(value, f"{label}: ")
        elif value not in ("", None):
            yield label, f"{value:,}" if is_count else str(value)
