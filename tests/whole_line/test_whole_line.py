"""Real hosts, real gates, a real git daemon, the pipeline's own lines: a changed row travels from a branch to prod."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from release_format.release import Release
from release_format.store import Folder, Store
from tests.hosts.machines import Machines
from tests.whole_line.line import Line
from tests.whole_line.loop import first_release, play, two_hosts

# Four rollouts and five builds: minutes. `make test` holds the lines to the Jenkinsfile; `make proof` types them.
pytestmark = [pytest.mark.xdist_group("hosts"), pytest.mark.proof]


@pytest.fixture(scope="module")
def line(
    tmp_path_factory: pytest.TempPathFactory, bundled_release: Release, shared_store: Folder
) -> Iterator[tuple[Line, Machines]]:
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        if os.environ.get("CI"):
            pytest.fail("this test needs root, a Docker engine, sshd and HAProxy")
        pytest.skip("needs root, a Docker engine, sshd and HAProxy")
    folder = tmp_path_factory.mktemp("line")
    # What the other tests built is what this line would build: the store knows it by what it was made from.
    for place in ("store", "pull-requests/store"):
        store = Store.at(folder / place)
        store.put(bundled_release.path)
        store.put(shared_store.path("snapshot", str(bundled_release.manifest.made_from["snapshot"])))
    with two_hosts(folder) as (made, hosts), Line(folder, hosts) as line:
        first_release(line, print)
        yield line, made


def test_the_whole_loop(line: tuple[Line, Machines]) -> None:
    outcome = play(*line, print)
    assert outcome.well, outcome
    assert "data gate" in outcome.refusal
    store = Store.at(line[0].root / "store")
    stage, prod = store.channel("stage"), store.channel("prod")
    assert stage is not None
    assert prod is not None
    # Rolled back: stage still has the new pair, prod the old one, and holds what it left.
    assert stage.image == prod.image
    assert list(prod.hold) == [stage.release]
    page = line[0].page("pull-request", "comment")
    assert "change/outage" in page
    assert "### What to change" in page
    assert len(store.records("promotion")) == 2


def test_a_rebuild_of_nothing_new_is_a_line_of_no_ops(line: tuple[Line, Machines]) -> None:
    store = Store.at(line[0].root / "store")
    before = (store.ids("release"), store.channel("stage"))
    line[0].build("stage", "stage")
    assert (store.ids("release"), store.channel("stage")) == before


def test_a_commit_that_stage_never_ran_does_not_reach_prod(line: tuple[Line, Machines], tmp_path: Path) -> None:
    from tests.whole_line.line import RefusedError, git

    store = Store.at(line[0].root / "store")
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
