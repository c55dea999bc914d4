"""What job.groovy seeds, with GitHub and without, and the mistakes that it must not hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.jenkins.conftest import JOB_KINDS, JOBS, configuration, groovy

GITHUB = {"FORGE_REPOSITORY": "team/searchbar"}
PLAIN = {"REPOSITORY_URL": "git://repository/searchbar.git"}

# each is a trap that a running Jenkins sprang
MISTAKES = {
    "unknown trait": ("gitBranchDiscovery()", "branchDiscoveryTrait()", "is not known in"),
    "unknown property": ("includes(heads)", "include(heads)", "'include' is not known"),
    "no such folder": (
        "pipeline('line/branches'",
        "pipeline('lines/branches'",
        "no folder 'lines'",
    ),
    "two of a name": (
        "pipeline('pull-requests'",
        "pipeline('line/branches'",
        "two jobs are called",
    ),
    "undefined variable": ("repoOwner(parts[0])", "repoOwner(part[0])", "part"),
    "a variable that hides a word": ("kept", "secret", "FileNotFound"),
    "a cron line out of range": ("'H 5 * * *'", "'H 25 * * *'", "25 in the cron line"),
    "four cron fields": ("'H 5 * * *'", "'H 5 * *'", "five fields"),
    "a word that only Configuration as Code knows": (
        "directEntryPrivateKeySource",
        "directEntry",
        "'directEntry' is not known",
    ),
    "a key that is no Secret": (
        "privateKey(kept('rollout-key', '\\n'))",
        "privateKey('KEY IN PLAIN TEXT')",
        "takes a hudson.util.Secret, not a String",
    ),
    "a token that is no Secret": (
        "secret(kept('github-write'))",
        "secret('TOKEN IN PLAIN TEXT')",
        "takes a hudson.util.Secret, not a String",
    ),
    "secret without a file": ("kept('notify')", "kept('notifier')", "FileNotFound"),
}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    secrets = tmp_path_factory.mktemp("secrets")
    for name in ("rollout-key", "github-write", "notify", "sql-password"):
        (secrets / name).write_text(f"text of {name}\n")
    texts = {"github": (JOBS, GITHUB), "plain": (JOBS, PLAIN)}
    for name, (there, planted, _) in MISTAKES.items():
        assert there in JOBS
        texts[name] = (JOBS.replace(there, planted), PLAIN if "gitBranch" in there else GITHUB)
    cases = [{"text": text, "env": env, "secrets": str(secrets)} for text, env in texts.values()]
    return dict(zip(texts, groovy("jobs.groovy", cases), strict=True))


def values(job: dict[str, Any], end: str) -> list[Any]:
    return [line["value"] for line in job["seen"] if line["path"].endswith(end)]


@pytest.mark.parametrize("way", ["github", "plain"])
def test_it_seeds_pull_requests_apart_from_the_branches_that_reach_hosts(
    seeded: dict[str, dict[str, Any]], way: str
) -> None:
    assert seeded[way]["error"] is None
    jobs = seeded[way]["jobs"]
    kinds = {
        "line": "folder",
        "pull-requests": "multibranch",
        "line/branches": "multibranch",
        "line/comment": "pipeline",
        "line/daily": "pipeline",
    }
    assert {name: job["kind"] for name, job in jobs.items()} == kinds
    assert values(jobs["line/branches"], ".includes") == ["stage prod hotfix/*"]
    assert values(jobs["pull-requests"], ".includes") == [
        (
            "PR-*"
            if way == "github"
            else "change/* feature/* fix/* experiment/* pipeline/* catalogue/*"
        )
    ]


@pytest.mark.parametrize("job", ["pull-requests", "line/branches"])
def test_it_polls_every_minute_and_runs_the_one_jenkinsfile(
    seeded: dict[str, dict[str, Any]], job: str
) -> None:
    for way in ("github", "plain"):
        assert values(seeded[way]["jobs"][job], ".interval") == ["1m"]
        assert values(seeded[way]["jobs"][job], ".scriptPath") == ["Jenkinsfile"]


def test_stage_stays_a_branch_while_its_promotion_is_open(
    seeded: dict[str, dict[str, Any]],
) -> None:
    """Strategy 1 would drop every branch that is also filed as a pull request: stage, always."""
    traits = seeded["github"]["jobs"]["line/branches"]
    assert values(traits, "gitHubBranchDiscovery.strategyId") == ["3"]
    assert values(traits, "gitHubPullRequestDiscovery.strategyId") == []


def test_pull_requests_are_merged_with_their_target_and_never_come_from_forks(
    seeded: dict[str, dict[str, Any]],
) -> None:
    job = seeded["github"]["jobs"]["pull-requests"]
    assert values(job, "gitHubPullRequestDiscovery.strategyId") == ["1"]
    assert "fork" not in JOBS.lower()


def test_the_folder_holds_the_credentials_and_the_secrets_come_from_files(
    seeded: dict[str, dict[str, Any]],
) -> None:
    folder = seeded["plain"]["jobs"]["line"]
    assert values(folder, ".id") == ["rollout-key", "github-write", "notify", "sql-password"]
    assert values(folder, ".secret") == [
        "text of github-write",
        "text of notify",
        "text of sql-password",
    ]
    assert values(folder, ".privateKey") == ["text of rollout-key\n"]


def test_a_refusal_prints_no_secret(seeded: dict[str, dict[str, Any]]) -> None:
    for answer in seeded.values():
        assert "PLAIN TEXT" not in (answer["error"] or "")


def test_only_known_credentials_are_named(seeded: dict[str, dict[str, Any]]) -> None:
    stored = configuration()["credentials"]["system"]["domainCredentials"][0]["credentials"]
    known = {next(iter(credential.values()))["id"] for credential in stored}
    for way in ("github", "plain"):
        for job in seeded[way]["jobs"].values():
            assert {*values(job, ".credentialsId"), *values(job, "remote.credentials")} <= known


def test_comments_and_proposals_are_made_by_stages_code(seeded: dict[str, dict[str, Any]]) -> None:
    for way in ("github", "plain"):
        for job in ("comment", "daily"):
            seen = seeded[way]["jobs"][f"line/{job}"]
            assert values(seen, ".branch") == ["stage"]
            assert values(seen, ".scriptPath") == [f"jenkins/{job}.Jenkinsfile"]
    assert values(seeded["plain"]["jobs"]["line/daily"], "cron.spec") == ["H 5 * * *"]


@pytest.mark.parametrize("kind", ["comment", "daily"])
def test_such_a_job_writes_to_github_and_cannot_roll_out(
    builds: dict[str, dict[str, Any]], kind: str
) -> None:
    event = [e for e in builds[kind]["events"] if "sh" in e][-1]
    password = ["sql-password"] if kind == "daily" else []
    assert (event["agent"], event["credentials"]) == ("line", ["github-write", *password])
    assert event["env"].get("SHARED") == ("/pull-requests/reports" if kind == "comment" else None)
    assert json.loads(event["env"]["STARTED_BY"]) == JOB_KINDS[kind].get("causes", [])


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found(seeded: dict[str, dict[str, Any]], name: str) -> None:
    assert MISTAKES[name][2] in (seeded[name]["error"] or "")
