"""Here is a question: give me what to judge for it, and keep the grades as a line ready for a pull request."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from searchbar.question import Answer

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
        row = {"id": self.id, "question": self.question, "kind": kind, "relevant": dict(self.relevant)}
        return json.dumps(row, ensure_ascii=False)


def pool(question: str, answers: Iterable[Answer]) -> list[str]:
    """The ids to judge: the best of both legs, in an order that tells nothing about which leg or rank.

    The order is the same each time a question is judged, so that an interruption loses nothing.
    """
    hits = [hit for answer in answers for hit in answer.hits]
    ranks = [(hit.id, hit.explain or {}) for hit in hits]
    legs = ("dense_rank", "lexical_rank")
    best = sorted({id for id, why in ranks if any(0 < (why.get(leg) or 0) <= DEPTH for leg in legs)})
    random.Random(question).shuffle(best)  # noqa: S311
    return best


def grades_of(form: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The grades in a form whose fields are `grade:<id>`; grade 0 is not kept."""
    given = {name[6:]: values[-1] for name, values in form.items() if name.startswith("grade:")}
    return {id: int(grade) for id, grade in sorted(given.items()) if grade in ("1", "2", "3")}


def judged(path: Path) -> list[dict[str, Any]]:
    """The lines that were kept so far."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def keep(path: Path, judgment: Judgment) -> None:
    """Keep a judgment in place of an earlier one of the same question; the file is whole at every moment."""
    lines = [json.dumps(row, ensure_ascii=False) for row in judged(path) if row.get("id") != judgment.id]
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text("\n".join([*lines, judgment.to_json()]) + "\n", encoding="utf-8")
    beside.replace(path)
