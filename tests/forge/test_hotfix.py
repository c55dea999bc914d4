"""A hotfix that prod runs stays, or goes because somebody said so in a commit; on real
repositories."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployer.hosts import Environment
from deployer.rollout.policy import check_allowed
from deployer.state import Pair
from forge.git import Git
from release_format.seal import digest_of
from release_format.store.folder import Folder
from tests.forge.conftest import Forge, Result, commit, git
from tests.forge.hub import GitHub

RELEASE, IMAGE, FIXED = "1" * 64, "sha256:" + "2" * 64, "sha256:" + "f" * 64


def rolled_out(store: Folder, environment: str, image: str, **more: Any) -> None:
    """What the deployer leaves of a rollout that ended well."""
    record = {"environment": environment, "to": {"release": RELEASE, "image": image}, **more}
    store.put_record("certificate", digest_of(record), json.dumps(record))
    store.switch_channel(environment, release=RELEASE, image=image, certificate=digest_of(record))


@pytest.fixture
def store(tree: Path) -> Folder:
    store = Folder(tree / "var/store")
    rolled_out(store, "prod", IMAGE)
    rolled_out(store, "stage", "sha256:" + "a" * 64)
    return store


def hotfix(
    forge: Forge, name: str = "hotfix/label", image: str = FIXED, *, text: str = "fixed\n"
) -> str:
    """A fix of two commits off prod, approved; the caller rolls it out."""
    git(forge.tree, "fetch", "--quiet")
    git(forge.tree, "checkout", "--quiet", "-B", name, "origin/prod")
    commit(forge.tree, "Try to mend the label", searchbar__label="half\n")
    head = commit(forge.tree, "Mend the label", searchbar__label=text)
    git(forge.tree, "push", "--quiet", "origin", name)
    result = forge("approve", "--image", image, BRANCH_NAME=name)
    assert result.returncode == 0, result.stderr
    git(forge.tree, "checkout", "--quiet", "stage")
    return head


@pytest.fixture
def fix(forge: Forge, store: Folder) -> str:
    head = hotfix(forge)
    rolled_out(store, "prod", FIXED)
    commit(forge.tree, "A feature", searchbar__app="2\n")
    return head


def promoted(forge: Forge) -> tuple[Result, Result]:
    """Stage's build proposes, a person merges, and prod's build asks what it may bring."""
    git(forge.tree, "push", "--quiet", "origin", "stage")
    promote = forge("promote")
    git(forge.tree, "checkout", "--quiet", "-B", "prod", "origin/prod")
    git(forge.tree, "merge", "--quiet", "--no-ff", "-m", "Promote", "stage")
    return promote, forge("approve")


def merge(tree: Path, fix: str) -> None:
    git(tree, "merge", "--quiet", "--no-ff", "-m", "Merge hotfix/label into stage", fix)


def pick(tree: Path, fix: str) -> None:
    git(tree, "cherry-pick", f"{fix}~2..{fix}")


def squash(tree: Path, fix: str) -> None:
    git(tree, "merge", "--quiet", "--squash", fix)
    git(tree, "commit", "--quiet", "-m", "Mend the label (#7)")
    commit(tree, "Go on elsewhere", searchbar__app="3\n")


def test_a_promotion_that_lacks_the_hotfix_is_refused_twice(forge: Forge, fix: str) -> None:
    for result in promoted(forge):
        assert (result.returncode, result.stdout) == (1, "")
        assert f"prod runs hotfix/label (commit {fix[:12]}), which commit" in result.stderr
        assert (
            "it would be lost. Merge it into stage; or, if it may go, commit there" in result.stderr
        )
        assert f"`Drops-Hotfix: {fix}`" in result.stderr
    page = (forge.tree / "var/pages/promotion.md").read_text()
    assert "**Stopped by this line's policy:**" in page
    assert "it would be lost" in page


@pytest.mark.parametrize("bring", [merge, pick, squash])
def test_a_hotfix_that_came_to_stage_stays(
    forge: Forge, fix: str, bring: Callable[[Path, str], None]
) -> None:
    bring(forge.tree, fix)
    promote, approve = promoted(forge)
    assert (promote.returncode, approve.returncode) == (0, 0)
    assert f"It keeps hotfix/label (commit {fix[:12]}), which prod runs." in approve.stderr
    assert "It keeps hotfix/label" in (forge.tree / "var/pages/promotion.md").read_text()


def test_half_of_a_hotfix_is_not_the_hotfix(forge: Forge, fix: str) -> None:
    git(forge.tree, "cherry-pick", f"{fix}~1")
    assert [result.returncode for result in promoted(forge)] == [1, 1]


def test_a_hotfix_that_was_solved_otherwise_needs_a_word(forge: Forge, fix: str) -> None:
    commit(forge.tree, "Mend the label in another way", searchbar__label="other\n")
    assert [result.returncode for result in promoted(forge)] == [1, 1]


@pytest.mark.parametrize("length", [40, 12])
def test_a_person_may_let_it_go_in_a_commit_of_stage(forge: Forge, fix: str, length: int) -> None:
    message = f"Let the old label go\n\nThe new page has none.\n\nDrops-Hotfix: {fix[:length]}"
    git(forge.tree, "commit", "--quiet", "--allow-empty", "-m", message)
    by = git(forge.tree, "rev-parse", "HEAD")
    commit(forge.tree, "One more feature", searchbar__app="3\n")
    promote, approve = promoted(forge)
    assert (promote.returncode, approve.returncode) == (0, 0)
    sentence = (
        f"It drops hotfix/label (commit {fix[:12]}), which prod runs: Ada said in commit {by[:12]}"
        " that it may go."
    )
    assert sentence in approve.stderr
    assert sentence in (forge.tree / "var/pages/promotion.md").read_text()


@pytest.mark.parametrize(
    "word",
    [
        "Drops-Hotfix: {other}",
        "Drops-Hotfix: {short}",
        "Drops-Hotfix:",
        "Keeps: {fix}",
        "Drops-Hotfix: {fix}\n\nThis is no trailer: text follows it.",
    ],
)
def test_no_other_word_lets_it_go(forge: Forge, fix: str, word: str) -> None:
    message = word.format(fix=fix, short=fix[:7], other=git(forge.tree, "rev-parse", "origin/prod"))
    git(forge.tree, "commit", "--quiet", "--allow-empty", "-m", f"Let it go\n\n{message}")
    assert [result.returncode for result in promoted(forge)] == [1, 1]


def test_the_word_must_be_in_what_is_promoted(forge: Forge, fix: str) -> None:
    git(forge.tree, "checkout", "--quiet", "-b", "fix/elsewhere")
    git(forge.tree, "commit", "--quiet", "--allow-empty", "-m", f"Go\n\nDrops-Hotfix: {fix}")
    git(forge.tree, "push", "--quiet", "origin", "fix/elsewhere")
    git(forge.tree, "checkout", "--quiet", "stage")
    assert [result.returncode for result in promoted(forge)] == [1, 1]


def test_after_the_promotion_nobody_asks_again(forge: Forge, store: Folder, fix: str) -> None:
    merge(forge.tree, fix)
    promoted(forge)
    rolled_out(store, "prod", IMAGE)
    assert forge("approve").stderr.count("hotfix") == 0


def test_a_hotfix_that_was_never_rolled_out_binds_nobody(forge: Forge, store: Folder) -> None:
    hotfix(forge)
    commit(forge.tree, "A feature", searchbar__app="2\n")
    assert [result.returncode for result in promoted(forge)] == [0, 0]


def test_a_branch_that_makes_the_live_image_is_no_hotfix(forge: Forge, store: Folder) -> None:
    hotfix(forge, image=IMAGE)
    commit(forge.tree, "A feature", searchbar__app="2\n")
    assert [result.returncode for result in promoted(forge)] == [0, 0]


def test_the_next_hotfix_keeps_the_last(forge: Forge, fix: str) -> None:
    git(forge.tree, "checkout", "--quiet", "-b", "hotfix/other", "origin/prod")
    commit(forge.tree, "Mend another thing", searchbar__other="fixed\n")
    result = forge("approve", "--image", "sha256:other", BRANCH_NAME="hotfix/other")
    assert result.returncode == 1
    assert f"prod runs hotfix/label (commit {fix[:12]}), which commit" in result.stderr
    pick(forge.tree, fix)
    assert forge("approve", "--image", "sha256:other", BRANCH_NAME="hotfix/other").returncode == 0


def test_a_clone_that_never_saw_the_hotfix_fetches_it(
    forge: Forge, fix: str, remote: Path, tmp_path: Path
) -> None:
    """An agent clones one branch; the commit that prod runs may be on another."""
    squash(forge.tree, fix)
    git(forge.tree, "push", "--quiet", "origin", "stage")
    git(
        tmp_path,
        "clone",
        "--quiet",
        "--branch",
        "stage",
        "--single-branch",
        f"file://{remote}",
        "agent",
    )
    agent = Forge(tmp_path / "agent", {"SEARCHBAR_STORE": str(forge.tree / "var/store")})
    assert not Git(agent.tree).has(fix)
    assert agent("promote").returncode == 0
    git(remote, "branch", "--quiet", "-D", "hotfix/label")
    git(
        tmp_path,
        "clone",
        "--quiet",
        "--branch",
        "stage",
        "--single-branch",
        f"file://{remote}",
        "later",
    )
    later = Forge(tmp_path / "later", {"SEARCHBAR_STORE": str(forge.tree / "var/store")})
    assert later("promote").returncode == 1, "what nobody can look at is not there"


def test_a_hotfix_that_was_rolled_out_by_hand_is_not_lost_either(
    forge: Forge, store: Folder
) -> None:
    """Its certificate says what it is, and nobody wrote down of which commit: only a person can
    tell."""
    live = Pair(RELEASE, FIXED)
    grounds = check_allowed(
        store, Environment("prod", requires="stage"), live, [Pair(RELEASE, IMAGE)], hotfix=True
    )
    rolled_out(store, "prod", FIXED, grounds=grounds)
    commit(forge.tree, "A feature", searchbar__app="2\n")
    for result in promoted(forge):
        assert result.returncode == 1
        assert f"prod runs a hotfix (image {FIXED[:19]}, of an unknown commit)" in result.stderr
    git(forge.tree, "checkout", "--quiet", "stage")
    git(
        forge.tree,
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        f"Let it go\n\nDrops-Hotfix: {FIXED}",
    )
    assert [result.returncode for result in promoted(forge)] == [0, 0]


def test_a_record_that_cannot_be_read_is_not_a_yes(forge: Forge, store: Folder, fix: str) -> None:
    (record,) = (store.root / "records/hotfix").iterdir()
    record.write_text("{")
    result = forge("promote")
    assert result.returncode == 3
    assert "the record of the hotfix that prod runs cannot be read" in result.stderr


def test_a_refused_promotion_opens_no_pull_request_and_the_open_one_says_so(
    on_github: Forge, hub: GitHub, fix: str
) -> None:
    assert on_github("promote").returncode == 1
    assert hub.pulls == []
    hub.add_pull("stage", "prod", title="Promote", body="All is well.")
    assert on_github("promote").returncode == 1
    assert len(hub.pulls) == 1
    assert "it would be lost" in hub.pulls[0]["body"]


def test_without_a_forge_stage_is_merged_into_prod_only_with_the_hotfix(
    forge: Forge, fix: str
) -> None:
    git(forge.tree, "push", "--quiet", "origin", "stage")
    result = forge("merge", "stage", "--into", "prod")
    assert result.returncode == 1
    assert "it would be lost" in result.stderr
    assert forge("merge", "hotfix/label").returncode == 0, "prod runs it: that speaks for it"
    assert forge("merge", "stage", "--into", "prod").returncode == 0


def test_without_a_forge_a_hotfix_that_prod_does_not_run_stays_out(forge: Forge, fix: str) -> None:
    git(forge.tree, "checkout", "--quiet", "hotfix/label")
    commit(forge.tree, "One more", searchbar__label="untried\n")
    git(forge.tree, "push", "--quiet", "origin", "hotfix/label")
    result = forge("merge", "hotfix/label")
    assert result.returncode == 1
    assert "is not what prod runs. Let its build roll it out, then merge it" in result.stderr
