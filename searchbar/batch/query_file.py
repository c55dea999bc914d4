"""Reading a file of questions, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from searchbar.errors import SearchError, bad_question
from searchbar.query.question import Question, check_text


@dataclass(frozen=True)
class Line:
    """One question of the file, with the number of its line, and its id or again the number."""

    number: int
    id: str
    question: Question


def read_lines(lines: Iterable[str], k: int, check: Callable[[Question], None]) -> Iterator[Line]:
    """The questions of a file: {"question": …} with `id` and `filters` where it has them.

    A log of questions will do: empty lines and visitors' reactions in it are passed over.

    Raises:
        SearchError: a line is no question, or none that `check` lets pass; its number is said.
    """
    for number, text in enumerate(lines, 1):
        try:
            row = _row(text)
            if row is None:
                continue
            question = Question(row["question"], k=k, filters=filters_of(row.get("filters") or {}))
            check_text(question.text)
            check(question)
        except SearchError as error:
            raise bad_question(f"line {number}: {error}") from error
        yield Line(number, str(row.get("id") or number), question)


def _row(text: str) -> Mapping[str, Any] | None:
    if not text.strip():
        return None
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad_question(f'this is no JSON ({error}); write {{"question": "…"}}.') from error
    if not isinstance(row, dict) or not isinstance(row.get("question"), str):
        raise bad_question('there is no question in it; write {"question": "…"}.')
    return None if row.get("feedback") else row


def filters_of(table: Any) -> dict[str, list[str]]:
    """Filters as JSON has them: values by field.

    Raises:
        SearchError: they are none.
    """
    if isinstance(table, dict) and all(
        isinstance(values, list) and all(isinstance(value, str) for value in values)
        for values in table.values()
    ):
        return table
    raise bad_question('the filters are none; write them like {"topic": ["video", "!audio"]}.')
