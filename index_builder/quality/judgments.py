"""Judged questions, read from a file (JSON lines) or a folder in BEIR layout."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from release_format.exit_codes import UsageError
from release_format.items import Item
from release_format.watch.judgment_files import REFUSED, proposed_beside
from searchbar.query.normalize import fold

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels/test.tsv"
HIGHEST_GRADE = 1000


@dataclass(frozen=True)
class JudgedQuestion:
    """A question and the items that answer it, with grades above zero."""

    id: str
    question: str
    relevant: Mapping[str, int]
    kind: str = ""


def read_judgments(path: Path) -> list[JudgedQuestion]:
    """Read a judged file (JSON lines) or a folder in BEIR layout, in the order of the file.

    Behind a file's own come those that were proposed and merged beside it. What a person judged
    counts before what was proposed for the same question, and a refused proposal for nothing.

    Raises:
        UsageError: nothing is there, or a line cannot be understood.
    """
    if path.is_dir():
        return _read_beir(path)
    judged = [_judged(raw, where) for raw, where in _lines(path)]
    beside = proposed_beside(path)
    if beside == path or not beside.is_file():
        return [question for question in judged if question.kind != REFUSED]
    known = {fold(question.question) for question in judged}
    proposed = [
        question for question in read_judgments(beside) if fold(question.question) not in known
    ]
    return [*judged, *proposed]


def missing_items(judged: Sequence[JudgedQuestion], known: Collection[str]) -> dict[str, list[str]]:
    """Question id → the judged items that are gone from the catalogue."""
    gone = {question.id: [id for id in question.relevant if id not in known] for question in judged}
    return {id: ids for id, ids in gone.items() if ids}


def share_gone(judged: Sequence[JudgedQuestion], gone: Mapping[str, Sequence[str]]) -> float:
    """The share of all judged answers that `missing_items` says are gone.

    Answers, not questions: of a question with fifty answers one may always be missing.
    """
    answers = sum(len(question.relevant) for question in judged)
    return sum(map(len, gone.values())) / max(1, answers)


def beir_items(folder: Path) -> list[Item]:
    """The corpus of a BEIR folder as items, sorted by id."""
    items = (
        Item(str(raw["_id"]), str(raw.get("title") or ""), str(raw.get("text") or ""))
        for raw, _ in _lines(folder / CORPUS)
    )
    return sorted(items, key=lambda item: item.id)


def is_beir(folder: Path) -> bool:
    """Whether the folder is in BEIR layout."""
    return all((folder / name).is_file() for name in (CORPUS, QUERIES, QRELS))


def _lines(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    raw = json.loads(line)
                    json.dumps(raw, ensure_ascii=False).encode()  # "\\ud800" is no character
                    if not isinstance(raw, dict):
                        raise ValueError("not an object")
                    yield raw, f"{path} line {number}"
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}). Name a judged file or a BEIR folder."
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is not JSON lines ({error}). Mend or leave out the line."
        ) from error


def _judged(raw: Mapping[str, Any], where: str) -> JudgedQuestion:
    try:
        relevant = {
            str(id): int(grade) for id, grade in dict(raw["relevant"]).items() if int(grade) > 0
        }
        if max(relevant.values(), default=0) > HIGHEST_GRADE:
            raise ValueError(f"a grade is above {HIGHEST_GRADE}")
        return JudgedQuestion(
            str(raw["id"]), str(raw["question"]), relevant, str(raw.get("kind", ""))
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UsageError(
            f'{where} is not a judgment ({error!r}). Write {{"id", "question", "relevant": {{item'
            " id: grade}}."
        ) from error


def _read_beir(folder: Path) -> list[JudgedQuestion]:
    if not is_beir(folder):
        raise UsageError(
            f"{folder} is not in BEIR layout. It needs {CORPUS}, {QUERIES} and {QRELS}."
        )
    relevant: dict[str, dict[str, int]] = {}
    for number, line in enumerate((folder / QRELS).read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t")
        if number == 1 and not columns[-1].strip().lstrip("-").isdigit():
            continue
        try:
            question, item, grade = columns[0], columns[1], int(columns[-1])
        except (IndexError, ValueError) as error:
            raise UsageError(
                f"{folder / QRELS} line {number} is not `query-id, corpus-id, score` with tabs."
                " Mend the line."
            ) from error
        if grade > 0:
            relevant.setdefault(question, {})[item] = grade
    questions = ((str(raw["_id"]), str(raw["text"])) for raw, _ in _lines(folder / QUERIES))
    return [JudgedQuestion(id, text, relevant[id]) for id, text in questions if id in relevant]
