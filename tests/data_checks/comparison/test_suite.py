"""Each check of the suite refuses one fault that nothing else refuses.

Without the check, its test fails.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from data_checks.comparison import suite_runner
from data_checks.comparison.measure import SUITE
from data_checks.errors import CatalogueError
from release_format.verdict import Outcome
from tests.data_checks.conftest import Admit
from tests.data_checks.library import Row, is_about, library, write_jsonl

SIZE = 2_600
SPAM = (
    "cheap pills casino bonus winner click jackpot loan discount miracle offer crypto viagra"
    " lottery"
)


def spam(rows: list[Row], chance: random.Random) -> list[Row]:
    """A tenth more rows, of another world."""
    return rows + [
        {**row, "id": f"spam-{row['id']}", "title": " ".join(chance.choices(SPAM.split(), k=4)),
         "description": f"{row['id']} " + " ".join(chance.choices(SPAM.split(), k=40))}
        for row in chance.sample(rows, SIZE // 10)
    ]  # fmt: skip


def one_theme_gone(rows: list[Row], chance: random.Random) -> list[Row]:
    """Eight in a hundred rows less, all that there was of one theme; no shelf loses much."""
    remaining = [row for row in rows if not is_about("harbours", row)]
    assert 200 < SIZE - len(remaining) < SIZE // 10
    return remaining


def doubled_descriptions(rows: list[Row], chance: random.Random) -> list[Row]:
    """Almost half of the descriptions say everything twice: the same words, twice as long."""
    return [
        (
            {**row, "description": f"{row['description']} {row['description']}"}
            if number % 20 < 9
            else row
        )
        for number, row in enumerate(rows)
    ]


def one_shelf(rows: list[Row], chance: random.Random) -> list[Row]:
    """Almost half of the rows moved to one shelf that live knows; no shelf loses half."""
    return [
        {**row, "topics": ["archive"]} if number % 50 < 20 else row
        for number, row in enumerate(rows)
    ]


def unknown_shelves(rows: list[Row], chance: random.Random) -> list[Row]:
    """A sixth of the rows also stand on shelves that live does not know, none of them large."""
    return [
        (
            {**row, "topics": [*row["topics"], f"vault {chance.randint(1, 60)}"]}
            if number % 6 == 0
            else row
        )
        for number, row in enumerate(rows)
    ]


def spelt_otherwise(rows: list[Row], chance: random.Random) -> list[Row]:
    """Three in a hundred rows stand on `Loan` instead of `loan`, and so on."""
    return [
        {**row, "topics": [topic.title() for topic in row["topics"]]} if number % 33 == 0 else row
        for number, row in enumerate(rows)
    ]


def written_nulls(rows: list[Row], chance: random.Random) -> list[Row]:
    """One in a hundred descriptions is a null that became text."""
    nulls = ["null", "None", "N/A", "nan", "undefined"]
    return [
        {**row, "description": chance.choice(nulls)} if number % 100 == 0 else row
        for number, row in enumerate(rows)
    ]


def imported_twice(rows: list[Row], chance: random.Random) -> list[Row]:
    """Eight in a hundred rows came again under new ids."""
    return rows + [
        {**row, "id": f"again-{row['id']}"} for row in chance.sample(rows, SIZE * 8 // 100)
    ]


def shuffled(rows: list[Row], chance: random.Random) -> list[Row]:
    """Six in a hundred rows tell the story of another one."""
    chosen = chance.sample(range(len(rows)), SIZE * 6 // 100)
    mixed = list(rows)
    for target, source in zip(chosen, [*chosen[1:], chosen[0]], strict=True):
        mixed[target] = {
            **rows[target],
            "title": rows[source]["title"],
            "description": rows[source]["description"],
        }
    return mixed


FAULTS: dict[str, Callable[[list[Row], random.Random], list[Row]]] = {
    "drift-of-arrivals": spam,
    "drift-of-removals": one_theme_gone,
    "length-drift": doubled_descriptions,
    "topic-drift": one_shelf,
    "new-topics": unknown_shelves,
    "topic-variants": spelt_otherwise,
    "placeholders": written_nulls,
    "duplicates": imported_twice,
    "rewritten": shuffled,
}


# Deepchecks takes eight seconds for each.
QUICK = ("drift-of-arrivals", "topic-variants")
PROVEN = [pytest.param(name, marks=pytest.mark.proof) for name in FAULTS if name not in QUICK]


@pytest.mark.parametrize("condition", [*QUICK, *PROVEN])
def test_each_check_alone_refuses_its_fault(
    condition: str, admit: Admit, large_live: Path, tmp_path: Path
) -> None:
    rows = FAULTS[condition](library(SIZE), random.Random(7))
    answer = admit(write_jsonl(tmp_path / "faulty.jsonl", rows), live=large_live)
    assert answer.refused_by == [condition], answer.stderr
    assert answer.code == 1


def test_every_check_of_the_suite_has_its_fault() -> None:
    assert set(FAULTS) == set(SUITE)


def test_a_suite_that_breaks_is_not_passed(
    admit: Admit, large_live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('out of order')\n")
    monkeypatch.setattr(suite_runner, "SUITE", broken)
    rows = [{**row, "description": row["description"] + " And more."} for row in library(SIZE)[:40]]
    answer = admit(write_jsonl(tmp_path / "fine.jsonl", rows + library(SIZE)[40:]), live=large_live)
    assert answer.code == 3
    assert "length-drift" in answer.refused_by
    assert answer.answer("length-drift") is Outcome.COULD_NOT_TELL
    assert answer.id == ""
    assert "out of order" in answer.stderr


def test_an_environment_that_cannot_be_made_is_not_passed(
    admit: Admit, large_live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "deepchecks.txt"
    lock.write_text("deepchecks==0.19.1 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr(suite_runner, "LOCK", lock)
    monkeypatch.setenv("SEARCHBAR_DEEPCHECKS", str(tmp_path / "venv"))
    rows = library(SIZE)
    rows[5]["title"] += "!"
    answer = admit(write_jsonl(tmp_path / "fine.jsonl", rows), live=large_live)
    assert answer.code == 3
    assert answer.answer("duplicates") is Outcome.COULD_NOT_TELL
    assert not (tmp_path / "venv").exists()


def test_every_clone_finds_the_environment_that_one_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named by its lock, in the user's cache; a made one is not made again."""
    monkeypatch.delenv("SEARCHBAR_DEEPCHECKS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(suite_runner, "_make", lambda home: pytest.fail(f"{home} is made again"))
    meant = hashlib.sha256(suite_runner.LOCK.read_bytes()).hexdigest()
    home = suite_runner.shared_home(meant)
    assert home.is_relative_to(tmp_path)
    assert home != suite_runner.shared_home("another lock")
    (home / "bin").mkdir(parents=True)
    (home / "bin/python").touch()
    (home / "made-from").write_text(meant)
    assert suite_runner.environment() == home / "bin/python"


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEARCHBAR_DEEPCHECKS", str(tmp_path / "file/venv"))
    with pytest.raises(CatalogueError, match="Name another folder in SEARCHBAR_DEEPCHECKS"):
        suite_runner.environment()
