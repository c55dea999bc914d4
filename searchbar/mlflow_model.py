"""The release as a model of MLflow, which loads this file by name: it answers tables of questions.

It imports neither MLflow nor pandas: a model is served by whatever program MLflow brings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from release_format.release import Release
from searchbar.engine import Engine
from searchbar.errors import bad_question
from searchbar.query.question import Question

AT_ONCE = 32


class Model:
    """Answers a table with the column `question` and, where it is there, `filters`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def predict(self, table: Any, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """One answer a row, as `ask --json` writes them, of `k` hits each (a parameter)."""
        k = int((params or {}).get("k", 10))
        questions = [_question(row, k) for row in _rows(table)]
        starts = range(0, len(questions), AT_ONCE)
        answers = (self._engine.search_many(questions[start : start + AT_ONCE]) for start in starts)
        return [answer.to_json() for several in answers for answer in several]


def _load_pyfunc(path: str) -> Model:
    """What MLflow calls with the release's directory; its seal is checked, since copies travel."""
    return Model(Engine.open(Release.open(Path(path))))


def _rows(table: Any) -> Iterator[Mapping[str, Any]]:
    """The rows of a DataFrame, or of a list of rows."""
    return iter(table.to_dict("records") if hasattr(table, "to_dict") else table)


def _question(row: Mapping[str, Any], k: int) -> Question:
    if not isinstance(row.get("question"), str):
        raise bad_question("a row has no `question`; give one as text.")
    # An empty cell of a table is a NaN, or nothing.
    filters = row.get("filters") if isinstance(row.get("filters"), Mapping) else {}
    return Question(
        row["question"],
        k=k,
        filters={name: list(values) for name, values in (filters or {}).items()},
    )
