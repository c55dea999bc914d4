"""Real hosts, real gates, a real git daemon, the pipeline's own lines: a changed row travels
from a branch to prod."""

from __future__ import annotations

import csv
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from index_builder.tracking.run import Alias, waiting_records
from release_format.release import Release
from release_format.store.folder import Folder
from release_format.store.locate import open_store
from tests.forge.hub import REPOSITORY, TOKEN, GitHub, recording_github
from tests.hosts.machines import PUBLIC, Machines
from tests.whole_line.conftest import need_hosts
from tests.whole_line.line import Line, RefusedError, git
from tests.whole_line.loop import CATALOGUE, Visitors, exported, first_release, play, top, two_hosts

# Four rollouts and five builds: minutes. `make test` holds the lines to the Jenkinsfile; `make
# proof` types them.
pytestmark = [pytest.mark.xdist_group("hosts"), pytest.mark.proof]


@pytest.fixture(scope="module")
def line(
    tmp_path_factory: pytest.TempPathFactory, bundled_release: Release, shared_store: Folder
) -> Iterator[tuple[Line, Machines]]:
    need_hosts()
    folder = tmp_path_factory.mktemp("line")
    # What the other tests built is what this line would build: the store knows it by what it was
    # made from.
    for place in ("store", "pull-requests/store"):
        store = open_store(folder / place)
        store.put(bundled_release.path)
        store.put(
            shared_store.path("snapshot", str(bundled_release.manifest.made_from["snapshot"]))
        )
    with two_hosts(folder) as (made, hosts), Line(folder, hosts) as line:
        first_release(line, print)
        yield line, made


def test_the_whole_loop(line: tuple[Line, Machines]) -> None:
    outcome = play(*line, print)
    assert outcome.well, outcome
    assert "data gate" in outcome.refusal
    store = open_store(line[0].root / "store")
    stage, prod = store.channel("stage"), store.channel("prod")
    assert stage is not None
    assert prod is not None
    # Rolled back: stage still has the new pair, prod the old one, and holds what it left.
    assert stage.image == prod.image
    assert list(prod.hold) == [stage.release]
    # Without an MLflow the registry's aliases wait, the last of each what its hosts were last
    # switched to.
    records = [record for _, record in waiting_records(line[0].root / "ledger")]
    aliases = {record.alias: record.release.name for record in records if isinstance(record, Alias)}
    assert aliases == {"stage": stage.release, "prod": prod.release}
    page = line[0].page("pull-request", "comment")
    assert "change/outage" in page
    assert "### What to change" in page
    assert len(store.records("promotion")) == 2


def test_a_rebuild_of_nothing_new_is_a_line_of_no_ops(line: tuple[Line, Machines]) -> None:
    store = open_store(line[0].root / "store")
    before = (store.ids("release"), store.channel("stage"))
    line[0].build("stage", "stage")
    assert (store.ids("release"), store.channel("stage")) == before


@pytest.fixture
def on_github(line: tuple[Line, Machines]) -> Iterator[GitHub]:
    """The same line with a repository on GitHub: a token where a stage names the credential, and
    nowhere else."""
    with recording_github() as hub:
        hub.head_of = lambda branch: git(line[0].root / "git/searchbar.git", "rev-parse", branch)
        line[0].environment = {
            "FORGE_REPOSITORY": REPOSITORY,
            "FORGE_API": hub.url,
            "FORGE_GIVE_UP": "1",
        }
        line[0].secrets = {"FORGE_TOKEN": TOKEN}
        yield hub
        line[0].environment, line[0].secrets = {}, {}


HEDGEHOGS = "It also counts moonlit hedgehogs."


def test_a_daily_change_travels_to_prod_through_github(
    line: tuple[Line, Machines], on_github: GitHub, tmp_path: Path
) -> None:
    """Source → one pull request → gates → comment → merge → stage → promotion → approval → prod."""
    typed, made = line
    git(typed.tree, "checkout", "--quiet", "--force", "--detach", "origin/stage")
    exported(typed.tree, source := tmp_path / "source.jsonl", HEDGEHOGS)
    daily = {"SOURCE": str(source), "SEARCHBAR_PULLS": str(typed.root / "store/pulls")}
    for _ in range(2):  # the second run of the day finds its pull request as it is
        typed.build("daily", "stage", **daily)
    (pull,) = on_github.pulls
    assert (pull["head"]["ref"], pull["base"]["ref"]) == ("catalogue/daily", "stage")
    assert "1 changed" in pull["body"]
    assert "Estimated cost: 1 text(s) to encode" in pull["body"]

    on_github.files = ["catalogue/pin.toml"]
    source.unlink()  # what was pulled is kept: nobody asks the source again
    asked = {
        "BRANCH_NAME": "PR-1",
        "CHANGE_ID": "1",
        "CHANGE_BRANCH": "catalogue/daily",
        "CHANGE_TARGET": "stage",
        **daily,
    }
    typed.build("pull request", "catalogue/daily", **asked)
    assert on_github.comments == [], "a pull request's own build has no token to comment with"
    typed.build("comment", "stage", STARTED_BY='[{"upstreamProject": "pull-requests/PR-1"}]')
    (comment,) = on_github.comments
    assert "✅ **Safe" in comment["body"]
    assert "by a new release" in comment["body"]
    head = git(typed.tree, "ls-remote", "origin", "catalogue/daily").split()[0]
    said = {
        status["context"]: status["state"] for status in on_github.statuses if status["sha"] == head
    }
    assert said == {
        f"searchbar / {what}": "success" for what in ("policy", "data gate", "quality gate")
    }

    typed.merge_on_the_forge("catalogue/daily", "stage")
    pull["state"] = "closed"
    prod = made.hosts[1].address
    with Visitors(prod, PUBLIC, rate=20, visitors=4) as load:
        typed.build("stage", "stage", **daily)
        promotion = on_github.pulls[-1]
        assert (promotion["head"]["ref"], promotion["base"]["ref"]) == ("stage", "prod")
        typed.merge_on_the_forge("stage", "prod")
        promotion["state"] = "closed"
        approved: list[str] = []

        def approve(evidence: str) -> bool:
            approved.append(evidence)
            return True

        typed.approve = approve
        typed.build("prod", "prod")
    store = open_store(typed.root / "store")
    stage, live = store.channel("stage"), store.channel("prod")
    assert stage is not None
    assert live is not None
    assert (live.release, live.image) == (stage.release, stage.image)
    assert approved[0].startswith(f"{live.release} {live.image} ")
    assert top(prod, "counts moonlit hedgehogs") == title_of_the_changed(typed.tree)
    assert load.counted.failures == 0 < load.counted.requests
    assert len(on_github.pulls) == 2


def test_a_hotfix_changes_the_image_and_keeps_the_release(
    line: tuple[Line, Machines], on_github: GitHub
) -> None:
    """From prod, rolled out from its own branch to prod's hosts, and proposed back to stage."""
    typed, made = line
    store = open_store(typed.root / "store")
    before = store.channel("prod")
    assert before is not None
    git(typed.tree, "fetch", "--quiet", "origin")
    git(typed.tree, "checkout", "--quiet", "--force", "-B", "hotfix/label", "origin/prod")
    page = typed.tree / "searchbar/page/index.html"
    page.write_text(
        page.read_text().replace('<html lang="en">', '<html lang="en" data-hotfix="label">')
    )
    git(typed.tree, "commit", "--quiet", "--all", "-m", "Mend the label")
    git(typed.tree, "push", "--quiet", "origin", "hotfix/label")
    on_github.files = ["searchbar/page/index.html"]
    with Visitors(prod := made.hosts[1].address, PUBLIC, rate=20, visitors=4) as load:
        typed.build("hotfix", "hotfix/label")
    live = store.channel("prod")
    assert live is not None
    assert live.release == before.release
    assert live.image != before.image
    with urllib.request.urlopen(f"http://{prod}:{PUBLIC}/", timeout=10) as said:
        assert b'data-hotfix="label"' in said.read()
    assert load.counted.failures == 0 < load.counted.requests
    (pull,) = on_github.pulls
    assert (pull["head"]["ref"], pull["base"]["ref"]) == ("hotfix/label", "stage")
    assert [c["issue"] for c in on_github.comments] == [pull["number"]]


def title_of_the_changed(tree: Path) -> str:
    with (tree / CATALOGUE).open(encoding="utf-8", newline="") as file:
        return [row["title"] for row in csv.DictReader(file)][1]


def test_a_commit_that_stage_never_ran_does_not_reach_prod(
    line: tuple[Line, Machines], tmp_path: Path
) -> None:
    store = open_store(line[0].root / "store")
    before = store.channel("prod")
    tree = line[0].tree
    git(tree, "fetch", "--quiet", "origin")
    git(tree, "checkout", "--quiet", "--force", "--detach", "origin/prod")
    (tree / "catalogue/rules.toml").write_text("# straight to prod\n")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "-m", "Straight to prod")
    git(tree, "push", "--quiet", "origin", "HEAD:prod")
    with pytest.raises(RefusedError, match="stage has no certificate"):
        line[0].build("prod", "prod")
    assert store.channel("prod") == before
