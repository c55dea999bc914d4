"""From stage to prod: exactly the pair that stage's certificate names, and exactly what was
approved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from release_format.seal import digest_of
from release_format.store.folder import Folder
from tests.forge.conftest import Forge, commit, git, report
from tests.forge.hub import GitHub

RELEASE, IMAGE, OLD = "1" * 64, "sha256:" + "2" * 64, "3" * 64
RECORD = {"to": {"release": RELEASE, "image": IMAGE}, "failed": 0}


@pytest.fixture
def store(tree: Path) -> Folder:
    store = Folder(tree / "var/store")
    store.put_record("certificate", digest_of(RECORD), json.dumps(RECORD, indent=1))
    store.switch_channel("stage", release=RELEASE, image=IMAGE, certificate=digest_of(RECORD))
    store.switch_channel("prod", release=OLD, image=IMAGE, certificate="d" * 64)
    return store


def merged_into_prod(tree: Path) -> None:
    git(tree, "checkout", "--quiet", "prod")
    git(tree, "merge", "--quiet", "--no-ff", "-m", "Promote", "stage")


def feature(tree: Path) -> None:
    commit(tree, "A feature", searchbar__app="2\n")
    git(tree, "push", "--quiet", "origin", "stage")


def test_one_promotion_pull_request_opened_then_updated(
    on_github: Forge, hub: GitHub, store: Folder
) -> None:
    report(on_github.tree, "quality")
    for _ in range(2):
        assert on_github("promote").returncode == 0
    assert [(p["head"]["ref"], p["base"]["ref"]) for p in hub.pulls] == [("stage", "prod")]
    assert RELEASE[:12] in hub.pulls[0]["title"]
    assert IMAGE in hub.pulls[0]["body"]


def test_the_promotions_policy_stands_at_its_commit(
    on_github: Forge, hub: GitHub, store: Folder
) -> None:
    """No build of that pull request would say it, and its branch requires it."""
    hub.files = ["Makefile", "searchbar/app.py"]
    assert on_github("promote").returncode == 0
    (status,) = hub.statuses
    assert (status["context"], status["state"]) == ("searchbar / policy", "success")
    assert status["sha"] == hub.pulls[0]["head"]["sha"]


def test_a_hotfix_that_may_not_go_back_is_told_at_its_commit(
    on_github: Forge, hub: GitHub, store: Folder
) -> None:
    hub.files = ["catalogue/data.csv"]
    assert on_github("promote", "--back", BRANCH_NAME="hotfix/a").returncode == 0
    (status,) = hub.statuses
    assert status["state"] == "failure"
    assert "a hotfix keeps the live release" in status["description"]


def test_only_what_this_build_rolled_out_is_promoted(
    on_github: Forge, hub: GitHub, store: Folder
) -> None:
    """Between its rollout and its promotion a newer build may have stage's hosts, or a rollback."""
    tree = git(on_github.tree, "rev-parse", "HEAD^{tree}")
    result = on_github("promote", "--release", OLD)
    assert (result.returncode, hub.pulls, store.record("promotion", tree)) == (1, [], None)
    assert f"'stage' runs release {RELEASE[:12]} by now, and this build made 333333333333" in (
        result.stderr
    )
    assert on_github("promote", "--release", RELEASE).returncode == 0
    assert store.record("promotion", tree)


def test_stage_without_a_certificate_promotes_nothing(
    on_github: Forge, hub: GitHub, tree: Path
) -> None:
    result = on_github("promote")
    assert (result.returncode, hub.requests) == (1, [])
    assert "nothing was rolled out to 'stage'" in result.stderr


def test_prod_takes_the_pair_of_exactly_this_source(forge: Forge, store: Folder) -> None:
    feature(forge.tree)
    forge("promote")
    store.switch_channel("stage", release="9" * 64, image="sha256:later", certificate="e" * 64)
    merged_into_prod(forge.tree)
    release, image, evidence = forge("approve").stdout.split()
    assert (release, image) == (RELEASE, IMAGE)
    again = json.loads(forge("approve", "--json", "--evidence", evidence).stdout)
    assert again == {"release": RELEASE, "image": IMAGE, "evidence": evidence}


def test_a_commit_that_stage_never_ran_is_refused(forge: Forge, store: Folder) -> None:
    forge("promote")
    git(forge.tree, "checkout", "--quiet", "prod")
    commit(forge.tree, "Straight to prod", searchbar__app="evil\n")
    result = forge("approve")
    assert result.returncode == 1
    assert "stage has no certificate for what commit" in result.stderr


def test_before_stages_first_rollout_prod_says_what_it_waits_for(forge: Forge) -> None:
    """The first boot of a line builds prod, too: nothing is wrong then, and nothing can be told."""
    result = forge("approve", SEARCHBAR_STORE=str(forge.tree / "nowhere/store"))
    assert (result.returncode, result.stdout) == (3, "")
    assert (
        f"prod waits for stage's first rollout: the store {forge.tree}/nowhere/store knows of none."
        in result.stderr
    )
    assert (
        "Name stage's hosts in deployer/hosts.toml, push to stage, and build prod again"
        in result.stderr
    )
    assert not (forge.tree / "nowhere").exists()


def test_the_place_of_a_store_is_told_without_its_password(
    forge: Forge, store: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store behind a proxy may be named with a user and a password."""
    feature(forge.tree)
    nowhere = Folder(forge.tree / "nowhere")
    monkeypatch.setattr("forge.commands.approve.open_store", lambda: nowhere)
    result = forge("approve", SEARCHBAR_STORE="s3://key:hidden@bucket/prefix")
    assert result.returncode == 3
    assert "the store s3://key:[redacted]@bucket/prefix knows of none" in result.stderr
    assert "hidden" not in result.stderr


def test_a_stage_that_was_switched_without_a_certificate_is_waited_for(
    forge: Forge, tree: Path
) -> None:
    Folder(tree / "var/store").switch_channel("stage", release=RELEASE, image=IMAGE)
    result = forge("approve")
    assert result.returncode == 3
    assert "prod waits for stage's certificate" in result.stderr
    assert "make rollout ENVIRONMENT=stage" in result.stderr


def test_evidence_that_changed_since_the_approval_is_refused(forge: Forge, store: Folder) -> None:
    feature(forge.tree)
    forge("promote")
    merged_into_prod(forge.tree)
    evidence = forge("approve").stdout.split()[2]
    store.switch_channel("prod", release="5" * 64, image=IMAGE)
    result = forge("approve", "--evidence", evidence)
    assert result.returncode == 1
    assert "Approve it anew" in result.stderr


def test_a_held_release_is_refused(forge: Forge, store: Folder) -> None:
    feature(forge.tree)
    forge("promote")
    merged_into_prod(forge.tree)
    store.hold("prod", RELEASE)
    result = forge("approve")
    assert result.returncode == 1
    assert "is held" in result.stderr


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (None, "is not in the store"),
        ({**RECORD, "failed": 7}, "was changed after it was made"),
        ({**RECORD, "to": {"release": RELEASE, "image": "sha256:other"}}, "is about another pair"),
        ({}, "cannot be read"),
    ],
)
def test_a_certificate_that_does_not_hold_is_refused(
    forge: Forge, store: Folder, record: dict[str, Any] | None, sentence: str
) -> None:
    feature(forge.tree)
    forge("promote")
    merged_into_prod(forge.tree)
    path = forge.tree / f"var/store/records/certificate/{digest_of(RECORD)}.json"
    path.unlink() if record is None else path.write_text(json.dumps(record))
    if record and record["to"] != RECORD["to"]:
        _name_in_promotion(store, forge, record)
    result = forge("approve")
    assert result.returncode == (3 if record is None or not record else 1)
    assert sentence in result.stderr
    assert "Roll out to stage again" in result.stderr


def test_a_promotion_that_cannot_be_read_is_built_again(forge: Forge, store: Folder) -> None:
    feature(forge.tree)
    forge("promote")
    merged_into_prod(forge.tree)
    store.put_record("promotion", git(forge.tree, "rev-parse", "HEAD^{tree}"), "{")
    result = forge("approve")
    assert result.returncode == 3
    assert "cannot be read" in result.stderr
    assert "Build stage again." in result.stderr


def _name_in_promotion(store: Folder, forge: Forge, record: dict[str, Any]) -> None:
    """A certificate that holds in itself, named by a promotion of another pair."""
    store.put_record("certificate", digest_of(record), json.dumps(record))
    tree = git(forge.tree, "rev-parse", "HEAD^{tree}")
    promotion = json.loads(store.record("promotion", tree) or "")
    store.put_record("promotion", tree, json.dumps({**promotion, "certificate": digest_of(record)}))


def test_a_hotfix_keeps_the_live_release(forge: Forge, store: Folder) -> None:
    release, image, _ = forge("approve", "--image", "sha256:fix").stdout.split()
    assert (release, image) == (OLD, "sha256:fix")
    assert forge("approve", "--image", "sha256:fix", "--environment", "nowhere").returncode == 1


def test_a_hotfix_goes_back_to_stage(on_github: Forge, hub: GitHub) -> None:
    assert on_github("promote", "--back", BRANCH_NAME="hotfix/a").returncode == 0
    assert [(p["head"]["ref"], p["base"]["ref"]) for p in hub.pulls] == [("hotfix/a", "stage")]
    assert "Bring hotfix/a back to stage" in hub.pulls[0]["title"]


def test_live_says_where_the_live_release_lies(forge: Forge, bundled_store: Path) -> None:
    result = forge("live", "stage", "--store", str(bundled_store))
    assert result.stdout.strip() == str(bundled_store / "releases" / RELEASE)
    nothing = forge("live", "prod", "--store", str(bundled_store))
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "nothing is live in prod yet" in nothing.stderr


@pytest.fixture
def bundled_store(tmp_path: Path) -> Path:
    store = Folder(tmp_path / "elsewhere")
    (store.root / "releases" / RELEASE).mkdir(parents=True)
    (store.root / "releases" / RELEASE / "manifest.json").write_text("{}")
    store.switch_channel("stage", release=RELEASE, image=IMAGE)
    return store.root
