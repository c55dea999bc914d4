"""What stays in a store and what may go, and that nothing goes that anything names."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.__main__ import main
from deployer.errors import RolloutError
from deployer.fleet import Fleet
from deployer.retention import (
    StoredDirectory,
    freed,
    named_by_certificates,
    named_by_channels,
    named_by_hosts,
    retained,
)
from deployer.state import Pair, read_state
from release_format.cli import run_program
from release_format.release import KIND, MADE_FROM, release_id
from release_format.seal import check_seal, digest_of, seal
from release_format.store.base import Store
from release_format.store.bucket import Bucket
from release_format.store.folder import Folder
from tests.deployer.facts import IMAGE, container, facts, rehearsed
from tests.refusals.tried import tried

Typed = Callable[..., tuple[int, str]]
AT = datetime(2026, 6, 1, tzinfo=UTC)
OLD, YOUNG = "2026-01-01T00:00:00Z", "2026-05-30T00:00:00Z"


def release(id: str, snapshot: str = "", made_at: str = OLD, **files: int) -> StoredDirectory:
    return StoredDirectory("release", id, made_at, {"snapshot": snapshot}, files)


def snapshot(id: str, made_at: str = OLD) -> StoredDirectory:
    return StoredDirectory("snapshot", id, made_at, {}, {})


def reasons(stored: list[StoredDirectory], **named: str) -> dict[str, str]:
    return {one.id: one.stays for one in retained(stored, named, 30, AT)}


def test_what_is_named_young_or_the_newest_stays_with_the_snapshot_that_it_was_made_from() -> None:
    stored = [
        release("r1", "s1"), release("r2", "s2"), release("r3", "s3", YOUNG), release("r4", "s1"),
        snapshot("s0"), snapshot("s1"), snapshot("s2"), snapshot("s3"), snapshot("s4", YOUNG),
        snapshot("s5", "2026-13-45"), snapshot("s6"),
    ]  # fmt: skip
    assert reasons(stored, r2="held in prod") == {
        "r1": "", "r2": "held in prod", "r3": "younger than 30 days", "r4": "the newest",
        "s0": "", "s1": "release r4 was made from it", "s2": "release r2 was made from it",
        "s3": "release r3 was made from it", "s4": "younger than 30 days",
        "s5": "younger than 30 days", "s6": "the newest",
    }  # fmt: skip


def test_what_is_freed_counts_no_file_that_something_else_keeps() -> None:
    stored = [release("r1", a=1, shared=100), release("r2", a=1, b=10), release("r3", shared=100)]
    assert freed(retained(stored, {}, 30, AT)) == 11


NAMES = st.sampled_from([f"{n}" for n in range(6)])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(NAMES, NAMES, st.integers(0, 90)), unique_by=lambda row: row[0]),
    st.dictionaries(NAMES, st.just("named")),
    st.integers(0, 60),
)
def test_nothing_named_young_or_used_ever_goes(
    rows: list[tuple[str, str, int]], named: dict[str, str], days: int
) -> None:
    def made(age: int) -> str:
        return (AT - timedelta(days=age)).strftime("%Y-%m-%dT%H:%M:%SZ")

    releases = [release(id, f"s{of}", made(age)) for id, of, age in rows]
    snapshots = [snapshot(f"s{id}", made(age)) for id, _, age in rows]
    answers = retained([*releases, *snapshots], named, days, AT)
    assert [one.id for one in answers] == [one.id for one in (*releases, *snapshots)]
    gone = {one.id for one in answers if not one.stays}
    assert not gone & set(named)
    assert not gone & {id for id, _, age in rows if age < days}
    kept = {one.made_from["snapshot"] for one in answers if one.stays and one.kind == "release"}
    assert not gone & kept


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Folder(tmp_path / "store")
    return Bucket(f"memory:/{tmp_path}/store", cache=tmp_path / "cache")


def put(store: Store, name: str) -> str:
    """A snapshot and the release of it, both of long ago; returns the release's id."""
    of_snapshot = digest_of(f"snapshot {name}")
    digests = {part: digest_of([name, part]) for part in MADE_FROM} | {"snapshot": of_snapshot}
    for kind, id in (("snapshot", of_snapshot), (KIND, release_id(digests))):
        with store.staging(kind) as work:
            (work / "own.txt").write_text(f"{kind} {name}")
            (work / "shared.txt").write_text("in every one")
            seal(work, kind=kind, id=id, made_from=digests)
            text = (work / "manifest.json").read_text()
            made_at = json.loads(text)["created_at"]
            (work / "manifest.json").write_text(text.replace(made_at, OLD))
    return release_id(digests)


def certified(store: Store, release: str, left: str, at: str = OLD) -> str:
    record = {
        "act": "rollout", "environment": "stage", "at": at, "to": {"release": release},
        "hosts": {"h": {"from": {"release": left}}, "i": {"from": None}},
    }  # fmt: skip
    store.put_record("certificate", digest_of(record), json.dumps(record))
    return digest_of(record)


NAMES_OF_STORE = ("before", "live", "held", "certified", "left", "on-host", "idle", "nobody-s")


@pytest.fixture
def ids(store: Store, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A store in which everything is old and all but one release is named, each by one thing."""
    ids = {name: put(store, name) for name in (*NAMES_OF_STORE, "newest")}
    store.switch_channel("stage", release=ids["before"], image=IMAGE)
    store.switch_channel("stage", release=ids["live"], image=IMAGE, hold=[ids["held"]])
    certified(store, ids["certified"], ids["left"])
    containers = {"green": container(Pair(ids["idle"], IMAGE))}
    host = facts(containers=containers, releases=[ids["on-host"]], slots={})
    monkeypatch.setattr("deployer.fleet.reach", lambda *_, **__: rehearsed(host)[0])
    return ids


@pytest.fixture
def typed(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    hosts = tmp_path / "hosts.toml"
    hosts.write_text('[stage]\n[[stage.hosts]]\nname = "h"\naddress = "192.0.2.1"\n')
    address = str(store.root) if isinstance(store, Folder) else f"memory:/{tmp_path}/store"

    def run(*words: str) -> tuple[int, str]:
        place = ("--store", address, "--hosts", str(hosts))
        code = run_program("deployer", main, ["prune-store", *place, *words])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def names(store: Store, ids: dict[str, str]) -> set[str]:
    by_id = {id: name for name, id in ids.items()}
    return {by_id[id] for id in store.ids("release")}


def test_only_what_nothing_names_goes_and_only_when_told_to(
    store: Store, ids: dict[str, str], typed: Typed
) -> None:
    code, told = typed()
    assert code == 0, told
    assert "2 of 18, 0.0 MB would go. Remove them with --remove." in told
    assert names(store, ids) == set(ids), "without --remove nothing goes"
    code, told = typed("--remove")
    assert code == 0, told
    assert names(store, ids) == set(ids) - {"nobody-s"}
    assert len(store.ids("snapshot")) == len(ids) - 1
    for id in store.ids("release"):
        check_seal(store.path("release", id))
        of_snapshot = str(store.manifest("release", id).made_from["snapshot"])
        check_seal(store.path("snapshot", of_snapshot))
    for why in (
        "live in stage", "live in stage before", "held in stage", "of stage", "on host h",
        "the newest", "was made from it",
    ):  # fmt: skip
        assert why in told
    assert f"release   {ids['nobody-s'][:12]}  {OLD}       0.0  removed" in told
    code, told = typed("--remove")
    assert (code, "0 of 16, 0.0 MB: removed." in told) == (0, True), told
    tried("store", f"prune-store --remove twice ({type(store).__name__.lower()})", code, told)


def test_a_certificate_keeps_its_releases_for_as_long_as_it_is_told(
    store: Store, ids: dict[str, str], typed: Typed
) -> None:
    assert typed("--remove", "--certified-days", "36500")[0] == 0
    assert {"certified", "left"} <= names(store, ids)
    assert typed("--remove", "--certified-days", "10")[0] == 0
    assert names(store, ids) == set(ids) - {"nobody-s", "certified", "left"}


def test_what_is_young_stays(store: Store, ids: dict[str, str], typed: Typed) -> None:
    assert typed("--remove", "--days", "36500")[0] == 0
    assert names(store, ids) == set(ids)


def test_hosts_may_be_left_out_where_none_gets_anything_from_the_store(
    store: Store, ids: dict[str, str], typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object, **__: object) -> Fleet:
        raise AssertionError("a host was asked")

    monkeypatch.setattr("deployer.fleet.reach", nobody)
    assert typed("--remove", "--without-hosts")[0] == 0
    assert names(store, ids) == set(ids) - {"nobody-s", "on-host", "idle"}


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda store, _: store._write("channels/stage/00000002.json", "{"), "Restore it from a"),
        (
            lambda store, _: store.put_record("certificate", "c" * 64, "[]"),
            "what it keeps. Restore",
        ),
        (lambda store, _: store.put_record("certificate", "c" * 64, "[" * 99_999), "what it keeps"),
        (lambda s, ids: s._write(f"releases/{ids['held']}/manifest.json", "{"), "not a manifest"),
    ],
    ids=["channel", "certificate", "deep certificate", "manifest"],
)
def test_where_nobody_knows_what_something_keeps_nothing_goes(
    store: Store,
    ids: dict[str, str],
    typed: Typed,
    harm: Callable[[Store, dict[str, str]], None],
    sentence: str,
    request: pytest.FixtureRequest,
) -> None:
    harm(store, ids)
    code, told = typed("--remove")
    assert (code, sentence in told) == (3, True), told
    assert set(store.ids("release")) == set(ids.values())
    tried("store", f"prune-store with a broken {request.node.callspec.id}", code, told)


def test_a_host_that_does_not_answer_keeps_everything(
    store: Store, ids: dict[str, str], typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> Fleet:
        raise RolloutError("h does not answer. Start it, or take it out of hosts.toml.")

    monkeypatch.setattr("deployer.fleet.reach", silent)
    code, told = typed("--remove")
    assert (code, "Start it" in told) == (3, True)
    assert names(store, ids) == set(ids)
    tried("store", "prune-store while a host does not answer", code, told)


def test_a_rollout_under_way_is_not_met(
    store: Store, ids: dict[str, str], typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = rehearsed(facts())[0]
    held: list[str] = []

    def hold(session: object, command: object, *_: object) -> object:
        held.append(str(command))
        raise RolloutError("h is held by ada. Wait for that, then try again.")

    monkeypatch.setattr("deployer.fleet.reach", lambda *_, **__: fleet)
    monkeypatch.setattr("deployer.fleet.HostSession.hold", hold)
    code, told = typed("--remove")
    assert (code, "is held by ada" in told) == (3, True), told
    assert "prune-store" in held[0]
    assert names(store, ids) == set(ids)
    tried("store", "prune-store --remove while a rollout holds a host", code, told)


@pytest.mark.parametrize("words", [["--days", "-1"], ["--days", "x"], ["--certified-days", "1e9"]])
def test_a_number_of_days_is_one(store: Store, typed: Typed, words: list[str]) -> None:
    code, told = typed(*words)
    assert (code, "is no number of days: give 0 to 36500" in told) == (2, True), told
    tried("store", f"prune-store {' '.join(words)}", code, told)


def test_the_table_is_there_for_machines_and_shows_no_control_characters(
    ids: dict[str, str], typed: Typed, store: Store
) -> None:
    code, told = typed("--json", "--without-hosts")
    rows = json.loads(told[: told.rindex("]") + 1])
    assert code == 0
    assert {row["id"] for row in rows if not row["stays"]} >= {ids["nobody-s"]}
    where = f"releases/{ids['nobody-s']}/manifest.json"
    text = (store._read(where) or b"").decode()
    store._write(where, text.replace(OLD, "\\u001b]0;hi\\u0007"))
    code, told = typed("--without-hosts")
    assert (code, "\x1b" in told) == (0, False)


def test_channels_hosts_and_certificates_name_their_releases(tmp_path: Path) -> None:
    store = Folder(tmp_path)
    assert named_by_channels(store) == {}
    for release in ("a", "b", "b"):
        store.switch_channel("prod", release=release, image=IMAGE, hold=["h"])
    assert named_by_channels(store) == {
        "b": "live in prod", "h": "held in prod", "a": "live in prod before"
    }  # fmt: skip
    digest = certified(store, "c", "d")
    why = f"certificate {digest[:12]} of stage"
    assert named_by_certificates(store, None) == {"c": why, "d": why}
    assert named_by_certificates(store, AT) == {}
    left = {"left": {"release": "e", "image": IMAGE}}
    states = [read_state("h", facts(slots=facts()["slots"] | left, releases=["f"]))]
    assert named_by_hosts(states) == dict.fromkeys(["1" * 64, "e", "f"], "on host h")
