"""Odd catalogues and their second days: what has too few values to compare is not asked.

Nothing else is lost.
"""

from __future__ import annotations

import pwd
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from data_checks.comparison import measure, suite_runner
from data_checks.comparison.changes import Changes, ItemChange
from data_checks.comparison.tables import Tables
from data_checks.errors import CatalogueError
from data_checks.gate.thresholds import read_thresholds
from release_format.verdict import Outcome
from tests.data_checks.conftest import Admit, Admitted
from tests.data_checks.library import Row, write_jsonl

TOPICAL = ("topic-drift", "new-topics", "topic-variants")
WORDS = "lamp oak brass steel glass round warm cable shade hook solar paper"
SIGNS = "山川木火土金水日月星雲雨雪風花鳥"


def described(number: int) -> str:
    return " ".join(random.Random(number).choices(WORDS.split(), k=10)) + f" number {number}"


def signs(number: int) -> str:
    return "".join(random.Random(number).choices(SIGNS, k=30))


def plain(number: int) -> Row:
    return {"title": f"Model {number}", "description": described(number)}


KINDS: dict[str, Callable[[int], Row]] = {
    "no topics": plain,
    "titles only": lambda n: {"title": described(n)},
    "descriptions only": lambda n: {"description": described(n)},
    "three rows with topics": lambda n: {**plain(n), "topics": ["new"] if n < 3 else []},
    "one topic": lambda n: {**plain(n), "topics": ["all"]},
    "years as topics": lambda n: {**plain(n), "topics": [str(2020 + n % 4)]},
    "a topic for each row": lambda n: {**plain(n), "topics": [f"only {n}"]},
    "one language": lambda n: {**plain(n), "language": "en"},
    "constant columns": lambda n: {
        **plain(n),
        "title": "Lamp",
        "url": "https://a.example/",
        "brand": "Own",
        "price": 1,
    },
    "one letter": lambda n: {"title": "abcdefghij"[n % 10]},
    "signs that mean nothing": lambda n: {"title": "?!" * (n % 5 + 1)},
    "no spaces between words": lambda n: {"title": signs(n), "description": signs(n + 5_000)},
}


def rows_of(kind: str, size: int) -> list[Row]:
    return [{"id": f"{number:04}", **KINDS[kind](number)} for number in range(size)]


def one_row_changed(rows: Sequence[Row]) -> list[Row]:
    """A harmless day."""
    changed = list(rows)
    field = "description" if "description" in rows[0] else "title"
    changed[len(rows) // 2] = {**(row := rows[len(rows) // 2]), field: f"{row[field]} as well"}
    return changed


def half_gone(rows: Sequence[Row]) -> list[Row]:
    return list(rows[::2])


def emptied(rows: Sequence[Row]) -> list[Row]:
    """A title where there was a description, too, else nothing at all."""
    return [
        {**row, "title": "", "description": row.get("description", "") if "title" in row else ""}
        for row in rows
    ]


def written_null(rows: Sequence[Row]) -> list[Row]:
    return [{**row, "title": "null", "description": "null"} for row in rows]


BAD = (half_gone, emptied, written_null)


@pytest.fixture
def checks_run(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The checks that ran, in a suite that sees nothing after counting what it would compare."""
    names: list[str] = []

    def run_suite(tables: Tables, checks: Sequence[str], page: Path) -> dict[str, dict[str, Any]]:
        compared = tables.compared()
        for name in checks:
            least = read_thresholds().conditions[name].least
            assert name not in TOPICAL or compared["topics"] >= least
            assert name not in ("length-drift", "placeholders") or compared["descriptions"]
        names.extend(checks)
        return {name: {"value": 0.0} for name in checks}

    monkeypatch.setattr(measure, "run_suite", run_suite)
    return names


def second_day(
    admit: Admit, folder: Path, rows: Sequence[Row], day: Callable[[Sequence[Row]], list[Row]]
) -> Admitted:
    live = admit(write_jsonl(folder / "live.jsonl", rows))
    assert live.code == 0, live.stderr
    return admit(write_jsonl(folder / "next.jsonl", day(rows)), live=live.id)


def nothing_broke(answer: Admitted) -> bool:
    return all(
        condition.answer is not Outcome.COULD_NOT_TELL for condition in answer.verdict.conditions
    )


@pytest.mark.parametrize("size", [1, 240])
@pytest.mark.parametrize("kind", KINDS)
def test_a_harmless_second_day_is_let_through(
    kind: str, size: int, admit: Admit, checks_run: list[str], tmp_path: Path
) -> None:
    answer = second_day(admit, tmp_path, rows_of(kind, size), one_row_changed)
    assert answer.code == 0, answer.stderr
    topics = sum(len(row.get("topics", ())) for row in rows_of(kind, size))
    expected = set(TOPICAL) if topics >= 200 else set()
    assert expected == set(checks_run) & set(TOPICAL)
    assert all(
        (answer.answer(name) is Outcome.NOT_ASKED) == (name not in expected) for name in TOPICAL
    )


@pytest.mark.usefixtures("checks_run")
@pytest.mark.parametrize("day", BAD, ids=lambda day: day.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_second_day_is_refused_all_the_same(
    kind: str, day: Callable[[Sequence[Row]], list[Row]], admit: Admit, tmp_path: Path
) -> None:
    answer = second_day(admit, tmp_path, rows_of(kind, 20), day)
    assert answer.code == 1, answer.stderr
    assert nothing_broke(answer)


def test_deepchecks_compares_a_catalogue_without_topics(admit: Admit, tmp_path: Path) -> None:
    answer = second_day(admit, tmp_path, rows_of("no topics", 240), one_row_changed)
    assert answer.code == 0, answer.stderr
    assert {answer.answer(name) for name in TOPICAL} == {Outcome.NOT_ASKED}
    assert {answer.answer(name) for name in ("length-drift", "placeholders", "duplicates")} == {
        Outcome.YES
    }
    reason = "too few topics to compare: 0, and 200 would say something"
    assert f"Not asked: topic-drift, new-topics, topic-variants ({reason})." in answer.stderr
    for report in ("data-verdict.json", "data-report.html", "data-report.md", "data-junit.xml"):
        assert reason in (answer.reports / report).read_text(encoding="utf-8"), report
    assert "not asked" in (answer.reports / "data-report.html").read_text(encoding="utf-8")


def asked_for_everything(folder: Path) -> Path:
    """Own bounds, under which one value is enough to be asked about."""
    (path := folder / "bounds.toml").write_text(
        "".join(f"[conditions.{name}]\nleast = 1\n" for name in measure.SUITE)
    )
    return path


def test_deepchecks_never_breaks_on_texts_without_words(admit: Admit, tmp_path: Path) -> None:
    """Topics that are numbers, texts of one letter, all changed, and half of them removed."""
    rows = [
        {**row, "topics": [str(2020 + n % 4)]} for n, row in enumerate(rows_of("one letter", 50))
    ]
    live = admit(write_jsonl(tmp_path / "live.jsonl", rows))
    later = [{**row, "title": "xyz"[n % 3]} for n, row in enumerate(rows[::2])]
    bounds = ("--thresholds", str(asked_for_everything(tmp_path)))
    answer = admit(write_jsonl(tmp_path / "next.jsonl", later), *bounds, live=live.id)
    assert nothing_broke(answer), answer.stderr
    assert "removed" in answer.refused_by
    assert answer.answer("topic-variants") is Outcome.YES
    assert answer.answer("rewritten") is Outcome.NOT_ASKED
    assert "the texts hold no words to compare" in answer.stderr


# Every kind where all checks are asked, and each other size by two kinds: a suite takes a minute.
ODD = [
    *((kind, 260) for kind in KINDS),
    ("one letter", 1),
    ("years as topics", 1),
    ("a topic for each row", 10),
    ("no spaces between words", 10),
    ("years as topics", 199),
    ("signs that mean nothing", 199),
    ("a topic for each row", 1_000),
    ("constant columns", 1_000),
]


@pytest.mark.proof
@pytest.mark.usefixtures("warm_suite")
@pytest.mark.parametrize(("kind", "size"), ODD)
def test_deepchecks_never_breaks_on_odd_catalogues(
    kind: str, size: int, admit: Admit, tmp_path: Path
) -> None:
    rows = rows_of(kind, size)
    answer = second_day(admit, tmp_path, rows, one_row_changed)
    assert answer.code == 0, answer.stderr
    bounds = ("--thresholds", str(asked_for_everything(tmp_path)))
    live = str(tmp_path / "store/snapshots" / answer.verdict.live)
    for day in BAD:
        refused = admit(write_jsonl(tmp_path / "bad.jsonl", day(rows)), live=live)
        assert (refused.code == 1) == (size >= 10 or not refused.verdict.facts["accepted"]), (
            refused.stderr
        )
        pressed = admit(tmp_path / "bad.jsonl", *bounds, live=live)
        assert nothing_broke(refused), refused.stderr
        assert nothing_broke(pressed), pressed.stderr


def test_small_topics_cannot_vanish_together() -> None:
    """No topic is large enough to be watched by itself; having one at all is."""
    changes = Changes()
    for number in range(100):
        row = {
            "id": f"{number:03}",
            "title": "A",
            "topics": [f"topic {number % 20}"] if number < 60 else [],
        }
        changes.add(ItemChange(row, {**row, "topics": []}))
    seen = measure._topic_loss(changes, least=50)
    assert (seen.value, seen.rows, seen.detail) == (1.0, 60, measure.ANY_TOPIC)


def test_a_user_without_home_learns_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> NoReturn:
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME", "SEARCHBAR_DEEPCHECKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(
        CatalogueError, match="Set HOME, XDG_CACHE_HOME or SEARCHBAR_DEEPCHECKS"
    ) as refused:
        suite_runner.environment()
    assert refused.value.exit_code == 2
    assert not suite_runner._is_writable(suite_runner._user_cache())
    assert suite_runner._is_writable(Path.cwd() / "not/made/yet")
