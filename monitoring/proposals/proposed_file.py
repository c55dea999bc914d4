"""The file of proposed judgments: what was merged stays as it stands, what is new joins it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitoring.errors import MonitoringError
from monitoring.proposals.proposals import ProposedJudgment
from release_format.exit_codes import USAGE
from release_format.untrusted_json import parse_json
from release_format.watch.judgment_files import REFUSED, proposed_beside
from searchbar.query.normalize import fold


@dataclass(frozen=True)
class JudgedFiles:
    """The questions that are judged or were proposed, and the proposed lines by id.

    `answered`: how many of these questions have an answer.
    """

    questions: Collection[str]
    proposed: dict[str, str]
    answered: int

    @classmethod
    def read(cls, judgments: Path) -> JudgedFiles:
        """Read a file of judgments and the proposed ones beside it; what is not there is empty.

        Raises:
            MonitoringError: a line is no judgment.
        """
        judged = _rows(judgments)
        proposed = _rows(proposed_beside(judgments))
        rows = [*judged, *proposed]
        questions = {fold(row.question) for row in rows}
        answered = {fold(row.question) for row in rows if row.is_answered}
        return cls(questions, {row.id: row.line for row in proposed}, len(answered))

    def joined(self, new: Sequence[ProposedJudgment]) -> str:
        """The whole file with these in it, by id: one more question is one more line."""
        lines = {**{row.id: row.to_json() for row in new}, **self.proposed}
        return "".join(f"{lines[id]}\n" for id in sorted(lines))


@dataclass(frozen=True)
class JudgedLine:
    """A line of a file of judgments."""

    id: str
    question: str
    is_answered: bool
    line: str


def _rows(path: Path) -> list[JudgedLine]:
    if not path.is_file():
        return []
    rows = []
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        try:
            if line.strip():
                raw = parse_json(line)
                is_answered = bool(raw.get("relevant")) and raw.get("kind") != REFUSED
                rows.append(JudgedLine(str(raw["id"]), str(raw["question"]), is_answered, line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MonitoringError(
                f"{path} line {number} is not a judgment ({error!r}). Mend or leave out the line.",
                USAGE,
            ) from error
    return rows
