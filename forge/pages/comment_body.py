"""The comment of a pull request, as Markdown: the answer in one line, then its evidence. (Pure.)"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from forge.pages.change_facts import SHOWN, QuestionChange, answer_changes, row_changes
from forge.pages.gate_answers import gate_answers, to_change
from forge.pages.headline import SIGNS, figure, headline, moved
from forge.pages.report_names import report_name
from forge.reports import Reports
from release_format.progress import printable
from release_format.report_page.markdown_text import code, plain, prose

MARKER = "<!-- searchbar:report -->"
LONGEST = 60_000
_MENTION = re.compile(r"(?<![\w`/])@(?=[A-Za-z0-9])")
_REFERENCE = re.compile(r"(?<!&)#(?=\d)")
# A forge looks for mentions where entities are signs again.
_ENTITY = re.compile(r"&(?:#0*(?:64|35)|#x0*(?:40|23)|commat|num);", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """What goes around the reports: a title, what is said after them, links.

    `headline` is said instead of how the gates answered, where no gate was asked, and `sentences`
    after it. `outcome` says what merging does; `details` are for those who look for a fault.
    """

    title: str
    sentences: Sequence[str] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    refused: Sequence[str] = ()
    headline: str = ""
    outcome: str = ""
    details: Sequence[str] = ()


def markdown(page: Page, reports: Reports) -> str:
    """The comment: what `sections` says, then each gate's own report, cut to fit."""
    return _fit(
        [MARKER, *sections(page, reports)],
        [
            *(_folded(report_name(name), text) for name, text in reports.texts.items()),
            *_details(page, reports),
        ],
    )


def sections(page: Page, reports: Reports) -> list[str]:
    """The answer, what to change, and what changes: everything but the folds."""
    parts = [page.headline or headline(reports, page.refused)]
    if points := [*(f"- {prose(sentence)}" for sentence in page.refused), *to_change(reports)]:
        parts += ["### What to change", "\n".join(points)]
    parts += [*page.sentences, *_rows(reports), *_answers(reports)]
    if answers := list(gate_answers(reports)):
        parts += ["### Gates", "\n".join(answers)]
    links = [f"[{plain(name)}]({link})" for name, link in page.links.items() if link]
    # What is stopped reaches nothing.
    parts += ["" if points else page.outcome, " · ".join(links)]
    return [part for part in parts if part]


def details(page: Page, reports: Reports) -> list[str]:
    """What only those read who look for a fault: ids, and where things came from."""
    named = (("live", verdict.live, verdict) for verdict in reports.verdicts)
    subjects = (("judged", verdict.subject, verdict) for verdict in reports.verdicts)
    ids = [
        f"{plain(verdict.gate).capitalize()} gate, {word}: {code(id)}, {plain(verdict.made_at)}"
        for word, id, verdict in [*subjects, *named]
        if id
    ]
    return [plain(page.title), *page.details, *dict.fromkeys(ids)]


def _details(page: Page, reports: Reports) -> list[str]:
    points = "\n".join(f"- {each}" for each in details(page, reports))
    return [_fold(DETAILS, points)] if points else []


DETAILS = "For those who look for a fault: ids, and what was built"


def sanitize(text: str) -> str:
    """A foreign report that can neither mention people, nor carry a marker like ours."""
    shown = printable(text.replace("\r", "")).replace("<!--", "&lt;!--")
    shown = _ENTITY.sub(lambda found: f"{found[0]}\u200b", shown)
    return _REFERENCE.sub("#\u200b", _MENTION.sub("@\u200b", shown))


def _rows(reports: Reports) -> Iterator[str]:
    """How many rows of each kind, and some of them by name."""
    rows = row_changes(reports)
    if rows is None or not rows.counts:
        return
    lines = ["| rows | count | for example |", "|---|--:|---|"]
    for kind, sign in SIGNS.items():
        if count := rows.counts[kind]:
            lines.append(f"| {sign} {kind} | {count:,} | {_named(rows.examples[kind], count)} |")
    if rows.quarantined:
        lines.append(f"| in quarantine | {rows.quarantined:,} | listed in the data gate's report |")
    yield "### Rows"
    told = "\n".join(lines) if lines[2:] else "Live holds exactly these rows."
    yield f"{told}\n\n{rows.rows:,} rows in all."


def _named(examples: Sequence[str], count: int) -> str:
    """Some by name, and how many more there are."""
    shown = [plain(example, 80) for example in examples[:SHOWN]]
    if (more := count - len(shown)) > 0:
        shown.append(f"{more:,} more")
    return ", ".join(shown)


def _answers(reports: Reports) -> Iterator[str]:
    """The questions that lose and win most, and what happened to their answers."""
    answers = answer_changes(reports)
    if answers is None or not answers.changed:
        return
    yield "### Answers"
    lines = [
        f"{answers.changed:,} of {answers.questions:,} questions change their first ten answers."
    ]
    if moved_questions := [*answers.losers, *answers.winners]:
        lines += ["", "| change | question | nDCG@\u200b10 | judged answers |", "|---|---|--:|---|"]
        lines += map(_question, moved_questions)
    yield "\n".join(lines)


def _question(question: QuestionChange) -> str:
    sign = "▼ worse" if question.after < question.before else "▲ better"
    change = f"{figure(question.before)} → {figure(question.after)}"
    return f"| {sign} | {plain(question.question, 120)} | {change} | {moved(question)} |"


def _folded(name: str, text: str) -> str:
    return _fold(name, sanitize(text))


def _fold(name: str, text: str) -> str:
    return f"<details><summary>{html.escape(name)}</summary>\n\n{text}\n\n</details>"


def _fit(parts: Sequence[str], reports: Sequence[str]) -> str:
    """All parts, and as many reports as the forge's limit allows; those left out are counted."""
    text = "\n\n".join(parts)
    if len(text) > LONGEST - 300:
        text = f"{text[: LONGEST - 300].rpartition(chr(10))[0]}\n\n… the rest did not fit here."
    left_out = 0
    for report in reports:
        if len(text) + len(report) + 2 > LONGEST - 200:
            left_out += 1
        else:
            text += "\n\n" + report
    if left_out:
        text += f"\n\n{left_out} report(s) did not fit here; the build page has them."
    return text + "\n"
