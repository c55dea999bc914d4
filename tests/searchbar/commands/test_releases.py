"""`python -m searchbar releases`: a table for people, JSON for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from release_format.cli import run_program
from release_format.store.folder import Folder
from searchbar.__main__ import main

FORMATS = Path(__file__).parents[2] / "formats"


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    store = Folder(tmp_path / "store")
    older, newer = store.put(FORMATS / "v1"), store.put(FORMATS / "v2")
    store.switch_channel("stage", release=older, image="sha256:1", hold=[newer])
    return store


def listed(*arguments: str) -> int:
    return run_program("searchbar", main, ["releases", *arguments])


def test_people_see_a_table_and_how_to_go_back(
    store: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    older, newer = store.ids("release")
    assert listed("--store", str(store.root)) == 0
    printed = capsys.readouterr()
    headings, first, second = printed.out.splitlines()
    assert headings.split() == ["RELEASE", "BUILT", "ITEMS", "SNAPSHOT", "IS"]
    assert first.startswith(newer[:12])
    assert first.endswith("  latest, held in stage")
    assert second.startswith(older[:12])
    assert second.endswith("  stage")
    assert f"make up RELEASE={older[:12]}" in printed.err


def test_the_name_that_is_offered_opens_that_release(
    store: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    listed("--store", str(store.root))
    offered = capsys.readouterr().err.strip().rpartition("=")[2]
    assert main(["ask", offered, "gardens", "--json", "--store", str(store.root)]) == 0
    assert json.loads(capsys.readouterr().out)["release"] == store.ids("release")[0]


def test_machines_get_whole_ids(store: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed("--store", str(store.root), "--json") == 0
    releases = json.loads(capsys.readouterr().out)
    assert [release["release"] for release in releases] == store.ids("release")[::-1]
    assert releases[1]["channels"] == ["stage"]


def test_no_release_and_a_broken_one_are_said(
    tmp_path: Path, store: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listed("--store", str(tmp_path / "empty")) == 0
    assert "There is no release yet" in capsys.readouterr().err
    assert listed("--store", str(tmp_path / "empty"), "--json") == 0
    assert capsys.readouterr().out == "[]\n"
    id = store.ids("release")[0]
    (store.root / "releases" / id / "manifest.json").write_text("{")
    assert listed("--store", str(store.root)) == 3
    assert f"releases/{id}/manifest.json in the store is not a manifest" in capsys.readouterr().err
