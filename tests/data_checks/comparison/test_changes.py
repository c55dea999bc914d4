"""What came, went and changed is found exactly, quickly, and with little memory."""

from __future__ import annotations

import random
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_checks.comparison.changes import changed_fields, compare, walk
from data_checks.comparison.sample import Sample
from data_checks.comparison.tables import Tables
from data_checks.report.word_diff import word_diff
from release_format.items import Item, write_items


def write_rows(folder: Path, rows: dict[str, str]) -> Path:
    write_items(folder, [Item(id, title, topics=("t",)) for id, title in sorted(rows.items())])
    return folder


@settings(max_examples=60, deadline=None)
@given(
    *[st.dictionaries(st.text("abcä", min_size=1, max_size=3), st.sampled_from("xyz"), max_size=15)]
    * 2
)
def test_a_walk_finds_what_two_dictionaries_find(
    before: dict[str, str], after: dict[str, str]
) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        old, new = write_rows(Path(name, "old"), before), write_rows(Path(name, "new"), after)
        ids_by_kind: dict[str, set[str]] = {
            kind: set() for kind in ("added", "removed", "changed", "kept")
        }
        for change in walk(old, new):
            ids_by_kind[change.kind].add(change.row["id"])
    assert ids_by_kind["added"] == after.keys() - before.keys()
    assert ids_by_kind["removed"] == before.keys() - after.keys()
    common = after.keys() & before.keys()
    assert ids_by_kind["changed"] == {id for id in common if after[id] != before[id]}
    assert ids_by_kind["kept"] == {id for id in common if after[id] == before[id]}


def test_a_change_names_its_fields_and_words(tmp_path: Path) -> None:
    for name, item in (
        ("old", Item("a", "Anvil", "To forge iron on.", ("smith",), extra={"price": "5"})),
        ("new", Item("a", "Anvil", "To forge hot iron.", ("smith", "tools"), extra={"price": "6"})),
    ):
        write_items(tmp_path / name, [item])
    (change,) = walk(tmp_path / "old", tmp_path / "new")
    assert changed_fields(change) == ["description", "price", "topics"]
    assert word_diff("To forge iron on.", "To forge hot iron.") == [
        ("kept", "To forge "), ("new", "hot "), ("kept", "iron"), ("gone", " on"), ("kept", ".")
    ]  # fmt: skip


def test_losses_are_counted_by_topic_and_by_text(tmp_path: Path) -> None:
    before = [
        Item(
            f"{n:03}",
            "T",
            "A long enough description of a thing.",
            ("even" if n % 2 == 0 else "odd",),
        )
        for n in range(100)
    ]
    after = [item for item in before if item.topics == ("odd",) or item.id < "020"]
    after[0] = Item(after[0].id, "T", "", after[0].topics)
    after[1] = Item(after[1].id, "T", "A long enough", after[1].topics)
    write_items(tmp_path / "old", before)
    write_items(tmp_path / "new", after)
    changes = compare(tmp_path / "old", tmp_path / "new")
    assert changes.topics["even"].loss == pytest.approx(0.8)
    assert changes.topics["odd"].loss == 0
    assert (changes.emptied, changes.cut) == (1, 1)
    assert changes.fields == {"description": 2}


def big(folder: Path, size: int, changed: int) -> Path:
    chance = random.Random(1)
    words = [f"word{n}" for n in range(2_000)]
    items = (
        Item(
            f"{n:06}",
            f"Title {n}",
            " ".join(chance.choices(words, k=90)) + ("!" if n % 100 < changed else ""),
            (f"t{n % 40}",),
        )
        for n in range(size)
    )
    write_items(folder, items)
    return folder


@pytest.mark.proof
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peaks = []
    for size in (15_000, 45_000):
        old, new = big(tmp_path / f"old{size}", size, 0), big(tmp_path / f"new{size}", size, 2)
        tables = Tables()
        for name in ("live", "candidate", "arrivals", "removed", "kept", "pairs"):
            setattr(tables, name, Sample(100))  # full long before either size ends
        tracemalloc.start()
        for change in walk(old, new):
            tables.add(change)
        compare(old, new)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.15 * peaks[0], peaks


def test_63_000_rows_are_compared_in_two_seconds(tmp_path: Path) -> None:
    old, new = big(tmp_path / "old", 63_000, 0), big(tmp_path / "new", 63_000, 1)
    started = time.process_time()
    changes = compare(old, new)
    assert changes.counts["changed"] == 630
    assert time.process_time() - started < 2
