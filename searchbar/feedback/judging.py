"""Judging: the items to grade for a question, and the file that keeps the grades."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from release_format.items import Item
from release_format.seal import replacing
from searchbar.engine import Engine
from searchbar.query.question import Question, check_text

DEPTH = 10
GRADES = {3: "Exactly this", 2: "Good", 1: "Loosely", 0: "No"}


@dataclass(frozen=True)
class Judgment:
    """One judged question: the grades of the items that are relevant; those not named are not."""

    question: str
    relevant: Mapping[str, int]

    @property
    def id(self) -> str:
        """Named by its question, so that judging again replaces."""
        return f"judged-{hashlib.sha256(self.question.encode()).hexdigest()[:10]}"

    def to_json(self) -> str:
        """The line as it stands in judgments.jsonl."""
        kind = "judged" if self.relevant else "unanswerable"
        row = {
            "id": self.id,
            "question": self.question,
            "kind": kind,
            "relevant": dict(self.relevant),
        }
        return json.dumps(row, ensure_ascii=False)


def pool(engine: Engine, question: str) -> list[Item]:
    """The items to judge: the best of each leg alone, shuffled so that neither leg nor rank shows.

    The legs are asked themselves: what fusion drops must be judged too, or it could never be shown
    to be wrong. The order is the same each time a question is judged, so that an interruption loses
    nothing.

    Raises:
        SearchError: this cannot be asked.
    """
    check_text(question)
    retriever, items, table = engine.retriever, engine.release.items, engine.table
    asked = engine.asked(Question(question), table)
    within, excluded = table.within(asked.conditions), retriever.excluded()
    parsed = retriever.within_reach(asked.parsed, within)
    (plan,) = retriever.planner.plan([parsed])
    shown = retriever.mask(within, parsed.phrases, excluded, parsed.without)
    near = retriever.dense.nearest(plan.vector, DEPTH, shown)
    lexical, _ = retriever.lexical.search(plan.stems, max(1, len(items)), alike=plan.alike)
    best = np.union1d(near, lexical[shown[lexical]][:DEPTH]).tolist()
    random.Random(question).shuffle(best)  # noqa: S311
    return [items[position] for position in best]


def grades_of(form: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The grades in a form whose fields are `grade:<id>`; grade 0 is not kept."""
    grades = {name[6:]: values[-1] for name, values in form.items() if name.startswith("grade:")}
    return {id: int(grade) for id, grade in sorted(grades.items()) if grade in ("1", "2", "3")}


def judged(path: Path) -> list[dict[str, Any]]:
    """The lines that were kept so far."""
    if not path.exists():
        return []
    return [
        json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()
    ]


def keep(path: Path, judgment: Judgment) -> None:
    """Keep a judgment in place of an earlier one of the same question; the file is always whole."""
    lines = [
        json.dumps(row, ensure_ascii=False) for row in judged(path) if row.get("id") != judgment.id
    ]
    with replacing(path) as draft:
        draft.write_text("\n".join([*lines, judgment.to_json()]) + "\n", encoding="utf-8")
