"""The comment of a run goes to the pull request that GitHub names, whatever the run left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.forge.conftest import Forge, Result
from tests.forge.hub import REPOSITORY, TOKEN, GitHub
from tests.forge.workflow_runs.archives import link, reports, zipped

HEAD = "d" * 40
ADDRESS = f"https://github.com/{REPOSITORY}/actions/runs/1"


@pytest.fixture
def proposed(on_github: Forge, hub: GitHub) -> dict[str, Any]:
    """A fork's pull request; another one, of ours, is older."""
    hub.bot = True
    hub.add_pull("feature/x", "stage")
    hub.head_of = lambda _: HEAD
    return hub.add_pull("feature/x", "stage", source="mallory/copy")


def commented(forge: Forge, hub: GitHub, run: int = 1) -> Result:
    return forge("comment", "--run", str(run))


def refused(forge: Forge, hub: GitHub, sentence: str, code: int) -> None:
    """It said so, and wrote nothing anywhere."""
    result = commented(forge, hub)
    assert sentence in result.stderr
    assert result.returncode == code
    assert (hub.comments, hub.statuses) == ([], [])


def test_the_pull_request_of_the_run_gets_the_comment(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any]
) -> None:
    hub.add_run(proposed, reports(2, "e" * 40, HEAD, "f" * 40))
    result = commented(on_github, hub)
    assert result.returncode == 0, result.stderr
    (comment,) = hub.comments
    assert comment["issue"] == 2
    assert "✅ **Safe" in comment["body"]
    assert f"[build]({ADDRESS}) · [reports]({ADDRESS}#artifacts)" in comment["body"]
    assert "evil" not in comment["body"]
    assert {status["sha"] for status in hub.statuses} == {HEAD}
    assert {status["target_url"] for status in hub.statuses} == {ADDRESS}


def test_where_the_archive_is_kept_nobody_sees_the_token(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any]
) -> None:
    hub.add_run(proposed, reports(2, HEAD))
    commented(on_github, hub)
    (headers,) = hub.storage
    assert TOKEN not in str(headers)
    assert "Authorization" not in headers


def test_of_a_run_that_was_repeated_the_newest_reports_count(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any]
) -> None:
    hub.add_run(proposed, reports(2, "a" * 40), reports(2, HEAD))
    assert commented(on_github, hub).returncode == 0


def test_a_run_that_left_nothing_says_so(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any]
) -> None:
    hub.add_run(proposed)
    assert commented(on_github, hub).returncode == 0
    assert "**Could not tell:** no gate left a verdict" in hub.comments[0]["body"]


@pytest.mark.parametrize("claimed", [1, 3])
def test_reports_that_claim_another_number_are_refused(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any], claimed: int
) -> None:
    hub.add_run(proposed, reports(claimed, HEAD))
    refused(on_github, hub, f"are about pull request {claimed}, not 2", 3)


def test_reports_about_another_commit_are_refused(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any]
) -> None:
    hub.add_run(proposed, reports(2, "a" * 40))
    refused(on_github, hub, "and pull request 2 ends in dddddddddddd", 3)


def test_reports_that_do_not_say_what_they_are_about_are_refused(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any]
) -> None:
    hub.add_run(proposed, zipped(("a.md", "### green")))
    refused(on_github, hub, "nothing was written", 3)


@pytest.mark.parametrize(
    "content",
    [
        zipped(("../../change.json", "{}")),
        link("change.json", "/etc/passwd"),
        zipped(*((f"{n}.md", b"0" * 2_000_000) for n in range(11))),
        b"no archive",
    ],
)
def test_a_hostile_archive_is_refused(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any], content: bytes
) -> None:
    hub.add_run(proposed, content)
    refused(on_github, hub, "what the build left are no reports", 3)


def test_an_archive_without_end_is_not_read_to_its_end(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forge.workflow_runs.comment.LARGEST_ARCHIVE", 3_000_000)
    hub.add_run(proposed, b"0" * 30_000_000)
    refused(on_github, hub, "are larger than 3,000,000 bytes", 3)


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch", "pull_request_target"])
def test_a_run_that_no_pull_request_started_has_no_comment(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any], event: str
) -> None:
    hub.add_run(proposed, reports(2, HEAD), event=event)
    refused(on_github, hub, f"was started by '{event}', not by a pull request", 1)


@pytest.mark.parametrize(
    "other",
    [
        {"head_sha": "a" * 40},
        {"head_branch": "feature/y"},
        {"head_repository": {"full_name": "eve/copy"}},
        {"head_repository": None},
    ],
)
def test_a_run_of_something_else_is_nobodys(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any], other: dict[str, Any]
) -> None:
    """It was pushed again, or another fork has a branch of the same name at the same commit."""
    hub.add_run(proposed, reports(2, HEAD), **other)
    refused(on_github, hub, "no open pull request to stage from", 1)


def test_a_pull_request_to_elsewhere_has_no_run_of_the_line(on_github: Forge, hub: GitHub) -> None:
    hub.add_run(hub.add_pull("feature/x", "prod"), reports(1, "c" * 40))
    refused(on_github, hub, "no open pull request to stage from", 1)


@pytest.mark.parametrize("missing", ["FORGE_TOKEN", "FORGE_REPOSITORY"])
def test_without_github_there_is_no_run(on_github: Forge, missing: str) -> None:
    result = on_github("comment", "--run", "1", **{missing: ""})
    assert result.returncode == 2
    assert "Set FORGE_REPOSITORY and FORGE_TOKEN" in result.stderr


def test_a_run_that_github_does_not_know(on_github: Forge, hub: GitHub) -> None:
    hub.fail = [(404, {}, '{"message": "Not Found"}')] * 3
    result = commented(on_github, hub)
    assert result.returncode == 2
    assert "GitHub knows no such repository" in result.stderr


def test_a_storage_that_fails_is_could_not_tell(
    on_github: Forge, hub: GitHub, proposed: dict[str, Any]
) -> None:
    hub.add_run(proposed, reports(2, HEAD))
    hub.archives[1] = [reports(2, HEAD)[:50]]
    refused(on_github, hub, "cannot be read", 3)
