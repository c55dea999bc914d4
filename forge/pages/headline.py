"""The first line of a comment: may it go on, what is to be looked at, what changes. (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forge.pages.change_facts import (
    AnswerChanges,
    AnswerMove,
    QuestionChange,
    RowChanges,
    answer_changes,
    row_changes,
)
from forge.reports import Reports
from release_format.exit_codes import NO
from release_format.report_page.markdown_text import plain, prose
from release_format.verdict import Condition, Verdict

SAFE, STOPPED, UNKNOWN = "✅", "❌", "❔"
# What was measured, where its explanation follows: says something beside its bound only.
_BARE_NUMBER = re.compile(r"^[-+]?[\d.,]+: ")
SIGNS = {"added": "+", "removed": "−", "changed": "~"}


def headline(reports: Reports, refused: Sequence[str] = ()) -> str:
    """One line of Markdown; `refused` are the sentences of a policy that says no."""
    if refused:
        return _with(f"{STOPPED} **Stopped by this line's policy:** {_first(refused)}", reports)
    stopped = [verdict for verdict in reports.verdicts if not verdict.says_yes]
    if reports.unreadable and not any(verdict.exit_code == NO for verdict in stopped):
        return _with(f"{UNKNOWN} **Could not tell:** {_first(reports.unreadable)}", reports)
    if stopped:
        return _with(_stopped(stopped), reports)
    if not reports.verdicts:
        return f"{UNKNOWN} **Could not tell:** no gate left a verdict. Look at the build's log."
    count = sum(len(verdict.warnings()) for verdict in reports.verdicts)
    things = f", {count} thing{'s' if count > 1 else ''} to look at" if count else ""
    changes = " · ".join(_changes(reports)) or "every gate says yes"
    return f"{SAFE} **Safe{things}:** {changes}"


def figure(value: float) -> str:
    """A measure between 0 and 1 in two digits."""
    text = f"{value:.2f}"
    return {"0.00": "0", "1.00": "1"}.get(text, text.removeprefix("0"))


def moved(question: QuestionChange) -> str:
    """What happened to the answers that judges know, in words."""
    return ", ".join(_move(move) for move in question.moves)


def _move(move: AnswerMove) -> str:
    title = plain(move.title, 60)
    if not move.after:
        return f"lost {title}"
    return f"found {title}" if not move.before else f"{title} {move.before} → {move.after}"


def _stopped(verdicts: Sequence[Verdict]) -> str:
    """What stops it: a no before what could not be told, and its reason."""
    verdict = next((v for v in verdicts if v.exit_code == NO), verdicts[0])
    reasons = [reason for each in verdicts for reason in each.refusals()]
    gate = plain(verdict.gate, 40)
    answer = f"{STOPPED} **Stopped by the {gate} gate:**"
    if verdict.exit_code != NO:
        answer = f"{UNKNOWN} **The {gate} gate could not tell:**"
    return f"{answer} {_reason(verdict.refusals()[0])}{_more(reasons)}"


def _reason(condition: Condition) -> str:
    """What was seen, and what that means: the first sentence of its reason."""
    meaning = condition.why.partition(". ")[0].removesuffix(".")
    meant = f". {prose(meaning, 160)}" if meaning else ""
    seen = _BARE_NUMBER.sub("", condition.seen)
    return f"*{plain(condition.name, 60)}*: {prose(seen, 80)}{meant}"


def _first(sentences: Sequence[str]) -> str:
    return f"{prose(sentences[0])}{_more(sentences)}"


def _more(reasons: Sequence[object]) -> str:
    others = len(reasons) - 1
    return f" (and {others} more reason{'s' if others > 1 else ''})" if others else ""


def _with(answer: str, reports: Reports) -> str:
    return " · ".join([answer, *_changes(reports)])


def _changes(reports: Reports) -> Iterator[str]:
    if rows := row_changes(reports):
        yield _rows(rows)
    if answers := answer_changes(reports):
        yield _answers(answers)
        if answers.losers:
            yield _worst(answers.losers[0])


def _rows(rows: RowChanges) -> str:
    if not rows.counts:
        return f"{rows.rows:,} rows, and nothing live to compare with"
    if rows.is_unchanged:
        return "no row changes"
    counts = (f"{sign}{rows.counts[kind]:,}" for kind, sign in SIGNS.items())
    return f"{' '.join(counts)} rows"


def _answers(answers: AnswerChanges) -> str:
    if not answers.changed:
        return f"none of {answers.questions:,} answers changes"
    return f"{answers.changed:,} of {answers.questions:,} answers change"


def _worst(question: QuestionChange) -> str:
    change = f"{figure(question.before)} → {figure(question.after)}"
    what = f"{_move(question.moves[0])} ({change})" if question.moves else change
    return f"worst: *{plain(question.question, 100)}* {what}"
