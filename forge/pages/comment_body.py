"""The comment of a pull request, as Markdown: verdicts, what to change, reports. (Pure.)"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forge.reports import Reports
from release_format.verdict import Condition, Outcome, Severity, Verdict

MARKER = "<!-- searchbar:report -->"
LONGEST = 60_000
_MARKS = {
    Outcome.YES: "✅",
    Outcome.NO: "❌",
    Outcome.COULD_NOT_TELL: "❔",
    Outcome.NOT_ASKED: "➖",
}
_MENTION = re.compile(r"(?<![\w`/])@(?=[A-Za-z0-9])")


@dataclass(frozen=True)
class Page:
    """What goes around the reports: a title, sentences first, links last.

    `headline` is said instead of how the gates answered, where no gate was asked.
    """

    title: str
    sentences: Sequence[str] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    refused: Sequence[str] = ()
    headline: str = ""


def markdown(page: Page, reports: Reports) -> str:
    """The comment: what `sections` says, then each gate's own report, cut to fit."""
    return _fit(
        [MARKER, *sections(page, reports)],
        [_folded(name, text) for name, text in reports.texts.items()],
    )


def sections(page: Page, reports: Reports) -> list[str]:
    """Verdicts, what to change and what is worth knowing: everything but the gates' own reports."""
    parts = [f"## {page.title}", *page.sentences, _headline(page, reports)]
    refusals = [c.sentence() for verdict in reports.verdicts for c in verdict.refusals()]
    if to_change := [*page.refused, *reports.unreadable, *refusals]:
        parts += ["### What to change", "\n".join(f"- {escape(line)}" for line in to_change)]
    parts += [table for verdict in reports.verdicts if (table := _table(verdict))]
    if page.links:
        parts.append(" · ".join(f"[{name}]({link})" for name, link in page.links.items() if link))
    return [part for part in parts if part]


def sanitize(text: str) -> str:
    """A foreign text that can neither mention people, nor carry a marker like ours."""
    return _MENTION.sub("@\u200b", text.replace("<!--", "&lt;!--")).replace("\r", "")


def escape(text: str) -> str:
    """A foreign text for a place in our own Markdown: no tags, links or pictures of its own."""
    return sanitize(text).replace("<", "&lt;").replace("[", "\\[")


def code(text: str) -> str:
    """A foreign text as code in one line of our Markdown, a table's cell too: nothing in it is
    obeyed, linked, or told to anybody."""
    line = " ".join(text.split()).replace("`", "'").replace("|", "\\|")
    return f"`{line}`" if line else ""


def fenced(lines: Sequence[str]) -> str:
    """Foreign lines as a block of code, whose fence is longer than any within."""
    text = "\n".join(" ".join(line.split()) for line in lines).replace("<!--", "<! --")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _headline(page: Page, reports: Reports) -> str:
    if page.headline:
        return page.headline
    if page.refused:
        return "**Refused:** the policy of this line says no."
    if not reports.verdicts:
        return "**Could not tell:** no gate left a verdict. Look at the build's log."
    green, red = "**Green.** Every gate says yes.", "**Red.** This cannot go on as it is."
    approvals = [escape(v.sentence()) for v in reports.verdicts if v.says_yes]
    return f"{green if reports.green else red} {' '.join(approvals)}"


def _table(verdict: Verdict) -> str:
    """The conditions worth reading: every no, could not tell, warning; the others in one line."""
    shown = [c for c in verdict.conditions if c.answer in (Outcome.NO, Outcome.COULD_NOT_TELL)]
    hidden = len(verdict.conditions) - len(shown)
    compared = f", beside live {escape(verdict.live[:12])}" if verdict.live else ""
    answer = "yes" if verdict.says_yes else "no"
    lines = [f"### {escape(verdict.gate).capitalize()} gate{compared}: {answer}"]
    if shown:
        header = ["", "| | condition | seen | allowed | |", "|---|---|---|---|---|"]
        lines += [*header, *map(_row, shown)]
    if hidden:
        lines += ["", f"{hidden} other condition(s): {_counts(verdict, shown)}."]
    return "\n".join(lines)


def _counts(verdict: Verdict, shown: Sequence[Condition]) -> str:
    answers = [c.answer for c in verdict.conditions if c not in shown]
    return ", ".join(f"{answers.count(answer)} {answer}" for answer in dict.fromkeys(answers))


def _row(condition: Condition) -> str:
    accepted = f"accepted by {condition.accepted_by}" if condition.accepted_by else ""
    mark = "⚠️" if condition.severity is Severity.WARN else _MARKS[condition.answer]
    role = accepted or str(condition.severity)
    cells = (mark, condition.name, condition.seen, condition.allowed, role)
    escaped = [escape(cell).replace("|", "\\|").replace("\n", " ") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def _folded(name: str, text: str) -> str:
    return f"<details><summary>{html.escape(name)}</summary>\n\n{sanitize(text)}\n\n</details>"


def _fit(parts: Sequence[str], reports: Sequence[str]) -> str:
    """All parts, and as many reports as the forge's limit allows; those left out are counted."""
    text = "\n\n".join(parts)[: LONGEST - 200]
    left_out = 0
    for report in reports:
        if len(text) + len(report) + 2 > LONGEST - 200:
            left_out += 1
        else:
            text += "\n\n" + report
    if left_out:
        text += f"\n\n{left_out} report(s) did not fit here; the build page has them."
    return text + "\n"
