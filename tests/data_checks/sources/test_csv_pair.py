"""The CSV pair: descriptions and topics become one row a project, and no project is lost."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data_checks.sources.csv_pair import generate_data
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from tests.data_checks.conftest import Admit


def test_generate_data_tells_problems_apart() -> None:
    descriptions = pd.DataFrame(
        [("git", "Git"), ("null", "NA"), ("twice", "One"), ("twice", "Two"), ("blank", "  ")],
        columns=["id", "title"],
    )
    topics = pd.DataFrame(
        [("git", "vcs"), ("git", "cli"), ("git", "vcs"), ("ghost", "none"), ("blank", "x")],
        columns=["id", "topic"],
    )
    joined = generate_data(descriptions, topics)
    assert list(zip(joined["id"], joined["topics"], joined["problem"], strict=True)) == [
        ("git", ["cli", "vcs"], ""),
        ("null", [], ""),
        ("twice", [], "double-id"),
        ("twice", [], "double-id"),
        ("blank", ["x"], "empty-title"),
        ("ghost", ["none"], "topic-without-project"),
    ]
    assert "topics" not in descriptions, "the frames that were given stay as they were"


def test_the_pair_keeps_projects_without_topics(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    folder = tmp_path / "pair"
    folder.mkdir()
    many = "".join(f"p{n},Project {n},Says {n}.\n" for n in range(4_500))
    (folder / "project_descriptions.csv").write_text("id,title,description\nnull,NA,nan\n" + many)
    (folder / "project_topics.csv").write_text("id,topic\np7,odd\np7,prime\np4400,even\n")
    answer = admit(folder)
    items = {item.id: item for item in Snapshot.open(store.path("snapshot", answer.id)).items}
    assert len(items) == 4_501
    assert (items["p7"].topics, items["p4400"].topics, items["p8"].topics) == (
        ("odd", "prime"),
        ("even",),
        (),
    )
    assert (items["null"].title, items["null"].description) == ("NA", "nan")
