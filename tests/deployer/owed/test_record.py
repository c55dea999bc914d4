"""What hosts owe, as a store keeps it: nothing is lost, whoever else writes."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.errors import RolloutError
from deployer.owed.record import FREEZE, KIND, THAW, WITHDRAW, OwedAct, OwedActs
from release_format.store.base import Store
from release_format.store.bucket import Bucket
from release_format.store.folder import Folder

HOSTS = st.sampled_from(["a", "b"])
IDS = st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=3, unique=True)
ACTS: st.SearchStrategy[tuple[str, str, list[str]]] = st.one_of(
    st.tuples(HOSTS, st.sampled_from([FREEZE, THAW]), st.just([])),
    st.tuples(HOSTS, st.just(WITHDRAW), IDS),
)


def act(host: str, act: str = FREEZE, *ids: str, by: str = "ada") -> OwedAct:
    return OwedAct(host, act, by, "2026-01-01T00:00:00Z", "audit" * (act == FREEZE), ids)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Folder(tmp_path / "store")
    return Bucket(f"memory:/{tmp_path}/store", cache=tmp_path / "cache")


def test_what_is_owed_is_kept_for_each_environment(store: Store) -> None:
    stage, prod = OwedActs(store, "stage"), OwedActs(store, "stage.eu")
    assert stage.read() == []
    stage.add([act("a"), act("b", WITHDRAW, "é", "id 7")])
    prod.add([act("a", THAW)])
    assert stage.read() == [act("a"), act("b", WITHDRAW, "é", "id 7")]
    stage.remove([act("a")])
    assert (stage.read(), prod.read()) == ([act("b", WITHDRAW, "é", "id 7")], [act("a", THAW)])
    stage.remove(stage.read())
    assert stage.read() == []
    assert store.records(KIND)[-1] == "stage.eu.00000001", "every change stays readable"


def test_a_thaw_replaces_a_freeze_and_more_ids_replace_fewer(store: Store) -> None:
    owed = OwedActs(store, "stage")
    owed.add([act("a"), act("b"), act("a", WITHDRAW, "x"), act("a", WITHDRAW, "z")])
    owed.add([act("a", THAW), act("a", WITHDRAW, "x", "y", by="bob")])
    assert owed.read() == [
        act("b"),
        act("a", WITHDRAW, "z"),
        act("a", THAW),
        act("a", WITHDRAW, "x", "y", by="bob"),
    ]


def test_of_deployers_that_write_at_once_none_loses_what_another_wrote(tmp_path: Path) -> None:
    """In a folder: fsspec's memory, unlike S3, creates nothing in one step."""
    store = Folder(tmp_path / "store")
    acts = [act(f"h{n}") for n in range(6)]
    gone = [act(f"gone{n}") for n in range(3)]
    OwedActs(store, "stage").add(gone)
    begin = threading.Barrier(len(acts) + len(gone))

    def write(one: OwedAct) -> None:
        begin.wait()
        owed = OwedActs(store, "stage")
        owed.remove([one]) if one in gone else owed.add([one])

    threads = [threading.Thread(target=write, args=(one,)) for one in (*acts, *gone)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.host for one in OwedActs(store, "stage").read()) == [a.host for a in acts]
    assert len(store.records(KIND)) == 1 + len(acts) + len(gone)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(wanted=st.lists(ACTS, max_size=8))
def test_the_last_word_about_a_freeze_and_every_withdrawn_id_stay_owed(
    wanted: list[tuple[str, str, list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    owed = OwedActs(Folder(tmp_path_factory.mktemp("store")), "stage")
    for host, name, ids in wanted:
        owed.add([act(host, name, *ids)])
    kept = owed.read()
    for host in ("a", "b"):
        words = [name for h, name, _ in wanted if h == host and name != WITHDRAW]
        assert [a.act for a in kept if a.host == host and a.act != WITHDRAW] == words[-1:]
        withdrawn = {id for h, _, ids in wanted if h == host for id in ids}
        assert {id for a in kept if a.host == host for id in a.ids} == withdrawn


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 99_999,
        "7",
        "[7]",
        "[{}]",
        '[{"host": "a", "act": "reboot", "by": "", "since": ""}]',
        '[{"host": 7, "act": "thaw", "by": "", "since": ""}]',
        '[{"host": "a", "act": "withdraw", "by": "", "since": "", "ids": 7}]',
        '[{"host": "a", "act": "withdraw", "by": "", "since": "", "ids": [7]}]',
        '[{"host": "a", "act": "thaw", "by": "", "since": "", "more": 1}]',
    ],
)
def test_a_record_that_is_none_is_refused_and_stays(tmp_path: Path, text: str) -> None:
    owed = OwedActs(store := Folder(tmp_path), "stage")
    store.put_record(KIND, "stage.00000003", text)
    told = re.escape("records/owed/stage.00000003.json in the store, what the hosts of stage owe")
    for change in (owed.read, lambda: owed.add([act("a")])):
        with pytest.raises(RolloutError, match=f"{told}.*Restore it from a copy") as caught:
            change()
        assert caught.value.exit_code == 3
    assert store.record(KIND, "stage.00000003") == text


def test_a_record_is_created_once(store: Store) -> None:
    assert store.create_record(KIND, "stage.00000001", "[]")
    assert not store.create_record(KIND, "stage.00000001", "{}")
    assert json.loads(store.record(KIND, "stage.00000001") or "") == []
