"""Batch answering: a file of questions into a folder of answers; stopped, it goes on later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from release_format.progress import progress, say
from release_format.store.filesystem import open_text
from searchbar.batch.parquet_sink import BatchPlan, ParquetSink, check_libraries
from searchbar.batch.query_file import Line, read_lines
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.query.question import Answer
from searchbar.results.topic_votes import TopicVoter

AT_ONCE, TOPICS = 32, 3
# A part is what is asked again after a stop, and one file a topic.
PART = 4096


@dataclass(frozen=True)
class BatchRequest:
    """A file of questions, the folder of their answers, hits an answer and questions a part."""

    questions: str
    out: str
    k: int
    part: int


def answer_batch(engine: Engine, request: BatchRequest) -> None:
    """Ask every question that is not answered in the folder yet.

    Raises:
        SearchError: a line is no question, the file is empty, or the folder holds something else.
    """
    check_libraries()
    part = request.part
    if part < 1:
        raise SearchError(Cause.BAD_SETTING, f"--part is {part}; give at least 1.")
    count, digest = _count_and_digest(engine, request)
    sink = ParquetSink(request.out, BatchPlan(engine.release.id, digest, count, request.k, part))
    finished = sink.finished_parts()
    waiting = count - sum(min(part, count - number * part) for number in finished)
    if finished:
        say(f"{count - waiting:,} of {count:,} questions are answered there already.")
    for _ in progress(_ask(engine, sink, request, finished), waiting, "answering"):
        pass
    sink.finish()


def _count_and_digest(engine: Engine, request: BatchRequest) -> tuple[int, str]:
    """How many questions there are, and their digest; all are checked before any is asked."""
    count, digest = 0, hashlib.sha256()
    for line in _lines(engine, request):
        count += 1
        fields = [line.id, line.question.text, line.question.filters]
        digest.update(json.dumps(fields, sort_keys=True).encode())
    if not count:
        text = f"{request.questions} holds no question. Give a file that does."
        raise SearchError(Cause.BAD_QUESTION, text)
    return count, digest.hexdigest()


def _lines(engine: Engine, request: BatchRequest) -> Iterator[Line]:
    path = request.questions
    try:
        with open_text(path) as file:
            yield from read_lines(file, request.k, engine.check)
    except FileNotFoundError:
        text = f"there is no {path}. Name a file that is there."
        raise SearchError(Cause.BAD_QUESTION, text) from None
    except UnicodeDecodeError as error:
        text = f"{path} is not UTF-8 ({error.reason}). Convert it."
        raise SearchError(Cause.BAD_QUESTION, text) from None


def _ask(
    engine: Engine, sink: ParquetSink, request: BatchRequest, finished: set[int]
) -> Iterator[None]:
    """Ask part after part; one step a question."""
    voter = TopicVoter(engine.release.items, engine.retriever.dense)
    lines, number = _lines(engine, request), 0
    while part := list(islice(lines, request.part)):
        if number not in finished:
            rows = []
            for start in range(0, len(part), AT_ONCE):
                rows += _rows(engine, voter, part[start : start + AT_ONCE])
                yield from [None] * (len(rows) - start)
            sink.write(number, rows)
        number += 1


def _rows(
    engine: Engine, voter: TopicVoter, lines: Sequence[Line]
) -> list[tuple[str, Mapping[str, Any]]]:
    answers = engine.answers([line.question for line in lines])
    excluded, rows = engine.retriever.excluded(), []
    for line, (answer, result_set) in zip(lines, answers, strict=True):
        topics = voter.predict(result_set.plan.vector, excluded)[:TOPICS]
        rows.append((topics[0][0] if topics else "", _row(line, answer, topics)))
    return rows


def _row(line: Line, answer: Answer, topics: Sequence[tuple[str, float]]) -> Mapping[str, Any]:
    filters = line.question.filters
    return {
        "line": line.number,
        "id": line.id,
        "question": line.question.text,
        "filters": json.dumps(filters, ensure_ascii=False) if filters else None,
        "topics": [{"topic": topic, "share": share} for topic, share in topics],
        "total": answer.total,
        "no_good_match": answer.no_good_match,
        "did_you_mean": answer.did_you_mean,
        "hits": [
            {
                "id": hit.id,
                "title": hit.title,
                "url": hit.url,
                "topics": list(hit.topics),
                "score": hit.score,
                "matched": hit.matched,
            }
            for hit in answer.hits
        ],
    }
