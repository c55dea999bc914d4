"""A backup as docs/store.md has it typed is restored into an empty place and rolled out from."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.rollout.rollout import Rollout, RolloutRequest
from release_format.seal import MANIFEST, check_seal
from release_format.store.base import Store
from release_format.store.bucket import Bucket
from release_format.store.folder import Folder
from tests.conftest import ROOT
from tests.deployer.facts import IMAGE, facts, rehearsed
from tests.hosts.sealed import compared, sealed

BLOCK = re.compile(r"^```\n((?:tar|mkdir|for) .+?)\n```$", re.MULTILINE | re.DOTALL)


def lines() -> dict[str, str]:
    """What the page has typed: to save and restore a folder, and a bucket."""
    blocks = BLOCK.findall((ROOT / "docs/store.md").read_text(encoding="utf-8"))
    return dict(zip(("save", "restore", "save bucket", "restore bucket"), blocks, strict=True))


def filled(store: Store) -> tuple[str, str]:
    """A store with what a line leaves: two releases, a channel, a held one, a verdict, a record."""
    live, candidate = sealed(store, "live"), sealed(store, "candidate")
    store.switch_channel("stage", release=live, image=IMAGE)
    store.hold("stage", "9" * 64)
    record = {"environment": "stage", "at": "2026-01-01T00:00:00Z", "to": {"release": live}}
    store.put_record("certificate", "c" * 64, json.dumps(record | {"hosts": {}}))
    compared(store, candidate, live)
    return live, candidate


def rolls_out(store: Store, live: str, candidate: str) -> None:
    """Everything is there again, and the candidate goes as far as a rehearsed rollout goes."""
    channel = store.channel("stage")
    assert channel is not None
    assert (channel.release, tuple(channel.hold), channel.number) == (live, ("9" * 64,), 2)
    assert store.record("certificate", "c" * 64)
    for id in (live, candidate):
        check_seal(store.path("release", id))
    for _ in range(2):
        fleet = rehearsed(facts(containers={}, slots={}))[0]
        request = RolloutRequest(store.path("release", candidate), IMAGE)
        assert Rollout(fleet, store, request).go() == ""
    store.hold("stage", candidate)
    with pytest.raises(RolloutError, match="is held in stage: a rollback left it"):
        Rollout(rehearsed(facts())[0], store, request).go()


def types(line: str, folder: Path) -> None:
    done = subprocess.run(["bash", "-ec", line], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_folder_comes_back_from_one_file(tmp_path: Path) -> None:
    (here := tmp_path / "here").mkdir()
    (there := tmp_path / "there").mkdir()
    store = Folder(here / "var/store")
    live, candidate = filled(store)
    with store.staging("snapshot") as work:
        (work / ".managed.json").write_text("a file of an index may begin with a dot")
        (draft := here / "var/store/releases/.unsealed.x").mkdir()
        (draft / "half").write_text("half")
        types(lines()["save"], here)
        (work / MANIFEST).write_text((store.path("release", live) / MANIFEST).read_text())
    (here / "store.tar").rename(there / "store.tar")
    types(lines()["restore"], there)
    restored = Folder(there / "var/store")
    assert restored.ids("release") == store.ids("release"), "latest is the same"
    names = {p.relative_to(restored.root) for p in restored.root.rglob("*") if p.is_file()}
    assert not [name for name in names if ".unsealed." in str(name)]
    ours = {p.relative_to(store.root) for p in store.root.rglob("*") if p.is_file()}
    assert names == {name for name in ours if "snapshots" not in str(name)} - {
        Path("releases/.unsealed.x/half")
    }
    shared = [restored.path("release", id) / "probes.json" for id in (live, candidate)]
    assert shared[0].read_bytes() == shared[1].read_bytes()
    rolls_out(restored, live, candidate)


def test_a_bucket_comes_back_part_by_part_in_the_order_of_the_page(tmp_path: Path) -> None:
    store = Bucket(f"memory:/{tmp_path}/store", cache=tmp_path / "cache")
    live, candidate = filled(store)
    orders = {}
    for verb, source, target in (("save", "store", "saved"), ("restore", "saved", "new")):
        (parts,) = re.findall(r"for part in ([a-z ]+);", lines()[f"{verb} bucket"])
        orders[verb] = parts.split()
        for part in orders[verb]:
            for path in store._fs.find(f"{tmp_path}/{source}/{part}"):
                store._fs.cp_file(path, path.replace(f"/{source}/", f"/{target}/"))
    assert orders["save"] == ["channels", "records", "releases", "snapshots", "blobs"]
    assert orders["restore"] == ["blobs", "snapshots", "releases", "records", "channels"]
    rolls_out(Bucket(f"memory:/{tmp_path}/new", cache=tmp_path / "empty"), live, candidate)
