"""What came, went and changed is found exactly, quickly, and with little memory."""

from __future__ import annotations

import json
import random
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from data_checks.__main__ import main
from data_checks.changes import changed_fields, compare, walk
from data_checks.samples import Sample
from data_checks.tables import Tables
from data_checks.words import word_diff
from release_format.items import Item, write_items
from tests.data_checks.conftest import Admit
from tests.data_checks.library import library, write_jsonl


def lay(folder: Path, rows: dict[str, str]) -> Path:
    write_items(folder, [Item(id, title, topics=("t",)) for id, title in sorted(rows.items())])
    return folder


@settings(max_examples=60, deadline=None)
@given(*[some.dictionaries(some.text("abcä", min_size=1, max_size=3), some.sampled_from("xyz"), max_size=15)] * 2)
def test_a_walk_finds_what_two_dictionaries_find(before: dict[str, str], after: dict[str, str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        old, new = lay(Path(name, "old"), before), lay(Path(name, "new"), after)
        found: dict[str, set[str]] = {kind: set() for kind in ("added", "removed", "changed", "kept")}
        for step in walk(old, new):
            found[step.kind].add(step.row["id"])
    assert found["added"] == after.keys() - before.keys()
    assert found["removed"] == before.keys() - after.keys()
    assert found["changed"] == {id for id in after.keys() & before.keys() if after[id] != before[id]}
    assert found["kept"] == {id for id in after.keys() & before.keys() if after[id] == before[id]}


def test_a_change_names_its_fields_and_words(tmp_path: Path) -> None:
    for name, item in (
        ("old", Item("a", "Anvil", "To forge iron on.", ("smith",), extra={"price": "5"})),
        ("new", Item("a", "Anvil", "To forge hot iron.", ("smith", "tools"), extra={"price": "6"})),
    ):
        write_items(tmp_path / name, [item])
    (step,) = walk(tmp_path / "old", tmp_path / "new")
    assert changed_fields(step) == ["description", "price", "topics"]
    assert word_diff("To forge iron on.", "To forge hot iron.") == [
        ("kept", "To forge "), ("new", "hot "), ("kept", "iron"), ("gone", " on"), ("kept", ".")
    ]  # fmt: skip


def test_losses_are_counted_by_topic_and_by_text(tmp_path: Path) -> None:
    before = [Item(f"{n:03}", "T", "A long enough description of a thing.", ("even" if n % 2 == 0 else "odd",)) for n in range(100)]  # fmt: skip
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
        Item(f"{n:06}", f"Title {n}", " ".join(chance.choices(words, k=90)) + ("!" if n % 100 < changed else ""), (f"t{n % 40}",))
        for n in range(size)
    )  # fmt: skip
    write_items(folder, items)
    return folder


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peaks = []
    for size in (15_000, 45_000):
        old, new = big(tmp_path / f"old{size}", size, 0), big(tmp_path / f"new{size}", size, 2)
        tables = Tables()
        for name in ("live", "candidate", "arrivals", "removed", "kept", "pairs"):
            setattr(tables, name, Sample(100))  # full long before either size ends
        tracemalloc.start()
        for step in walk(old, new):
            tables.add(step)
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


def test_diff_says_what_changed(
    admit: Admit, small_live: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = library(190)[1:]
    rows[0]["title"] = "Another title"
    answer = admit(write_jsonl(tmp_path / "c.jsonl", rows), live=small_live)
    assert main(["diff", str(small_live), answer.id, "--store", str(tmp_path / "store")]) == 0
    said = capsys.readouterr().out
    assert "removed 1 · changed 1" in said
    assert "- book-00000" in said
    assert main(["diff", str(small_live), answer.id, "--store", str(tmp_path / "store"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["removed"], found["changed"], found["fields"]) == (1, 1, {"title": 1})


def test_a_sample_does_not_depend_on_order() -> None:
    keys = [f"{n % 300}" for n in range(900)]
    samples = [Sample[str](40), Sample[str](40)]
    for sample, order in zip(samples, (keys, random.Random(2).sample(keys, 900)), strict=True):
        for key in order:
            sample.offer(key, key)
    assert samples[0].kept() == samples[1].kept()
    assert len(samples[0]) == 40
    assert max(map(samples[0].kept().count, samples[0].kept())) == 3, "doubles come together"
