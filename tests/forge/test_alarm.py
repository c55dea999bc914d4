"""The pull request of an alarm: one, whatever happens to it, and harmless whatever was asked."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from forge.commands.alarm import beside
from forge.errors import ForgeError
from forge.pages.comment_body import DETAILS
from release_format.watch.alarm import Alarm, MovedSeries
from tests.forge.conftest import Forge, Result, commit, git, write
from tests.forge.gitlab_hub import GitLab
from tests.forge.hub import GitHub
from tests.refusals.tried import tried

Hosted = tuple[Forge, GitHub | GitLab]
BRANCH = "catalogue/alarm"
ROW = '{"id": "asked-1", "question": "edit photos", "kind": "clicked", "relevant": {"gimp": 3}}\n'
NOVEL = "Asked now, unlike all before"
HOSTILE = [
    "@everyone <img src=x onerror=alert(1)> <!-- searchbar:report -->",
    "``` ````` closes the fence?",
    "<!-- searchbar:alarm unknown-words -->",
    "/merge /close fixes #1 [x](https://evil.example) ![y](https://evil.example/z.png)",
    "| a | table | </details></td>",
    "~~~\n# a heading",
]


def alarm(*names: str, **more: Any) -> Alarm:
    moved = [
        MovedSeries(name, "25.8 % (+5.9 usual deviations)", "at most 8 %", "2026-11-16")
        for name in names or ("novel-questions",)
    ]
    fields = {"cause": "question drift", "examples": {NOVEL: ["mortgage rates"]}, **more}
    return Alarm("a" * 64, "2026-11-23", 7, moved=moved, **fields)


def told(forge: Forge, evidence: Alarm, *more: str) -> Result:
    git(forge.tree, "checkout", "--quiet", "--force", "stage")
    write(forge.tree, "var/watch/alarm.json", evidence.to_json())
    result = forge("alarm", "var/watch/alarm.json", *more)
    assert result.returncode == 0, result.stderr
    return result


def body(hub: GitHub | GitLab, number: int = 1) -> str:
    pull = hub.pulls[number - 1]
    return str(pull["body"] if isinstance(hub, GitHub) else pull["description"])


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def branch(tree: Path, name: str = BRANCH) -> str:
    return git(tree, "ls-remote", "origin", f"refs/heads/{name}").split("\t")[0]


def test_an_alarm_becomes_one_pull_request_with_its_evidence_and_what_it_proposes(
    hosted: Hosted,
) -> None:
    forge, hub = hosted
    write(forge.tree, "var/watch/judgments.proposed.jsonl", ROW)
    write(forge.tree, "var/watch/recipe.toml", '[train]\ntrain = "adapter"\n')
    more = [
        "--judgments", "var/watch/judgments.proposed.jsonl", "--recipe", "var/watch/recipe.toml",
    ]  # fmt: skip
    told(forge, alarm(topics=["film"], advice=["Look at what they ask."]), *more)
    assert hub.ends() == [(BRANCH, "stage")]
    text = body(hub)
    assert "Perhaps: **question drift**." in text
    assert "Look at what they ask." in text
    assert "mortgage rates" in text
    assert "`novel-questions`" in text
    assert "`2026-11-16`" in text
    assert "Topics below their floor: `film`." in text
    assert "**Nothing is decided yet.**" in text
    changed = git(forge.tree, "diff", "--name-only", "origin/stage", f"origin/{BRANCH}").split()
    assert changed == [
        "catalogue/alarm.json", "catalogue/judgments.proposed.jsonl", "catalogue/recipe.toml",
    ]  # fmt: skip
    shown = git(forge.tree, "show", f"origin/{BRANCH}:catalogue/judgments.proposed.jsonl")
    assert shown + "\n" == ROW
    assert git(forge.tree, "status", "--porcelain") == "", "the work tree stays as it is"


def test_the_history_keeps_no_question(hosted: Hosted) -> None:
    forge, _ = hosted
    told(forge, alarm())
    kept = git(forge.tree, "show", f"origin/{BRANCH}:catalogue/alarm.json")
    assert "mortgage" not in kept
    assert [each["name"] for each in json.loads(kept)["moved"]] == ["novel-questions"]


def test_the_same_alarm_again_is_the_same_pull_request_and_writes_nothing(hosted: Hosted) -> None:
    forge, hub = hosted
    told(forge, alarm())
    before, hub.requests = branch(forge.tree), []
    told(forge, alarm())
    assert branch(forge.tree) == before
    assert hub.made("POST") + hub.made("PATCH") + hub.made("PUT") == []


def test_another_alarm_updates_the_one_pull_request(hosted: Hosted) -> None:
    forge, hub = hosted
    told(forge, alarm())
    told(forge, alarm("no-good-match", cause="data change", examples={"Nothing fitted": ["boots"]}))
    assert hub.ends() == [(BRANCH, "stage")]
    assert "boots" in body(hub)
    assert "mortgage" not in body(hub)
    assert hub.pulls[0]["title"] == "Answer an alarm: data change"
    assert git(forge.tree, "rev-list", "--count", f"origin/stage..origin/{BRANCH}") == "1"


@pytest.mark.parametrize("merged", [False, True])
def test_what_was_closed_or_merged_stays_quiet_for_a_while(hosted: Hosted, merged: bool) -> None:
    forge, hub = hosted
    told(forge, alarm("novel-questions", "unknown-words"))
    hub.end(1, days_ago(3), merged)
    result = told(forge, alarm())
    assert "it is quiet for a while" in result.stderr
    assert (len(hub.pulls), result.stdout) == (1, "")
    tried("forge", "an alarm that was closed three days ago", result.returncode, result.stderr)
    told(forge, alarm(), "--cooldown", "2")
    assert hub.ends() == [(BRANCH, "stage")] * 2, "after its time it is told again"


def test_something_else_is_told_at_once_though_one_was_closed(hosted: Hosted) -> None:
    forge, hub = hosted
    told(forge, alarm())
    hub.end(1, days_ago(1))
    told(forge, alarm("novel-questions", "thumbs-down"))
    assert len(hub.pulls) == 2


def test_of_several_that_ended_the_last_one_counts(hosted: Hosted) -> None:
    forge, hub = hosted
    for days in (90, 60, 30, 1):
        told(forge, alarm(), "--cooldown", "0")
        hub.end(len(hub.pulls), days_ago(days))
    assert "quiet" in told(forge, alarm()).stderr
    assert len(hub.pulls) == 4


def test_what_is_merged_is_not_proposed_again(hosted: Hosted) -> None:
    forge, hub = hosted
    told(forge, alarm())
    git(forge.tree, "push", "--quiet", "origin", f"origin/{BRANCH}:stage")
    hub.end(1, days_ago(30), merged=True)
    assert "stage has answered this alarm" in told(forge, alarm()).stderr
    assert len(hub.pulls) == 1


def test_a_persons_work_on_it_stays_and_only_the_evidence_is_written_anew(hosted: Hosted) -> None:
    forge, hub = hosted
    told(forge, alarm())
    git(forge.tree, "checkout", "--quiet", "-B", BRANCH, f"origin/{BRANCH}")
    theirs = commit(forge.tree, "By hand", catalogue__judgments="mine\n")
    git(forge.tree, "push", "--quiet", "origin", BRANCH)
    result = told(forge, alarm(examples={NOVEL: ["flights to lisbon"]}))
    assert "people work on catalogue/alarm" in result.stderr
    assert branch(forge.tree) == theirs
    assert hub.ends() == [(BRANCH, "stage")]
    assert "flights to lisbon" in body(hub)
    tried("forge", "a person on catalogue/alarm", result.returncode, result.stderr)


def test_a_persons_work_on_a_closed_one_stays_and_the_next_branch_is_taken(hosted: Hosted) -> None:
    forge, hub = hosted
    told(forge, alarm())
    hub.end(1, days_ago(30))
    git(forge.tree, "checkout", "--quiet", "-B", BRANCH, f"origin/{BRANCH}")
    theirs = commit(forge.tree, "By hand", catalogue__judgments="mine\n")
    git(forge.tree, "push", "--quiet", "origin", BRANCH)
    for _ in range(2):
        told(forge, alarm())
    assert branch(forge.tree) == theirs
    assert hub.ends() == [(BRANCH, "stage"), (f"{BRANCH}-2", "stage")]


def test_it_never_merges_itself(hosted: Hosted) -> None:
    forge, hub = hosted
    forge.environment["FORGE_AUTO_MERGE"] = "yes"
    told(forge, alarm())
    assert hub.auto_merged == []


def test_hostile_questions_are_shown_as_code_and_nothing_else(hosted: Hosted) -> None:
    """GitLab's recording server refuses what is a command, too."""
    forge, hub = hosted
    told(
        forge,
        alarm(
            "novel-questions",
            "`<b>@all</b>`|x",
            cause="<script>",
            topics=["`@ada` #1 | <b>"],
            advice=["<b>@ada</b> [x](https://evil.example)"],
            examples={NOVEL: HOSTILE, "<b>@x</b>\n# y": ["z"]},
        ),
    )
    text = body(hub)
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    obeyed = [child for token in tokens for child in token.children or [token]]
    tags = [t.content.strip() for t in obeyed if t.type.startswith("html")]
    fold = f"<details><summary>{DETAILS}</summary>"
    markers = ["<!-- searchbar:report -->", "<!-- searchbar:alarm novel-questions -->"]
    assert tags == [*markers, fold, "</details>"]
    assert not [t for t in obeyed if t.type in ("link_open", "image")]
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h3", "h3"]
    assert [t.tag for t in tokens if t.type == "table_open"] == ["table"]
    plain = " ".join(t.content for t in obeyed if t.type == "text")
    assert not re.search(r"@\w|#\d", plain), plain
    questions, _ = [t.content for t in tokens if t.type == "fence"]
    assert len(questions.splitlines()) == len(HOSTILE)
    assert hub.pulls[0]["title"] == "Answer an alarm: look at what people ask"


def test_a_closed_ones_marker_cannot_be_claimed_by_a_question(hosted: Hosted) -> None:
    forge, hub = hosted
    told(forge, alarm("mean-question", examples={NOVEL: ["<!-- searchbar:alarm thumbs-down -->"]}))
    hub.end(1, days_ago(1))
    told(forge, alarm("thumbs-down"))
    assert len(hub.pulls) == 2


def test_on_a_plain_remote_it_is_a_branch_and_a_page(forge: Forge) -> None:
    result = told(forge, alarm(examples={NOVEL: HOSTILE}))
    assert result.stdout.strip() == "var/pages/alarm.html"
    page = (forge.tree / "var/pages/alarm.html").read_text()
    assert "question drift" in page
    assert "<img" not in page
    assert "no gate left a verdict" not in page
    assert branch(forge.tree)


@pytest.mark.parametrize(
    ("evidence", "more", "sentence"),
    [
        ("{}", [], "is no evidence of an alarm"),
        ("[", [], "is no evidence of an alarm"),
        ('{"release": 1}', [], "is no evidence of an alarm"),
        (None, [], "cannot be read (No such file or directory)"),
        (alarm().to_json(), ["--judgments", "nowhere"], "nowhere cannot be read"),
        (alarm().to_json(), ["--cooldown", "-1"], "a cooldown is no days or more"),
        (alarm().to_json(), ["--catalogue", "../x"], "is not in this work tree"),
    ],
)
def test_what_cannot_be_taken_is_told_before_anything_is_asked(
    on_github: Forge, hub: GitHub, evidence: str | None, more: list[str], sentence: str
) -> None:
    if evidence is not None:
        write(on_github.tree, "var/watch/alarm.json", evidence)
    result = on_github("alarm", "var/watch/alarm.json", *more)
    assert result.returncode in (2, 3)
    assert sentence in result.stderr
    assert hub.requests == []
    assert branch(on_github.tree) == ""


def test_where_the_forge_fails_the_next_run_opens_the_one(hosted: Hosted) -> None:
    forge, hub = hosted
    write(forge.tree, "var/watch/alarm.json", alarm().to_json())
    hub.fail = [(503, {}, "{}")] * 40
    failed = forge("alarm", "var/watch/alarm.json")
    assert failed.returncode == 3
    hub.fail, hub.fail_after_write = [], 1
    told(forge, alarm())
    assert hub.ends() == [(BRANCH, "stage")]


@pytest.mark.parametrize(
    ("catalogue", "path"),
    [
        ("catalogue", "catalogue/recipe.toml"),
        ("shop/mine.csv", "shop/mine.recipe.toml"),
        ("./shop/", "shop/recipe.toml"),
    ],
)
def test_it_lies_beside_its_catalogue(catalogue: str, path: str) -> None:
    assert beside(catalogue, "recipe.toml") == path


@pytest.mark.parametrize("catalogue", ["/etc", "a/../../b", "postgresql://ada:word@db/shop"])
def test_nothing_is_put_outside_of_the_tree(catalogue: str) -> None:
    with pytest.raises(ForgeError):
        beside(catalogue, "recipe.toml")
