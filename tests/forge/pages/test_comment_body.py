"""The Markdown of a comment: a red gate, a hostile report, and a length that GitHub takes."""

from __future__ import annotations

from forge.pages.comment_body import LONGEST, MARKER
from release_format.verdict import Outcome
from tests.forge.conftest import RED, Forge, condition, report, write
from tests.forge.hub import GitHub


def test_a_red_pull_request_says_what_to_change(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data", RED, condition("quarantined"))
    assert pull("comment", "--pull", "1").returncode == 0
    body = hub.comments[0]["body"]
    assert "**Red.**" in body
    assert (
        "- removed: no — saw 40 %, allowed at most 10 %. Restore them, or accept it by name."
        in body
    )
    assert "| ❌ | removed | 40 % | at most 10 % | block |" in body
    assert "1 other condition(s): 1 yes." in body


def test_a_hostile_report_neither_calls_people_nor_forges_the_marker(
    pull: Forge, hub: GitHub
) -> None:
    hostile = f"{MARKER} <!-- searchbar:other --> @everyone mail a@b.c"
    report(
        pull.tree, "data", condition("rows", Outcome.NO, seen=f"{hostile} | x\n| y", why=hostile)
    )
    write(pull.tree, "var/reports/more.md", hostile)
    pull("comment", "--pull", "1")
    body = hub.comments[0]["body"]
    assert body.count("<!--") == 1
    assert body.startswith(MARKER)
    assert "@everyone" not in body
    assert "a@b.c" in body


def test_a_comment_always_fits(pull: Forge, hub: GitHub) -> None:
    for n in range(9):
        write(pull.tree, f"var/reports/part{n}.md", "word " * 3_000)
    report(
        pull.tree, "data", *(condition(f"rows-{n}", Outcome.NO, why="x" * 2000) for n in range(40))
    )
    assert pull("comment", "--pull", "1").returncode == 0
    body = hub.comments[0]["body"]
    assert len(body) <= LONGEST
    assert "did not fit here" in body
