"""Reading the questions that a body of `/invocations` holds: one JSON object, or one a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from release_format.config.refusal import nearest, shown
from release_format.untrusted_json import parse_json
from searchbar.batch.query_file import filters_of
from searchbar.errors import Cause, SearchError, bad_question
from searchbar.query.question import LONGEST, MOST_HITS, Question

JSON, JSON_LINES = "application/json", "application/jsonlines"
# All names under which programs send lines of JSON; SageMaker's own is the first.
LINES = (JSON_LINES, "application/jsonl", "application/x-ndjson", "application/x-jsonlines")
# Questions and bytes of one body: what is answered in a second or two, in an answer of a megabyte.
MOST_QUESTIONS, LARGEST = 100, 1 << 20
_TEXTS = ("question", "q")


class Invocation(BaseModel):
    """One question, as `question` or `q`; of several, each is a line of its own."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": [name]} for name in _TEXTS]}
    )

    question: str = Field("", max_length=LONGEST)
    q: str = Field("", max_length=LONGEST)
    k: int = Field(10, ge=1, le=MOST_HITS)
    filters: dict[str, list[str]] = {}


def media_type_of(header: str) -> str:
    """The media type of a body, told apart from its parameters.

    Raises:
        SearchError: it is neither JSON nor lines of JSON.
    """
    media_type = header.partition(";")[0].strip().lower()
    if media_type not in (JSON, *LINES):
        what = (
            f"the content type is {shown(media_type)}" if media_type else "there is no content type"
        )
        raise SearchError(
            Cause.OTHER_TYPE,
            f"{what}; send one question as {JSON}, or one a line as {JSON_LINES}.",
        )
    return media_type


def questions_of(body: bytes, media_type: str) -> Iterator[tuple[str, Question]]:
    """Each question with what a refusal of it begins with, which says its line.

    Raises:
        SearchError: something is no question, there is none, or there are too many.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise bad_question(f"the body is not UTF-8 ({error.reason}); send it as UTF-8.") from error
    if media_type == JSON:
        yield "", question_of(text)
        return
    # By the ends of lines only: other separators may stand in a text.
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise bad_question('there is no question in it; send lines like {"question": "…"}.')
    if len(lines) > MOST_QUESTIONS:
        raise bad_question(
            f"these are {len(lines):,} questions; send at most {MOST_QUESTIONS} at once. For files"
            " of them there is `searchbar batch`."
        )
    for number, line in lines:
        try:
            yield f"line {number}: ", question_of(line)
        except SearchError as error:
            raise bad_question(f"line {number}: {error}") from error


def question_of(text: str) -> Question:
    """The question that a JSON object stands for.

    Raises:
        SearchError: it is none.
    """
    try:
        table = parse_json(text)
    except ValueError as error:
        raise bad_question(f'this is no JSON ({error}); send {{"question": "…"}}.') from error
    if not isinstance(table, dict):
        hint = f"one question; send several one a line, as {JSON_LINES}"
        raise bad_question(f'this is no object like {{"question": "…"}}, which is {hint}.')
    _refuse_unknown(table)
    texts = [table[name] for name in _TEXTS if name in table]
    if len(texts) != 1 or not isinstance(texts[0], str):
        raise bad_question('give one text to look for; send {"question": "…"}.')
    k = table.get("k", 10)
    if type(k) is not int:
        raise bad_question(f"k is {shown(k)}; give a whole number.")
    return Question(texts[0], k=k, filters=filters_of(table.get("filters", {})))


def _refuse_unknown(table: dict[str, Any]) -> None:
    known = list(Invocation.model_fields)
    if unknown := next((name for name in table if name not in known), None):
        raise bad_question(f"{shown(unknown)} is no part of a question.{nearest(unknown, known)}")
