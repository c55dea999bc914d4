"""The whole way of a daily change, on a bare remote and a GitHub or GitLab that checks each
request."""

from __future__ import annotations

import json

from release_format.seal import digest_of
from release_format.store.folder import Folder
from tests.forge.conftest import Forge, git, report, write
from tests.forge.gitlab_hub import GitLab
from tests.forge.hub import GitHub

RELEASE, IMAGE = "1" * 64, "sha256:" + "2" * 64


def rolled_out(store: Folder, environment: str) -> None:
    """What the deployer leaves of a rollout that ended well."""
    record = {
        "act": "rollout",
        "environment": environment,
        "to": {"release": RELEASE, "image": IMAGE},
    }
    store.put_record("certificate", digest_of(record), json.dumps(record))
    store.switch_channel(environment, release=RELEASE, image=IMAGE, certificate=digest_of(record))


def test_from_a_daily_change_to_prod(hosted: tuple[Forge, GitHub | GitLab]) -> None:
    forge, hub = hosted
    tree, store = forge.tree, Folder(forge.tree / "var/store")
    write(tree, "catalogue/items", "a,c\n")
    report(tree, "data", changes={"added": 0, "changed": 1})
    assert forge("propose", "catalogue").returncode == 0

    hub.files = ["catalogue/items"]
    proposed = git(tree, "rev-parse", "origin/catalogue/daily")
    hub.move(1, proposed)
    git(tree, "checkout", "--quiet", "--force", "--detach", "origin/catalogue/daily")
    assert (
        forge("check-branch", CHANGE_BRANCH="catalogue/daily", CHANGE_TARGET="stage").stdout
        == "quick\n"
    )
    report(tree, "data")
    report(tree, "quality")
    assert forge("comment", "--pull", "1").returncode == 0
    assert {s["state"] for s in hub.statuses} == {"success"}
    assert {s["sha"] for s in hub.statuses} == {proposed}

    git(tree, "checkout", "--quiet", "-B", "stage", "origin/stage")
    git(tree, "merge", "--quiet", "--no-ff", "-m", "Merge pull request 1", "origin/catalogue/daily")
    git(tree, "push", "--quiet", "origin", "stage")
    hub.close(1)
    rolled_out(store, "stage")
    assert forge("promote").returncode == 0

    git(tree, "checkout", "--quiet", "-B", "prod", "origin/prod")
    git(tree, "merge", "--quiet", "--no-ff", "-m", "Merge pull request 2", "origin/stage")
    release, image, evidence = forge("approve").stdout.split()
    assert (release, image) == (RELEASE, IMAGE)
    assert forge("approve", "--evidence", evidence).returncode == 0
    rolled_out(store, "prod")

    assert hub.ends() == [("catalogue/daily", "stage"), ("stage", "prod")]
    assert len(hub.comments) == 1
    assert hub.created() == ["comment", "pull", "pull"]
