"""Reports of a search diff: a page for a browser, and a comment for a pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from index_builder.comparison.comparison import (
    LEAST_CHANGE,
    Comparison,
    QuestionDiff,
    ShownAnswer,
)
from index_builder.quality.evaluate import SEVERAL
from index_builder.quality.metrics import MAIN
from index_builder.reports.templates import render
from release_format.listing import listed
from release_format.report_page.markdown_text import plain, summary
from release_format.verdict import Condition, Outcome, Verdict

LONGEST_COMMENT = 60_000
SIDE_BY_SIDE, MOST_LANGUAGES, MOST_TOPICS, MOST_ITEMS = 5, 30, 30, 20
_TAG = re.compile(r"<[^>]*>")
_ANSWERED = {Outcome.YES: "✅", Outcome.NOT_ASKED: "➖"}


def page(comparison: Comparison, verdict: Verdict) -> str:
    """One HTML page that needs nothing else."""
    return render(
        "compare.html.jinja", c=comparison, verdict=verdict, main=MAIN, **_plots(comparison)
    )


def comment(comparison: Comparison, verdict: Verdict) -> str:
    """Markdown under 60,000 characters: what does not fit is left out from the end, and said."""
    text, left = "", 0
    for block in _blocks(comparison, verdict):
        if left or len(text) + len(block) > LONGEST_COMMENT - 200:
            left += 1
        else:
            text += block
    return text + (f"\n*{left} more parts are in compare.html.*\n" if left else "")


def _plots(comparison: Comparison) -> dict[str, Any]:
    bins = [0] * 10
    for value in comparison.overlaps:
        bins[min(9, int(value * 10))] += 1
    return {"bins": bins, "widest": max([abs(v) for v in comparison.changes if v] or [1.0])}


def _blocks(comparison: Comparison, verdict: Verdict) -> Iterator[str]:
    yield _head(comparison, verdict)
    if training := verdict.facts.get("training"):
        yield _training(training)
    if comparison.judged:
        yield _figures(comparison)
        yield _languages(comparison)
        yield _topics(comparison)
    for title, rows, count in (
        ("Worst losers", comparison.losers, comparison.losing),
        ("Best winners", comparison.winners, comparison.winning),
        ("Most rearranged, unjudged", comparison.rearranged, len(comparison.rearranged)),
    ):
        shown = rows[:SIDE_BY_SIDE]
        if rows:
            yield f"\n### {title}{f' ({len(shown)} of {count})' if count > len(shown) else ''}\n"
        for row in shown:
            yield _row(row)
    for title, ids in (
        ("Items that appeared", comparison.appeared),
        ("Items that vanished", comparison.vanished),
    ):
        if ids:
            yield f"\n**{title}** ({len(ids):,}): {_listed(ids)}\n"
    if comparison.judgments_lost:
        yield (
            "\n**Judged items that went away**, by question:"
            f" {_listed(list(comparison.judgments_lost))}\n"
        )


def _head(comparison: Comparison, verdict: Verdict) -> str:
    rows = "".join(
        f"| {_sign(c)} | {plain(c.name)} | {c.word} | {plain(c.seen)} | {plain(c.allowed)} |\n"
        for c in verdict.conditions
    )
    texts = f"{plain(comparison.texts, 4_000)}\n\n" if comparison.texts else ""
    return (
        f"## Search diff: {comparison.live[:12]} → {comparison.candidate[:12]}\n\n"
        f"{plain(verdict.sentence(), 2_000)}\n\n"
        f"**{comparison.changed:,} of {comparison.questions:,} questions** change their first ten"
        f" (mean overlap {comparison.mean_overlap:.3f}).\n\n"
        f"{texts}"
        "| | condition | answer | seen | allowed |\n|---|---|---|---|---|\n"
        f"{rows}"
    )


def _sign(condition: Condition) -> str:
    return _ANSWERED.get(condition.answer) or ("❌" if condition.stops else "⚠️")


def _training(facts: Mapping[str, Any]) -> str:
    """What was learned, whether it is in the candidate, and why."""
    figures = {
        **facts.get("sets", {}),
        "live": facts.get("beside_live"),
        "learned from": facts.get("seen"),
    }
    rows = "".join(
        f"| {plain(name)} | {f['change']['questions']} | {f['before']['mean']:.3f} |"
        f" {f['after']['mean']:.3f} | {f['change']['mean']:+.3f} [{f['change']['low']:+.3f},"
        f" {f['change']['high']:+.3f}] |\n"
        for name, f in figures.items()
        if f
    )
    head = (
        f"\n### Training: {plain(facts['way'])}, {plain(facts['made'])},"
        f" {'kept' if facts['kept'] else 'refused'}\n"
    )
    table = (
        f"\n| questions | | before | after | change (95 %) |\n|---|---|---|---|---|\n{rows}"
        if rows
        else ""
    )
    return f"{head}\n{plain(facts['why'])}\n{table}"


def _figures(comparison: Comparison) -> str:
    rows = "".join(
        f"| {name} | {before} | {after} | {change} | {change.chance} |\n"
        for name, (before, after, change) in comparison.figures.items()
    )
    return (
        f"\n### {comparison.judged} judged questions\n\n| measure | live | candidate | change (95"
        f" %) | by chance |\n|---|---|---|---|---|\n{rows}"
    )


def _languages(comparison: Comparison) -> str:
    if len(comparison.languages) < SEVERAL:
        return ""
    rows = "".join(
        f"| {plain(language.name)} | {language.change.questions} | {language.before} |"
        f" {language.after} | {language.change} |\n"
        for language in comparison.languages[:MOST_LANGUAGES]
    )
    return (
        f"\n### {MAIN} by language\n\n| language | questions | live | candidate | change (95 %)"
        f" |\n|---|---|---|---|---|\n{rows}"
    )


def _topics(comparison: Comparison) -> str:
    moved = [topic for topic in comparison.topics if abs(topic.change.mean) > LEAST_CHANGE]
    if not moved:
        return "\nNo topic changes its nDCG@10.\n"
    more = len(moved) - MOST_TOPICS
    rows = "".join(
        f"| {plain(topic.name)} | {topic.change.questions} | {topic.before.mean:.3f} |"
        f" {topic.after.mean:.3f} | {topic.change} |\n"
        for topic in moved[:MOST_TOPICS]
    )
    if more > 0:
        rows += f"| {more} more | | | | |\n"
    return (
        f"\n<details><summary>nDCG@10 of {len(moved)} topics that change</summary>\n\n| topic |"
        f" questions | live | candidate | change |\n|---|---|---|---|---|\n{rows}\n</details>\n"
    )


def _row(row: QuestionDiff) -> str:
    judged = (
        f" · nDCG@10 {row.before:.3f} → {row.after:.3f}"
        if row.before is not None and row.after is not None
        else ""
    )
    lines = "".join(
        f"| {rank} | {_cell(row.live, rank)} | {_cell(row.candidate, rank)} |\n"
        for rank in range(1, max(len(row.live), len(row.candidate)) + 1)
    )
    return (
        f"\n<details><summary>{summary(row.question)}{judged} · overlap"
        f" {row.overlap:.2f}</summary>\n\n| | live | candidate"
        f" |\n|---|---|---|\n{lines}\n</details>\n"
    )


def _cell(side: Sequence[ShownAnswer], rank: int) -> str:
    if rank > len(side):
        return ""
    hit = side[rank - 1]
    grade = f" **({hit.grade})**" if hit.grade else ""
    place = "" if hit.other_rank == rank else " ✳" if not hit.other_rank else f" ({hit.other_rank})"
    snippet = plain(_text(hit.snippet))
    return f"{plain(hit.title or hit.id)}{grade}{place}<br><sub>{snippet}</sub>"


def _text(snippet: str) -> str:
    return html.unescape(_TAG.sub("", snippet))[:100]


def _listed(ids: Sequence[str]) -> str:
    return listed([plain(id) for id in ids], MOST_ITEMS)
