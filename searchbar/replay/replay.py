"""Replay: the answer of a release to a logged question, beside the one in the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from release_format.exit_codes import USAGE
from release_format.questions import LoggedQuestion
from release_format.release import MADE_FROM, Release
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.query.question import Question
from searchbar.replay.difference import Difference, difference
from searchbar.replay.log_row import logged_answer, question_of

# So many of those that have gone are looked into.
MOST_REASONS = 3
# Reasons that hold in the order of what fits best, and those that hold where all else is cut.
_BY_RANK, _BY_CUT = ("outranked",), ("below the level", "less likely")


@dataclass(frozen=True)
class Replay:
    """A logged question, answered again by one release.

    `row` is what the log would keep of that answer; None where the question is refused, with the
    sentence of `refusal`. `reasons` say of the first that have gone why; `titles` are those of the
    hits, then and now, that the release shows.
    """

    release: str
    row: LoggedQuestion | None = None
    refusal: str = ""
    difference: Difference = field(default_factory=Difference)
    reasons: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_same(self) -> bool:
        """Whether it is the answer in the log, in all that the log says of it."""
        return self.row is not None and not self.difference

    def sentences(self) -> list[str]:
        """What is different, one short sentence each; none where nothing is."""
        return [f"refused: {self.refusal}"] if self.refusal else self.difference.sentences()

    def to_json(self) -> dict[str, Any]:
        """As `--json` says it."""
        row = self.row or LoggedQuestion("")
        answer = {
            "hits": [{"id": id, "title": self.titles.get(id, "")} for id in row.hits],
            "total": row.total,
            "no_good_match": row.no_good_match,
            "confidence": row.confidence,
            "level": row.level,
            "did_you_mean": row.did_you_mean,
        }
        return {
            "release": self.release,
            "same": self.is_same,
            **({"refused": self.refusal} if self.refusal else answer),
            "different": self.difference.to_json(),
            "reasons": dict(self.reasons),
        }


def replay(engine: Engine, row: LoggedQuestion) -> Replay:
    """Answer a logged question again, and hold the answer against the one that was logged."""
    release, question = engine.release.id, question_of(row)
    try:
        answer = engine.search(question)
    except SearchError as error:
        if error.exit_code != USAGE:
            raise
        return Replay(release, refusal=str(error))
    now = logged_answer(question, answer, engine.level)
    changed = difference(row, now)
    titles = {hit.id: hit.title for hit in answer.hits} | dict(_titles(engine, changed.gone))
    reasons = dict(_reasons(engine, question, changed.gone[:MOST_REASONS]))
    return Replay(release, now, "", changed, reasons, titles)


def outside(engine: Engine) -> list[str]:
    """What an answer depends on that is in no release, as it is now: a sentence each."""
    withdrawn, state = len(engine.retriever.taken_back()), engine.values.state
    values = f"the values of {state.rows:,} items come from a file" if state.number else ""
    return [
        f"{withdrawn:,} of its items are withdrawn" if withdrawn else "nothing is withdrawn",
        values or "no file of values is read",
    ]


def made_otherwise(release: Release, other: Release) -> list[str]:
    """Of what two releases are made that is not the same in both."""
    made, otherwise = release.manifest.made_from, other.manifest.made_from
    return [name for name in MADE_FROM if made.get(name) != otherwise.get(name)]


def _titles(engine: Engine, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    for id in ids:
        position = engine.retriever.items.position(id)
        if position is not None and not engine.retriever.hides(id):
            yield id, engine.retriever.items[position].title


def _reasons(engine: Engine, question: Question, gone: Iterable[str]) -> Iterator[tuple[str, str]]:
    for id in gone if question.text.strip() else ():
        why = engine.why_not(question, id)
        if why["reason"] not in ("found", *_unheld(question)):
            yield id, why["sentence"]


def _unheld(question: Question) -> Sequence[str]:
    """The reasons that explain nothing in the order that was asked for."""
    if not question.sort:
        return ()
    return (*_BY_RANK, *_BY_CUT) if question.cut else _BY_RANK
