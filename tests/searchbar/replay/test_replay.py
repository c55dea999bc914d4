"""Questions that a real server logged, answered again by the same release and by another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from release_format.config.server import ServerSettings
from release_format.questions import LoggedQuestion, read
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.replay.replay import made_otherwise, outside, replay
from searchbar.retrieval.withdrawn import Withdrawn
from tests.searchbar.http.servers import serving

ASKED: list[dict[str, Any]] = [
    {"q": "edit pictures"},
    {"q": "edit pictures", "k": 1},
    {"q": "tool", "k": 50, "topic": ["!garden", "!food"]},
    {"q": "edit pictures", "topic": ["graphics", "video"], "language": ""},
    {"q": "hedge", "price": "10..20"},
    {"q": "text editor", "sort": "-updated_at"},
    {"q": "text", "sort": "title,-updated_at", "k": 100, "cut": "none"},
    {"q": "edit pictures", "cut": "none", "k": 12},
    {"q": "retouch pictuers"},
    {"q": '"text editor" -mails'},
    {"q": "topic:video film"},
    {"q": '"words that stand nowhere" photos'},
    {"q": "c++"},
    {"q": "write text"},
    {"q": "Café \u202e\t<b>"},
    {"q": "zzzz qqqq xxxx"},
    {"q": "vim", "topic": "garden"},
]


@pytest.fixture(scope="module")
def rows(tools: Engine, tmp_path_factory: pytest.TempPathFactory) -> list[LoggedQuestion]:
    log = tmp_path_factory.mktemp("log") / "questions.jsonl"
    with serving(tools, ServerSettings(questions=str(log))) as client:
        for asked in ASKED:
            assert client.get("/search", params=asked).status_code == 200
        client.get("/", params={"q": "draw layers", "page": 2})
        client.get("/search", params={"topic": "video"})  # browsing: nothing was asked
    return list(read(log))


def test_every_kind_of_question_is_answered_as_it_was(
    tools: Engine, rows: list[LoggedQuestion]
) -> None:
    assert len(rows) == len(ASKED) + 1
    for row in rows:
        again = replay(tools, row)
        assert again.is_same, (row, again)
        assert again.row is not None
        assert again.row.hits == row.hits
        assert again.sentences() == []
    assert any(row.did_you_mean for row in rows)
    assert any(row.no_good_match for row in rows)
    assert any(not row.hits for row in rows)


def test_another_catalogue_answers_otherwise_and_says_in_what(
    changed: Engine, rows: list[LoggedQuestion]
) -> None:
    first = replay(changed, rows[0])
    assert not first.is_same
    assert (first.difference.gone, first.difference.come) == (("gimp",), ("krita",))
    assert first.difference.level == (0.25, 0.3)
    assert first.sentences()[:2] == ["1 gone: gimp", "1 come: krita"]
    assert first.reasons == {"gimp": "rule title-length refused it: its title is too short."}
    assert (first.titles["krita"], first.titles.get("gimp")) == ("Krita", None)
    said = first.to_json()
    assert (said["release"], said["same"]) == (changed.release.id, False)
    assert {"id": "krita", "title": "Krita"} in said["hits"]
    assert said["different"]["gone"] == ("gimp",)


def test_each_difference_shows(tools: Engine, rows: list[LoggedQuestion]) -> None:
    """A replay that never looked would call these the same."""
    row = next(row for row in rows if len(row.hits) > 2)
    hits = list(row.hits)
    assert row.confidence is not None
    for lie in (
        {"hits": hits[1:]},
        {"hits": [*hits, "nowhere"]},
        {"hits": hits[::-1]},
        {"total": row.total + 1},
        {"no_good_match": not row.no_good_match},
        {"confidence": row.confidence + 0.01},
        {"level": None},
        {"did_you_mean": "something"},
    ):
        again = replay(tools, replace(row, **lie))
        assert not again.is_same, lie
        assert len(again.sentences()) == 1, lie


def test_a_hit_that_went_for_a_reason_of_rank_is_explained_but_in_another_order(
    tools: Engine, rows: list[LoggedQuestion]
) -> None:
    row = replace(rows[1], hits=["vim", *rows[1].hits])
    assert "number" in replay(tools, row).reasons["vim"]
    by_title = replace(row, sort="title", cut="none")
    assert "vim" not in replay(tools, by_title).reasons


def test_what_a_release_cannot_read_is_refused_with_its_sentence(
    tools: Engine, rows: list[LoggedQuestion]
) -> None:
    again = replay(tools, replace(rows[0], filters={"brand": ["x"]}))
    assert (again.row, again.is_same) == (None, False)
    assert again.sentences()[0].startswith("refused: ")
    assert "brand" in again.refusal
    assert again.to_json()["refused"] == again.refusal
    assert replay(tools, replace(rows[0], question="\ud800")).refusal
    assert replay(tools, replace(rows[0], k=-1)).refusal


def test_an_older_row_is_asked_for_as_many_as_it_had(
    tools: Engine, rows: list[LoggedQuestion]
) -> None:
    row = max(rows, key=lambda row: len(row.hits))
    assert len(row.hits) > 10
    old = LoggedQuestion("tool", row.release, hits=[f"n{i}" for i in range(12)])
    again = replay(tools, replace(old, question="text"))
    assert again.row is not None
    assert again.row.k == 12


def test_what_is_in_no_release_is_named(
    tools_release: Release, rows: list[LoggedQuestion], tmp_path: Path, tools: Engine
) -> None:
    assert outside(tools) == ["nothing is withdrawn", "no file of values is read"]
    (tmp_path / "withdrawn.txt").write_text("gimp\n")
    (tmp_path / "values.csv").write_text("id,price\nsku-48290,12\n")
    engine = Engine.open(
        tools_release,
        withdrawn=Withdrawn(tmp_path / "withdrawn.txt"),
        values=tmp_path / "values.csv",
    )
    assert outside(engine)[0] == "1 of its items are withdrawn"
    assert outside(engine)[1] == "the values of 1 items come from a file"
    again = replay(engine, rows[0])
    assert again.difference.gone == ("gimp",)
    assert again.reasons["gimp"] == "it was taken back after this release was made."
    assert "gimp" not in again.titles


def test_what_two_releases_are_made_of_is_compared(
    tools_release: Release, changed_release: Release
) -> None:
    assert made_otherwise(tools_release, tools_release) == []
    assert "snapshot" in made_otherwise(tools_release, changed_release)
