"""A build of prod that was lost before it began, and those that must not come again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from release_format.seal import digest_of
from release_format.store.folder import Folder
from tests.forge.conftest import Forge, commit, git

RELEASE, IMAGE, OTHER = "1" * 64, "sha256:" + "2" * 64, "sha256:" + "3" * 64
RECORD = {"to": {"release": RELEASE, "image": IMAGE}, "failed": 0}


def ago(**time: int) -> str:
    """A moment as the store writes it."""
    return (datetime.now(UTC) - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def store(forge: Forge) -> Folder:
    return Folder(forge.tree / "var/store")


@pytest.fixture
def promoted(forge: Forge, store: Folder, monkeypatch: pytest.MonkeyPatch) -> str:
    """Stage's pair was merged into prod two hours ago, where another image is live since
    yesterday."""
    monkeypatch.setattr("release_format.store.base.now", lambda: ago(days=1))
    store.switch_channel("prod", release=RELEASE, image=OTHER, certificate="d" * 64)
    monkeypatch.undo()
    store.put_record("certificate", digest_of(RECORD), json.dumps(RECORD, indent=1))
    store.switch_channel("stage", release=RELEASE, image=IMAGE, certificate=digest_of(RECORD))
    commit(forge.tree, "A feature", searchbar__app="2\n")
    assert forge("promote").returncode == 0
    return merged(forge, monkeypatch, hours=2)


def merged(forge: Forge, monkeypatch: pytest.MonkeyPatch, **time: int) -> str:
    monkeypatch.setenv("GIT_COMMITTER_DATE", ago(**time))
    git(forge.tree, "checkout", "--quiet", "-B", "prod", "origin/prod")
    git(forge.tree, "merge", "--quiet", "--no-ff", "-m", "Promote", "stage")
    git(forge.tree, "push", "--quiet", "origin", "prod")
    monkeypatch.undo()
    return git(forge.tree, "rev-parse", "HEAD")


def swept(forge: Forge) -> str:
    """What the sweep would have people told, in a checkout of stage's code."""
    git(forge.tree, "checkout", "--quiet", "stage")
    result = forge("sweep")
    assert result.returncode == 0, result.stderr
    assert result.stdout or "no build of prod was lost" in result.stderr
    return result.stdout.strip()


def test_a_commit_that_no_build_began_with_is_told(forge: Forge, promoted: str) -> None:
    sentence = swept(forge)
    assert f"prod is built again: no build of its commit {promoted[:12]} (" in sentence
    assert sentence.endswith("UTC) ever began, as if git had been away.")
    assert swept(forge) == sentence, "until a build begins"


def test_a_commit_that_was_only_pushed_while_git_was_away_is_seen(
    forge: Forge, promoted: str
) -> None:
    """What this clone knows of prod is older than the remote."""
    git(forge.tree, "update-ref", "-d", "refs/remotes/origin/prod")
    assert promoted[:12] in swept(forge)


def test_what_began_is_left_alone_whatever_became_of_it(
    forge: Forge, store: Folder, promoted: str
) -> None:
    assert forge("sweep", "--begun", BUILD_URL="http://jenkins/7/").returncode == 0
    assert swept(forge) == ""
    record = json.loads(store.record("begun", f"prod-{promoted}") or "")
    assert (record["commit"], record["build"]) == (promoted, "http://jenkins/7/")


def test_a_build_of_an_older_commit_does_not_count(
    forge: Forge, promoted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge("sweep", "--begun")
    git(forge.tree, "checkout", "--quiet", "stage")
    commit(forge.tree, "Another feature", searchbar__app="3\n")
    assert merged(forge, monkeypatch, hours=2)[:12] in swept(forge)


def test_a_build_that_may_still_wait_for_a_machine_is_not_started_twice(
    forge: Forge, promoted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(forge.tree, "checkout", "--quiet", "stage")
    commit(forge.tree, "Another feature", searchbar__app="3\n")
    merged(forge, monkeypatch, minutes=10)
    assert swept(forge) == ""


@pytest.mark.parametrize("hours", [1, 20])
def test_what_is_live_was_built_by_whoever_wrote_nothing_down(
    forge: Forge, store: Folder, promoted: str, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Or by an earlier commit with the same source."""
    monkeypatch.setattr("release_format.store.base.now", lambda: ago(hours=hours))
    store.switch_channel("prod", release=RELEASE, image=IMAGE, certificate="e" * 64)
    assert swept(forge) == ""


def test_what_a_rollback_left_does_not_come_back(
    forge: Forge, store: Folder, promoted: str
) -> None:
    """Only its image was new, so nothing is held: a release is what a rollback holds."""
    store.switch_channel("prod", release=RELEASE, image=IMAGE, certificate="e" * 64)
    store.switch_channel("prod", release=RELEASE, image=OTHER, certificate="f" * 64)
    assert swept(forge) == ""


def test_a_pair_that_prod_had_before_is_built_again_when_a_later_commit_wants_it_back(
    forge: Forge, store: Folder, promoted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days, image in ((4, IMAGE), (3, OTHER)):
        with monkeypatch.context() as patch:
            patch.setattr("release_format.store.base.now", lambda days=days: ago(days=days))
            store.switch_channel("prod", release=RELEASE, image=image, certificate="e" * 64)
    assert promoted[:12] in swept(forge)


def test_a_held_release_is_refused_by_the_build_that_the_sweep_starts(
    forge: Forge, store: Folder, promoted: str
) -> None:
    store.hold("prod", RELEASE)
    assert promoted[:12] in swept(forge)
    git(forge.tree, "checkout", "--quiet", "prod")
    forge("sweep", "--begun")
    result = forge("approve")
    assert (result.returncode, "is held" in result.stderr) == (1, True)
    assert swept(forge) == "", "and is told once"


def test_what_stage_never_ran_is_told_too(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its build says what is missing; nobody would hear of it otherwise."""
    commit(forge.tree, "A feature", searchbar__app="2\n")
    assert merged(forge, monkeypatch, hours=2)[:12] in swept(forge)


def test_without_prod_nothing_is_lost(forge: Forge) -> None:
    git(forge.tree, "push", "--quiet", "origin", ":prod")
    assert swept(forge) == ""


def test_a_git_that_is_away_is_no_answer(forge: Forge, promoted: str) -> None:
    git(forge.tree, "remote", "set-url", "origin", "/nowhere")
    result = forge("sweep")
    assert (result.returncode, result.stdout) == (3, "")
