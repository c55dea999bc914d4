"""Which branch may go where, with what in it, and how much is tested."""

from __future__ import annotations

import pytest

from forge import branch_policy
from forge.branch_policy import Change, reach, refusals
from forge.errors import ForgeError
from forge.git import check_branch_name
from tests.forge.conftest import Forge, commit, git

KINDS = ("feature", "fix", "experiment", "change", "pipeline")


@pytest.mark.parametrize(
    "head", ["feature/a", "fix/a", "experiment/a", "change/a", "catalogue/daily", "hotfix/a"]
)
def test_these_may_go_to_stage(head: str) -> None:
    assert refusals(Change(head, "stage", ["searchbar/http/app.py"])) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (Change("wild", "stage", []), "'wild' may not go to stage: name it feature/…"),
        (Change("feature/a", "prod", []), "may not go to prod: merge it into stage"),
        (Change("hotfix/a", "prod", []), "may not go to prod"),
        (Change("feature/a", "main", []), "nothing goes from 'feature/a' to 'main'"),
        (
            Change("feature/a", "stage", ["Jenkinsfile"]),
            "changes Jenkinsfile, which the line itself runs on",
        ),
        (Change("change/a", "stage", ["catalogue/x", "forge/git.py"]), "changes forge/git.py"),
        (Change("fix/a", "stage", ["buildspec.prod.yml"]), "changes buildspec.prod.yml"),
        (Change("fix/a", "stage", ["infra/line.yaml"]), "changes infra/line.yaml"),
        (Change("fix/a", "stage", ["airflow/dags/x.py"]), "changes airflow/dags/x.py"),
        (
            Change("fix/a", "stage", [".github/workflows/line.yml"]),
            "changes .github/workflows/line.yml, which the line itself runs on",
        ),
        (Change("hotfix/a", "", ["catalogue/items"]), "a hotfix keeps the live release"),
        (Change("hotfix/a", "", [], from_prod=False), "does not start from prod"),
    ],
)
def test_these_may_not(change: Change, sentence: str) -> None:
    reasons = " ".join(refusals(change))
    assert sentence in reasons
    assert reasons.endswith((".", "…."))


def test_the_line_itself_changes_on_its_own_kind_of_branch() -> None:
    assert refusals(Change("pipeline/agents", "stage", ["Jenkinsfile", "Makefile"])) == []
    (reason,) = refusals(Change("feature/x", "stage", ["docs/gitlab.md", ".gitlab-ci.yml"]))
    assert "changes .gitlab-ci.yml, which the line itself runs on" in reason
    assert refusals(Change("stage", "prod", ["Jenkinsfile"])) == []


@pytest.mark.parametrize(
    ("change", "tests"),
    [
        (Change("feature/a", "stage", [], "Mend a thing"), "quick"),
        (Change("feature/a", "stage", [], "Mend a thing\n\nRun tests."), "full"),
        (Change("feature/a", "stage", [], "rerun testsuite"), "quick"),
        *((Change(f"{kind}/a", "", [], "Mend"), "quick") for kind in KINDS),
        (Change("catalogue/daily", "", [], "Take over today's catalogue"), "quick"),
        (Change("stage", "", [], "Mend"), "full"),
        (Change("prod", "", [], "Mend"), "full"),
        (Change("hotfix/a", "", [], "Mend"), "full"),
    ],
)
def test_run_tests_asks_for_all_of_them(change: Change, tests: str) -> None:
    assert branch_policy.tests_for(change) == tests


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["catalogue/x.csv"], "by a new release"),
        (["searchbar/page/index.html"], "by a new image"),
        (["catalogue/x.csv", "searchbar/http/app.py"], "by a new release and a new image"),
        (["locks/serve.txt"], "by a new release and a new image"),
        (["README.md", "tests/x.py"], "Nothing of it reaches the hosts"),
    ],
)
def test_how_a_change_reaches_the_hosts(files: list[str], sentence: str) -> None:
    assert sentence in reach(files)


HOSTILE = [
    "--upload-pack=touch /tmp/x",
    "-b",
    "a;rm -rf ~",
    "$(id)",
    "`id`",
    "a b",
    "a\nb",
    "../../etc",
    "a..b",
    "a/",
    "é",
    "x.lock",
    "a@{1}",
    "a'b",
    'a"b',
    "",
    "refs/heads/../x",
    "a" * 300,
    "/a",
    "a//b",
    "a|b",
    "%0a",
    "a\\b",
    "a?x",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_branch_name_is_refused(name: str) -> None:
    with pytest.raises(ForgeError, match="no branch name") as refused:
        check_branch_name(name)
    assert refused.value.exit_code == 1


@pytest.mark.parametrize(
    "name", ["--upload-pack=touch x", "feature/$(touch x)", "feature/a;touch x"]
)
@pytest.mark.parametrize("verb", [["check-branch"], ["comment"], ["promote", "--back"]])
def test_every_verb_refuses_one(forge: Forge, verb: list[str], name: str) -> None:
    result = forge(*verb, CHANGE_BRANCH=name)
    assert result.returncode == 1
    assert "Rename the branch." in result.stderr
    assert not (forge.tree / "x").exists()


def test_check_branch_looks_at_what_was_really_touched(forge: Forge) -> None:
    git(forge.tree, "checkout", "--quiet", "-b", "feature/a")
    commit(forge.tree, "Steal", Makefile="all:\n\tcat ~/.ssh/id_ed25519\n")
    result = forge("check-branch", CHANGE_BRANCH="feature/a", CHANGE_TARGET="stage")
    assert result.returncode == 1
    assert "changes Makefile" in result.stderr
    git(forge.tree, "branch", "--quiet", "-m", "pipeline/a")
    assert (
        forge("check-branch", CHANGE_BRANCH="pipeline/a", CHANGE_TARGET="stage").stdout == "quick\n"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_on_a_plain_remote_a_branch_goes_to_stage_as_its_pull_request_would(
    forge: Forge, kind: str
) -> None:
    git(forge.tree, "checkout", "--quiet", "-b", f"{kind}/a")
    commit(forge.tree, "Mend a thing", searchbar__app="2\n")
    result = forge("check-branch", BRANCH_NAME=f"{kind}/a")
    assert (result.returncode, result.stdout) == (0, "quick\n")
    assert f"{kind}/a may go to stage." in result.stderr
    commit(forge.tree, "And the line", Makefile="all:\n\ttrue\n")
    assert forge("check-branch", BRANCH_NAME=f"{kind}/a").returncode == (
        0 if kind == "pipeline" else 1
    )


def test_the_message_of_the_merged_branch_counts(forge: Forge) -> None:
    """Jenkins checks out a merge of the pull request with its target: the author's message is
    one parent away."""
    git(forge.tree, "checkout", "--quiet", "-b", "feature/a")
    commit(forge.tree, "Mend a thing\n\nrun tests", searchbar__app="2\n")
    commit(forge.tree, "Mend another\n\nrun tests", searchbar__app="3\n")
    git(forge.tree, "fetch", "--quiet")
    git(
        forge.tree,
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge",
        "origin/stage",
        "-s",
        "ours",
        "--allow-unrelated-histories",
    )
    assert forge("check-branch", "--branch", "feature/a", "--into", "stage").stdout == "full\n"


def test_a_hotfix_starts_from_prod(forge: Forge) -> None:
    commit(forge.tree, "On stage only", searchbar__app="2\n")
    git(forge.tree, "push", "--quiet", "origin", "stage")
    git(forge.tree, "checkout", "--quiet", "-b", "hotfix/a", "origin/prod")
    commit(forge.tree, "Fix", searchbar__app="fixed\n")
    assert forge("check-branch", BRANCH_NAME="hotfix/a").stdout == "full\n"
    git(forge.tree, "checkout", "--quiet", "-b", "hotfix/b", "stage")
    result = forge("check-branch", BRANCH_NAME="hotfix/b")
    assert result.returncode == 1
    assert "does not start from prod" in result.stderr


def test_a_branch_must_be_named(forge: Forge) -> None:
    assert forge("check-branch").returncode == 2


def test_the_unknown_setting_is_refused_with_the_nearest(forge: Forge) -> None:
    result = forge("check-branch", "--branch", "stage", FORGE_TOKN="x")
    assert result.returncode == 2
    assert "'FORGE_TOKN' is no setting. Did you mean 'FORGE_TOKEN'?" in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FORGE_REPOSITORY", "https://github.com/a/b"),
        ("FORGE_AUTO_MERGE", "perhaps"),
        ("FORGE_GIVE_UP", "soon"),
        ("FORGE_ENCODE_RATE", "-1"),
        ("FORGE_TOKEN_FILE", "/nowhere/token"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(forge: Forge, name: str, value: str) -> None:
    result = forge("check-branch", "--branch", "stage", **{name: value})
    assert result.returncode == 2
    assert name in result.stderr
