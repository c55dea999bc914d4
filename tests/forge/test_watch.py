"""From a log of questions to the one pull request: the verdict, its evidence, and no outage."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitoring.__main__ import main
from monitoring.drift.drift import drift_verdict
from monitoring.drift.windows import windows
from monitoring.proposals.proposals import proposals
from release_format.cli import run_program
from release_format.questions import LoggedQuestion
from release_format.verdict import Verdict
from tests.forge.conftest import Forge, git, write
from tests.forge.gitlab_hub import GitLab
from tests.forge.hub import GitHub
from tests.monitoring.drift.test_drift import END, encode, logged
from tests.monitoring.proposals.visitors import Visitors

ADDRESS = "zzrod for jane.doe@example.org"


def asked(change: Callable[[int], str] = str, many: int = 60) -> list[LoggedQuestion]:
    """Weeks in which everybody asks for a red jacket, and the last one, in which they ask what
    `change` says."""
    earlier = [logged(f"red jacket {n}", week) for week in range(1, 24) for n in range(60)]
    last = [logged(change(number), 0) for number in range(many)]
    return [*earlier, *last]


def verdict_of(lines: list[LoggedQuestion]) -> Verdict:
    return drift_verdict("r" * 64, windows(lines, 7, END), encode, lambda text: "zz" not in text)


def watched(forge: Forge, verdict: Verdict) -> int:
    """The verdict becomes evidence, and where there is some, a pull request."""
    git(forge.tree, "checkout", "--quiet", "--force", "stage")
    write(forge.tree, "var/watch/drift-verdict.json", verdict.to_json())
    files = [str(forge.tree / "var/watch" / name) for name in ("drift-verdict.json", "alarm.json")]
    code = run_program("monitoring", main, ["alarm", files[0], "--out", files[1]])
    if code == 1:
        result = forge("alarm", "var/watch/alarm.json", "--judgments", "var/watch/rows.jsonl")
        assert result.returncode == 0, result.stderr
    return code


@pytest.fixture
def rows(forge: Forge) -> str:
    """Proposed judgments of a made log."""
    visitors = Visitors({})
    for day in range(1, 8):
        visitors.react(visitors.line("hats", day, hits=("a", "b")), "hats", day, "click", "b")
    (row,) = proposals(visitors.requests, lambda _: True)
    write(forge.tree, "var/watch/rows.jsonl", f"{row.to_json()}\n")
    return row.to_json()


def test_a_shift_is_one_pull_request_with_its_questions_and_the_same_again_the_same(
    hosted: tuple[Forge, GitHub | GitLab], rows: str
) -> None:
    forge, hub = hosted
    shift = verdict_of(asked(lambda n: f"zzfishing zzrod {n}" if n else ADDRESS))
    for _ in range(3):
        assert watched(forge, shift) == 1
    assert hub.ends() == [("catalogue/alarm", "stage")]
    pull = hub.pulls[0]
    text = str(pull.get("body") or pull.get("description"))
    assert "zzfishing zzrod" in text
    assert "jane.doe" not in text
    assert "Perhaps: **question drift**." in text
    shown = git(forge.tree, "show", "origin/catalogue/alarm:catalogue/judgments.proposed.jsonl")
    assert shown == rows


def test_weeks_as_before_and_an_outage_open_none(
    hosted: tuple[Forge, GitHub | GitLab], rows: str
) -> None:
    forge, hub = hosted
    assert watched(forge, verdict_of(asked(lambda n: f"red jacket {n}"))) == 0
    outage = verdict_of(asked(lambda _: "zzfishing", many=2))
    assert outage.facts["cause"] == "source outage"
    assert watched(forge, outage) == 3
    assert hub.requests == []
    assert git(forge.tree, "ls-remote", "origin", "refs/heads/catalogue/*") == ""
