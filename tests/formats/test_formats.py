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
from tests.formats.make_sample import ITEMS

HERE = Path(__file__).parent
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
    assert list(snapshot.items) == sorted(ITEMS, key=lambda item: item.id)
    assert [(row.id, row.rule) for row in snapshot.quarantine()] == [
        ("broken", "title-or-description")
    ]


def test_it_answers_as_it_did(release: Release) -> None:
    engine = Engine.open(release)

    def ids(question: str, **more: object) -> list[str]:
        return [hit.id for hit in engine.search(Question(question, **more)).hits]  # type: ignore[arg-type]

    assert not unanswered(release.probes, ids)
    assert ids("ffmpeg")[0] == "ffmpeg", "exact"
    assert ids("write words")[0] == "vim", "pinned"
    assert ids("film")[0] == "ffmpeg", "by a synonym"
    assert "old" not in ids("old thing"), "hidden"
    assert ids("pictures", filters={"topic": ["graphics"]}) == ["gimp"]
    assert ids("a", filters={"colour": ["green"]}) == ["hose"]
    assert engine.search(Question("hotel in rome")).no_good_match


def test_its_verdict_and_level_are_read(release: Release) -> None:
    assert release.verdict.says_yes
    assert release.verdict.subject == release.id
    assert -1 < release.levels["no_good_match"]["level"] < 2
