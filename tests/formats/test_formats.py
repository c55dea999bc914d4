"""Every format that was ever sealed opens and answers, for ever.

The samples were made by `make_sample.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from release_format.probes import unanswered
from release_format.release import Release
from release_format.seal import FORMAT
from release_format.snapshot import Snapshot
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.formats.make_sample import ITEMS, SCHEMA, TYPED_ITEMS

HERE = Path(__file__).parent
TYPED = 3
SAMPLES = sorted(HERE.glob("v*"), key=lambda path: int(path.name[1:]))


def test_there_is_a_sample_of_todays_format() -> None:
    assert [int(path.name[1:]) for path in SAMPLES] == list(range(1, FORMAT + 1))


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda path: path.name)
def release(request: pytest.FixtureRequest) -> Release:
    opened = Release.open(request.param)
    assert opened.manifest.format == int(request.param.name[1:])
    return opened


def test_a_sample_is_small(release: Release) -> None:
    assert (
        sum(path.stat().st_size for path in release.path.rglob("*") if path.is_file()) < 1_000_000
    )


def test_its_snapshot_is_whole(release: Release) -> None:
    snapshot = Snapshot.open(release.path / "snapshot")
    assert snapshot.id == release.manifest.made_from["snapshot"]
    items = TYPED_ITEMS if release.manifest.format >= TYPED else ITEMS
    assert list(snapshot.items) == sorted(items, key=lambda item: item.id)
    assert [(row.id, row.rule) for row in snapshot.quarantine()] == [
        ("broken", "title-or-description")
    ]


def test_its_fields_have_a_schema_since_there_are_types(release: Release) -> None:
    assert release.schema == (SCHEMA if release.manifest.format >= TYPED else None)


def test_it_answers_as_it_did(release: Release) -> None:
    engine = Engine.open(release)

    def ids(question: str, **more: object) -> list[str]:
        return [hit.id for hit in engine.search(Question(question, **more)).hits]  # type: ignore[arg-type]

    assert not unanswered(release.probes, ids)
    assert ids("ffmpeg")[0] == "ffmpeg", "exact"
    assert ids("write words")[0] == "vim", "pinned"
    assert ids("film")[0] == "ffmpeg", "by a synonym"
    assert ids("cafe finder")[0] == ids("Cafe\u0301 FINDER")[0] == "café", "in any form"
    assert "old" not in ids("old thing"), "hidden"
    assert ids("pictures", filters={"topic": ["graphics"]}) == ["gimp"]
    colour = "colours" if release.manifest.format >= TYPED else "colour"
    assert ids("a", filters={colour: ["green"]}) == ["hose"]
    if release.manifest.format >= TYPED:
        assert ids("", filters={"price": ["10..50"]}) == ["hose"], "typed columns"
        assert ids("4006381333931")[0] == "hose", "a code"
        assert ids("", sort="price")[:2] == ["gimp", "hose"]
    # The builder that made the sample of format 3 told no level of so few items: then nothing is
    # called a bad match.
    has_level = release.manifest.format != TYPED
    assert engine.search(Question("hotel in rome")).no_good_match == has_level


def test_its_verdict_and_level_are_read(release: Release) -> None:
    assert release.verdict.says_yes
    assert release.verdict.subject == release.id
    level = release.levels["no_good_match"]["level"]
    assert level is None if release.manifest.format == TYPED else -1 < level < 2
