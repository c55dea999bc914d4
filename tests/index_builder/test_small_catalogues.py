"""Small catalogues: what is in them is found and never refused, and what is not is told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from release_format.release import Release
from searchbar.engine import Engine
from searchbar.query.question import Answer, Question
from tests.index_builder.small_catalogues import ALL, SmallCatalogue
from tests.index_builder.test_made_catalogues import bring

PROOF = Path(__file__).parents[2] / "docs/proofs/small_catalogues.md"
HEAD = """# Small catalogues

Written by `make proof` (tests/index_builder/test_small_catalogues.py): catalogues of one to 46
items, each admitted and built by the real programs, without judgments, with the English encoder.
Each is asked for what it holds, which must come first and must not be called "nothing fits", and
for what nobody could find in it. *Total* is how many fit, and how many more are less likely.
Words: the [glossary](../glossary.md).
"""
COLUMNS = (
    "| catalogue | items | level | asked | is in it | says | total | first answer | day"
    " |\n|---|--:|--:|---|---|---|---|---|---|\n"
)


def ask(engine: Engine, question: str) -> Answer:
    return engine.search(Question(question, k=50))


def trouble(catalogue: SmallCatalogue, engine: Engine) -> list[str]:
    """What is wrong with its answers."""
    wrong, missed = [], 0
    for question, ids in catalogue.wanted.items():
        answer = ask(engine, question)
        first = {hit.id for hit in answer.hits[: min(3, len(ids))]}
        missed += answer.no_good_match
        if not first <= ids:
            wrong.append(f"{question!r} finds {sorted(first)} first, not of {sorted(ids)}")
        if not len(ids) <= answer.total <= len(catalogue.rows) or answer.less_likely < 0:
            wrong.append(f"{question!r} has a total of {answer.total} and {answer.less_likely}")
    if missed > catalogue.may_miss:
        wrong.append(f"nothing is said to fit {missed} questions that something fits")
    passed = [each for each in catalogue.foreign if not ask(engine, each).no_good_match]
    if len(passed) > catalogue.may_pass:
        wrong.append(f"nothing is told of {passed}")
    return wrong


def rows_of(catalogue: SmallCatalogue, engine: Engine) -> list[str]:
    """Its rows of the table."""
    day, level = time.strftime("%Y-%m-%d", time.gmtime()), engine.level
    head = f"| {catalogue.name} | {len(catalogue.rows)} | {-1 if level is None else level:.3f}"
    lines = []
    for question in (*catalogue.wanted, *catalogue.foreign):
        answer = ask(engine, question)
        says = "nothing fits" if answer.no_good_match else "answers"
        first = answer.hits[0].title if answer.hits else "–"
        lines.append(
            f"{head} | {question} | {'yes' if question in catalogue.wanted else 'no'} | {says} |"
            f" {answer.total} + {answer.less_likely} | {first} | {day} |\n"
        )
    return lines


def write(catalogue: SmallCatalogue, rows: list[str]) -> None:
    """Write the rows of one catalogue, and leave the others as they are."""
    lines = PROOF.read_text(encoding="utf-8").splitlines(keepends=True) if PROOF.is_file() else []
    known = {each.name: [ln for ln in lines if ln.startswith(f"| {each.name} |")] for each in ALL}
    known[catalogue.name] = rows
    table = "".join(line for each in ALL for line in known[each.name])
    PROOF.write_text(f"{HEAD}\n{COLUMNS}{table}", encoding="utf-8")


def built(catalogue: SmallCatalogue, folder: Path, capsys: pytest.CaptureFixture[str]) -> Release:
    ending = bring(catalogue, folder, capsys)
    assert ending.release, "no catalogue is too small"
    return ending.release


@pytest.mark.proof
@pytest.mark.parametrize("catalogue", ALL, ids=lambda catalogue: catalogue.name)
def test_small_catalogues_answer_and_tell_what_they_do_not_hold(
    catalogue: SmallCatalogue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = Engine.open(built(catalogue, tmp_path, capsys))
    write(catalogue, rows_of(catalogue, engine))
    assert not trouble(catalogue, engine)
