"""The whole way of a daily change, on a bare remote and a GitHub that checks each request."""

from __future__ import annotations

import json

from release_format.seal import digest_of
from release_format.store.folder import Folder
from tests.forge.conftest import Forge, git, report, write
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


def test_from_a_daily_change_to_prod(on_github: Forge, hub: GitHub) -> None:
    tree, store = on_github.tree, Folder(on_github.tree / "var/store")
    write(tree, "catalogue/items", "a,c\n")
    report(tree, "data", changes={"added": 0, "changed": 1})
    assert on_github("propose", "catalogue").returncode == 0

    hub.files = ["catalogue/items"]
    hub.pulls[0]["head"]["sha"] = git(tree, "rev-parse", "origin/catalogue/daily")
    git(tree, "checkout", "--quiet", "--force", "--detach", "origin/catalogue/daily")
    assert (
        on_github("check-branch", CHANGE_BRANCH="catalogue/daily", CHANGE_TARGET="stage").stdout
        == "quick\n"
    )
    report(tree, "data")
    report(tree, "quality")
    assert on_github("comment", "--pull", "1").returncode == 0
    assert {s["state"] for s in hub.statuses} == {"success"}
    assert {s["sha"] for s in hub.statuses} == {hub.pulls[0]["head"]["sha"]}

    git(tree, "checkout", "--quiet", "-B", "stage", "origin/stage")
    git(tree, "merge", "--quiet", "--no-ff", "-m", "Merge pull request 1", "origin/catalogue/daily")
    git(tree, "push", "--quiet", "origin", "stage")
    hub.pulls[0]["state"] = "closed"
    rolled_out(store, "stage")
    assert on_github("promote").returncode == 0

    git(tree, "checkout", "--quiet", "-B", "prod", "origin/prod")
    git(tree, "merge", "--quiet", "--no-ff", "-m", "Merge pull request 2", "origin/stage")
    release, image, evidence = on_github("approve").stdout.split()
    assert (release, image) == (RELEASE, IMAGE)
    assert on_github("approve", "--evidence", evidence).returncode == 0
    rolled_out(store, "prod")

    assert [(p["head"]["ref"], p["base"]["ref"]) for p in hub.pulls] == [
        ("catalogue/daily", "stage"),
        ("stage", "prod"),
    ]
    assert len(hub.comments) == 1
    posts = [path.rsplit("/", 1)[-1] for path in hub.made("POST")]
    assert sorted(p for p in posts if len(p) < 40) == ["comments", "pulls", "pulls"]
