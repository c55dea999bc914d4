"""The comment as GitHub shows it: the answer first, rows and answers by name, no hostile text
obeyed, and a length that GitHub takes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from forge.pages.comment_body import LONGEST, MARKER, Page, markdown, sections
from forge.reports import Reports
from release_format.verdict import Outcome
from tests.as_github import as_github
from tests.forge.conftest import RED, Forge, condition, report, write
from tests.forge.hub import GitHub
from tests.forge.pages.line_reports import LOSER, changes, data, pair, refused, safe, warning
from tests.release_format.test_markdown_text import HOSTILE

LINKS = {"the search diff": "http://ci.example/1/compare.html", "build": "http://ci.example/1/"}
PAGE = Page("a → stage", links=LINKS, outcome="It reaches the hosts.", details=["592 vectors."])


def seen(text: str) -> str:
    return text.replace("\u200b", "")


def test_the_answer_is_the_first_line_and_what_machines_say_the_last() -> None:
    body = markdown(PAGE, safe(**{"data-report.md": "rows", "my_own-notes.md": "mine"}))
    lines = [line for line in body.splitlines() if line]
    assert lines[0] == MARKER
    assert lines[1].startswith("✅ **Safe, 3 things to look at:** +6 −6 ~20 rows")
    assert re.findall(r"^### (.*)|<summary>(.*)</summary>", body, re.MULTILINE) == [
        ("Rows", ""),
        ("Answers", ""),
        ("Gates", ""),
        ("", "The data gate&#x27;s report: what it read, and every condition"),
        ("", "Report: my own notes"),
        ("", "For those who look for a fault: ids, and what was built"),
    ]
    assert body.index("592 vectors") > body.index("mine")


def test_rows_and_answers_are_named() -> None:
    shown = as_github(markdown(PAGE, safe()))
    assert seen("|".join(shown.cells)) == "|".join(
        [
            "rows", "count", "for example",
            "+ added", "6", "Krita, 5 more",
            "− removed", "6", "Anki, 5 more",
            "~ changed", "20", "GIMP (description, url), 19 more",
            "change", "question", "nDCG@10", "judged answers",
            "▼ worse", "remove the background from a photo", ".73 → 0", "lost GIMP",
            "▲ better", "write music", ".40 → 1", "found Ardour",
        ]
    )  # fmt: skip
    assert shown.links == list(LINKS.values())


def test_warnings_are_named_where_their_gate_is_and_called_warnings() -> None:
    text = seen(as_github(markdown(PAGE, safe())).text)
    assert (
        "Data gate, beside live 7d9c7d9c7d9c: yes (1 with a warning, 1 accepted by name, 1 met)"
        in text
    )
    assert "⚠️ warning: html: saw 4 %: 6 of 144, expected at most 2 %. It went away." in text
    assert "⚠️ accepted: changed: saw 3 %, expected at most 1 %. Accepted by ada: meant" in text
    assert "Quality gate, beside live 7d9c7d9c7d9c: yes (1 with a warning)" in text
    assert "allowed" not in text
    assert not re.search(r"\bno\b", text.partition("Gates")[2].partition("For those")[0])


def test_a_refusal_says_why_shows_a_row_and_says_what_to_do() -> None:
    examples = {"removed": "Anki (anki)", "other": 3}
    body = markdown(PAGE, Reports([data(refused(), warning("html"), examples=examples)], {}))
    shown = seen(as_github(body).text)
    assert shown.index("Stopped by the data gate") < shown.index("What to change")
    assert (
        "removed: saw 27 % (160 rows), allowed at most 10 % of live's rows. For example: Anki"
        " (anki). Visitors would miss them. Was the export cut, or is it meant?" in shown
    )
    assert "❌ Data gate, beside live 7d9c7d9c7d9c: no (1 refused, 1 with a warning)" in shown


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_of_a_catalogue_or_a_build_is_obeyed(hostile: str) -> None:
    """In every place that a title, a question, a field, an example or a name can come to."""
    told = data(
        refused(hostile, seen=hostile, allowed=hostile, why=hostile),
        warning(f"w{hostile}", seen=hostile, why=hostile),
        changes=changes((hostile, hostile, hostile)),
        examples={hostile: hostile},
    )
    asked = {**LOSER, "question": hostile, "moved": [{"title": hostile, "before": 2, "after": 0}]}
    body = markdown(PAGE, Reports([told, pair(losers=[asked])], {}, [hostile]))
    shown, plain = (
        as_github(body),
        as_github(markdown(PAGE, Reports([data(refused("x"), warning("y")), pair()], {}, ["z"]))),
    )
    assert shown.calls == []
    assert shown.links == plain.links
    assert set(shown.tags) - {"code"} <= set(plain.tags)
    assert len(shown.cells) == len(plain.cells)
    assert body.count("<!--") == 1
    assert body.count("\n### ") == 4
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", body)


def test_a_red_pull_request_says_what_to_change(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data", RED, condition("quarantined"))
    assert pull("comment", "--pull", "1").returncode == 0
    body = hub.comments[0]["body"]
    assert body.splitlines()[2].startswith("❌ **Stopped by the data gate:** *removed*: 40 %")
    assert (
        "- **removed**: saw 40 %, allowed at most 10 %. Restore them, or accept it by name." in body
    )
    assert "❌ **Data gate**: no (1 refused, 1 met)" in body


def test_a_hostile_report_neither_calls_people_nor_forges_the_marker(
    pull: Forge, hub: GitHub
) -> None:
    hostile = f"{MARKER} <!-- searchbar:other --> @everyone &#64;all #12 &num;12 mail a@b.c"
    report(
        pull.tree, "data", condition("rows", Outcome.NO, seen=f"{hostile} | x\n| y", why=hostile)
    )
    write(pull.tree, "var/reports/more.md", hostile)
    pull("comment", "--pull", "1")
    body = hub.comments[0]["body"]
    assert body.count("<!--") == 1
    assert body.startswith(MARKER)
    assert {call for call in as_github(body).calls if not call.endswith("a@b.c")} == set()


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


def test_only_what_may_be_merged_says_how_it_reaches_the_hosts() -> None:
    assert PAGE.outcome in sections(PAGE, safe())
    assert PAGE.outcome not in sections(PAGE, Reports([data(refused())], {}, ()))
    assert PAGE.outcome not in sections(replace(PAGE, refused=["Not here."]), safe())
