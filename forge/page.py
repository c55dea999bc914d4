"""Here are reports: give me the one comment that a person reads, as Markdown. (Pure.)"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forge.reports import Reports
from release_format.verdict import Answer, Condition, Severity, Verdict

MARKER = "<!-- searchbar:report -->"
LONGEST = 60_000
_MARKS = {Answer.YES: "✅", Answer.NO: "❌", Answer.COULD_NOT_TELL: "❔", Answer.NOT_ASKED: "➖"}
_MENTION = re.compile(r"(?<![\w`/])@(?=[A-Za-z0-9])")


@dataclass(frozen=True)
class Page:
    """What goes around the reports: a title, sentences first, links last."""

    title: str
    sentences: Sequence[str] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    refused: Sequence[str] = ()


def markdown(page: Page, reports: Reports) -> str:
    """The comment: what `sections` says, then each gate's own report, cut to fit."""
    return _fit([MARKER, *sections(page, reports)], [_folded(name, text) for name, text in reports.texts.items()])


def sections(page: Page, reports: Reports) -> list[str]:
    """Verdicts, what to change and what is worth knowing: everything but the gates' own reports."""
    parts = [f"## {page.title}", *page.sentences, _headline(page, reports)]
    if to_change := [*page.refused, *reports.unreadable, *_to_change(reports.verdicts)]:
        parts += ["### What to change", "\n".join(f"- {plain(line)}" for line in to_change)]
    parts += [table for verdict in reports.verdicts if (table := _table(verdict))]
    if page.links:
        parts.append(" · ".join(f"[{name}]({link})" for name, link in page.links.items() if link))
    return [part for part in parts if part]


def tame(text: str) -> str:
    """A text from a catalogue or a pull request that can neither call people, nor forge our marker."""
    return _MENTION.sub("@\u200b", text.replace("<!--", "&lt;!--")).replace("\r", "")


def plain(text: str) -> str:
    """A value that is shown inside our own Markdown: no tags, no links and no pictures of its own."""
    return tame(text).replace("<", "&lt;").replace("[", "\\[")


def _headline(page: Page, reports: Reports) -> str:
    if page.refused:
        return "**Refused:** the policy of this line says no."
    if not reports.verdicts:
        return "**Could not tell:** no gate left a verdict. Look at the build's log."
    said = "**Green.** Every gate says yes." if reports.green else "**Red.** This cannot go on as it is."
    return said + " " + " ".join(plain(_short(v)) for v in reports.verdicts if v.says_yes)


def _short(verdict: Verdict) -> str:
    return verdict.sentence() if verdict.says_yes else f"The {verdict.gate} gate says no."


def _to_change(verdicts: Sequence[Verdict]) -> list[str]:
    return [c.sentence() for v in verdicts for c in v.refusals()]


def _table(verdict: Verdict) -> str:
    """The conditions worth reading: every no, could not tell, warning; the rest in one line."""
    shown = [c for c in verdict.conditions if c.answer in (Answer.NO, Answer.COULD_NOT_TELL)]
    quiet = len(verdict.conditions) - len(shown)
    beside = f", beside live {plain(verdict.live[:12])}" if verdict.live else ""
    lines = [f"### {plain(verdict.gate).capitalize()} gate{beside}: {'yes' if verdict.says_yes else 'no'}"]
    if shown:
        lines += ["", "| | condition | seen | allowed | |", "|---|---|---|---|---|", *map(_row, shown)]
    if quiet:
        lines += ["", f"{quiet} other condition(s): {_counts(verdict, shown)}."]
    return "\n".join(lines)


def _counts(verdict: Verdict, shown: Sequence[Condition]) -> str:
    rest = [c.answer for c in verdict.conditions if c not in shown]
    return ", ".join(f"{rest.count(answer)} {answer}" for answer in dict.fromkeys(rest))


def _row(condition: Condition) -> str:
    role = f"accepted by {condition.accepted_by}" if condition.accepted_by else str(condition.severity)
    mark = "⚠️" if condition.severity is Severity.WARN else _MARKS[condition.answer]
    cells = (mark, condition.name, condition.seen, condition.allowed, role)
    return "| " + " | ".join(plain(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _folded(name: str, text: str) -> str:
    return f"<details><summary>{html.escape(name)}</summary>\n\n{tame(text)}\n\n</details>"


def _fit(parts: Sequence[str], reports: Sequence[str]) -> str:
    """All parts, and as many reports as the forge's limit allows; what is left out is said."""
    text = "\n\n".join(parts)[: LONGEST - 200]
    left_out = 0
    for report in reports:
        if len(text) + len(report) + 2 > LONGEST - 200:
            left_out += 1
        else:
            text += "\n\n" + report
    return text + (f"\n\n{left_out} report(s) did not fit here; the build page has them." if left_out else "") + "\n"
