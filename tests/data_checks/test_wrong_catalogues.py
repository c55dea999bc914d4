"""Catalogues that went wrong, one file each in wrong/, with the verdict that they must get."""

from __future__ import annotations

import gzip
import random
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.data_checks.conftest import Admit
from tests.data_checks.library import Row, library, write_jsonl

WRONG = sorted((Path(__file__).parent / "wrong").glob("*.toml"))


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write_case(case: dict[str, Any], folder: Path) -> Path:
    """The catalogue of a case, as files."""
    filler = case.get("filler", {"text": "", "times": 0})
    for name, text in case["files"].items():
        content = text.replace("@@", filler["text"].replace("\\u0000", "\0") * filler["times"])
        data = content.encode(case.get("encoding", "utf-8"))
        if name.endswith(".gz") and "plain" not in case:
            data = gzip.compress(data)
            data = data[: len(data) // 2] if "cut" in case else data
        (folder / name).write_bytes(data)
    return folder if case.get("folder") else folder / next(iter(case["files"]))


def spoil(rows: list[Row], fault: dict[str, Any]) -> list[Row]:
    """The rows of the library with one fault."""
    rows = rows[: fault.get("keep", len(rows))]
    if every := fault.get("drop_every"):
        rows = [row for number, row in enumerate(rows) if number % every]
    rows = [row for row in rows if fault.get("drop_topic") not in row["topics"]]
    copies = [
        {**row, "id": f"{n}-{row['id']}"} for n in range(fault.get("again", 0)) for row in rows
    ]
    if field := fault.get("shuffle"):
        values = random.Random(3).sample([row[field] for row in rows], len(rows))
        rows = [{**row, field: value} for row, value in zip(rows, values, strict=True)]
    if "swap_a" in fault:
        a, b = fault["swap_a"], fault["swap_b"]
        rows = [{**row, a: row[b], b: row[a]} for row in rows]
    if field := fault.get("field"):
        rows = [{**row, field: spoilt(row[field], fault, n)} if n % fault["every"] == 0 else row
                for n, row in enumerate(rows)]  # fmt: skip
    return [*rows[:: -1 if fault.get("reverse") else 1], *copies]


def spoilt(value: str, fault: dict[str, Any], number: int) -> str:
    value = fault.get("to", value) + (f" {number}" if fault.get("number") else "")
    if fault.get("decompose"):
        return "  " + unicodedata.normalize("NFD", value) + " "
    return str(fault.get("prefix", "") + value)[: fault.get("cut")]


# Six seconds each: Deepchecks compares all of their rows.
LONG = ("doubled-twice", "shuffled-descriptions", "mass-change")


def _marked(path: Path) -> Any:
    marks = [pytest.mark.proof] if path.stem in LONG else []
    return pytest.param(path, marks=marks, id=path.stem)


@pytest.mark.parametrize("path", [_marked(path) for path in WRONG])
def test_a_wrong_catalogue_gets_its_verdict(
    path: Path, admit: Admit, small_live: Path, tmp_path: Path
) -> None:
    case = read(path)
    (folder := tmp_path / "wrong").mkdir()
    if "files" in case:
        answer = admit(write_case(case, folder))
    else:
        answer = admit(
            write_jsonl(folder / "c.jsonl", spoil(library(190), case["fault"])), live=small_live
        )
    expect = case["expect"]
    assert answer.code == expect["exit"], answer.stderr
    assert expect.get("says", "") in answer.stderr
    assert "Traceback" not in answer.stderr
    if answer.code in (0, 1):
        assert answer.refused_by == expect.get("refused_by", [])
        assert answer.rules == expect.get("quarantined", answer.rules)
    sealed = list((tmp_path / "store").glob("snapshots/*"))
    assert len(sealed) == (answer.code == 0)


def test_the_cases_are_enough() -> None:
    assert len(WRONG) >= 40
    assert all(read(path)["story"] for path in WRONG)
