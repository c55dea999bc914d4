"""Here are a release and a file of questions: give me a folder of answers; stopped, it goes on where it was."""

from __future__ import annotations

import hashlib
import json
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from release_format.program import YES, Parser, progress, say
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.foretelling import Foreteller
from searchbar.question import MOST_HITS, Answer
from searchbar.question_file import Line, read_lines

if TYPE_CHECKING:
    from searchbar.parts import Parts

AT_ONCE, TOPICS = 32, 3
# A part is what is asked again after a stop, and one file a topic.
PART = 4096


def add_files(parser: Parser) -> None:
    """Add what a batch reads and writes."""
    parser.add_argument("questions", metavar="QUESTIONS", help='a file or address, one {"question": "…"} a line')
    parser.add_argument("--out", required=True, metavar="DIR", help="a folder, or an address such as s3://bucket/dir")
    parser.add_argument("--k", type=int, default=10, help=f"hits an answer, at most {MOST_HITS} (default: 10)")
    parser.add_argument("--part", type=int, default=PART, help="questions a part (default: %(default)s)")


def batch(engine: Engine, given: Namespace) -> int:
    """Ask every question that is not answered in the folder yet.

    Raises:
        SearchError: a line is no question, the file is empty, or the folder holds something else.
    """
    try:
        from searchbar.parts import Parts, Plan
    except ImportError as error:
        raise SearchError(
            Cause.NOT_READY, f"a batch needs {error.name}, which a server goes without. Run `make setup` for it."
        ) from error
    if given.part < 1:
        raise SearchError(Cause.BAD_SETTING, f"--part is {given.part}; give at least 1.")
    count, digest = _look_through(engine, given)
    parts = Parts(given.out, Plan(engine.release.id, digest, count, given.k, given.part))
    done = parts.done()
    waiting = count - sum(min(given.part, count - number * given.part) for number in done)
    if done:
        say(f"{count - waiting:,} of {count:,} questions are answered there already.")
    for _ in progress(_ask(engine, parts, given, done), waiting, "answering"):
        pass
    parts.finish()
    print(engine.release.id)
    return YES


def _look_through(engine: Engine, given: Namespace) -> tuple[int, str]:
    """How many questions there are, and their digest; what is wrong with one is said before any is asked."""
    count, digest = 0, hashlib.sha256()
    for line in _lines(engine, given):
        count += 1
        digest.update(json.dumps([line.id, line.question.text, line.question.filters], sort_keys=True).encode())
    if not count:
        raise SearchError(Cause.BAD_QUESTION, f"{given.questions} holds no question. Give a file that does.")
    return count, digest.hexdigest()


def _lines(engine: Engine, given: Namespace) -> Iterator[Line]:
    from searchbar.parts import open_lines

    try:
        with open_lines(given.questions) as file:
            yield from read_lines(file, given.k, engine.check)
    except FileNotFoundError:
        raise SearchError(Cause.BAD_QUESTION, f"there is no {given.questions}. Name a file that is there.") from None
    except UnicodeDecodeError as error:
        raise SearchError(
            Cause.BAD_QUESTION, f"{given.questions} is not UTF-8 ({error.reason}). Convert it."
        ) from None


def _ask(engine: Engine, parts: Parts, given: Namespace, done: set[int]) -> Iterator[None]:
    """Ask part after part; one step a question."""
    foreteller = Foreteller(engine.release.items, engine.finder.dense)
    lines, number = _lines(engine, given), 0
    while part := list(islice(lines, given.part)):
        if number not in done:
            rows = []
            for start in range(0, len(part), AT_ONCE):
                rows += _answered(engine, foreteller, part[start : start + AT_ONCE])
                yield from [None] * (len(rows) - start)
            parts.write(number, rows)
        number += 1


def _answered(
    engine: Engine, foreteller: Foreteller, lines: Sequence[Line]
) -> list[tuple[str, Mapping[str, Any]]]:  # fmt: skip
    answered = engine.answers([line.question for line in lines])
    excluded, rows = engine.finder.excluded(), []
    for line, (answer, found) in zip(lines, answered, strict=True):
        topics = foreteller.foretell(found.reading.vector, excluded)[:TOPICS]
        rows.append((topics[0][0] if topics else "", _row(line, answer, topics)))
    return rows


def _row(line: Line, answer: Answer, topics: Sequence[tuple[str, float]]) -> Mapping[str, Any]:
    return {
        "line": line.number,
        "id": line.id,
        "question": line.question.text,
        "filters": json.dumps(line.question.filters, ensure_ascii=False) if line.question.filters else None,
        "topics": [{"topic": topic, "share": share} for topic, share in topics],
        "total": answer.total,
        "no_good_match": answer.no_good_match,
        "did_you_mean": answer.did_you_mean,
        "hits": [
            {"id": hit.id, "title": hit.title, "url": hit.url, "topics": list(hit.topics), "score": hit.score,
             "matched": hit.matched}
            for hit in answer.hits
        ],
    }  # fmt: skip
