"""Probes are chosen with a margin; where nothing tells items apart, by their ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.quality.probes import choose_probes
from release_format.items import Item
from release_format.probes import FIRST
from release_format.release import ENCODER, Release
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.searchbar.conftest import write_release

SAME = [Item(f"n{n:02}", "Leather jacket", "A black jacket of cow leather.") for n in range(24)]
OTHER = Item("z", "Rain coat", "Keeps you dry in a storm.")


@pytest.mark.parametrize(
    ("items", "count", "expected"),
    [
        (SAME, 12, {item.id for item in SAME[:12]}),
        (SAME, 0, set()),
        (SAME[:FIRST], 12, {"n00"}),
        (SAME[:1], 12, {"n00"}),
    ],
    ids=["alike", "none wanted", "few alike", "one"],
)
def test_items_that_nothing_tells_apart_are_asked_for_by_their_ids(
    items: list[Item], count: int, expected: set[str], tmp_path: Path, bundled_release: Release
) -> None:
    staged = write_release(tmp_path / "r", items, bundled_release.path / ENCODER)
    engine = Engine.open(staged)
    probes = choose_probes(staged, engine, count)
    assert {probe.id for probe in probes} == expected
    for probe in probes:
        assert engine.search(Question(probe.question)).hits[0].id == probe.id


def test_what_can_be_told_apart_is_never_asked_for_by_its_id(
    tmp_path: Path, bundled_release: Release
) -> None:
    """A release that finds nothing by its own words must not pass for one that does."""
    staged = write_release(tmp_path / "r", [*SAME, OTHER], bundled_release.path / ENCODER)
    probes = choose_probes(staged, Engine.open(staged), 12)
    assert {probe.id for probe in probes} == {"z"}
    assert "z" not in {probe.question for probe in probes}
