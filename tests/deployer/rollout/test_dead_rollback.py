"""A rollback that died half-way: what it left is held, and the next one finishes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.rollout.rollback import Rollback
from deployer.rollout.rollback_target import aim
from deployer.state import read_state
from release_format.store.base import Channel
from release_format.store.folder import Folder
from tests.deployer.facts import IMAGE, LEFT, ONE, TWO, container, facts, rehearsed

# ONE is what a rollback was to leave, for TWO; the hold was written before it died.
BEGUN = Channel("stage", 2, ONE.release, ONE.image, "", hold=(ONE.release,))
BEFORE = read_state("before", facts(slots=LEFT, releases=[ONE.release, TWO.release]))
AFTER = read_state(
    "after",
    facts(
        containers={"blue": container(TWO)},
        slots={
            "live": "blue",
            "release": TWO.release,
            "image": TWO.image,
            "left": {"release": ONE.release, "image": ONE.image, "colour": "green"},
        },
        releases=[ONE.release, TWO.release],
    ),
)


def test_the_next_rollback_finishes_one_that_died() -> None:
    """On all hosts, on those that did not switch, or only in the store: never back and forth."""
    states = {"before": BEFORE, "after": AFTER}
    assert aim(states, BEGUN, ()) == (TWO, {"before": BEFORE})
    assert aim({"before": BEFORE}, BEGUN, ()) == (TWO, {"before": BEFORE})
    assert aim({"after": AFTER}, BEGUN, ()) == (TWO, {})
    with pytest.raises(RolloutError, match="different pairs"):
        aim(states, None, ())


def test_a_rollback_that_left_hosts_out_and_died_before_it_was_written_down_is_finished() -> None:
    channel = Channel("stage", 3, TWO.release, TWO.image, "", hold=(ONE.release,))
    assert aim({"after": AFTER}, channel, ["after"]) == (TWO, {})
    with pytest.raises(RolloutError, match="is held"):
        aim({"after": AFTER}, channel, [])


def test_what_a_rollback_leaves_is_held_before_it_is_left_and_free_where_it_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Folder(tmp_path)
    first = store.switch_channel("stage", release=ONE.release, image=IMAGE, hold=["h"])
    fleet, written = rehearsed(
        facts(
            containers={"blue": container(ONE), "green": container(TWO)},
            slots=LEFT,
            releases=[ONE.release, TWO.release],
        ),
        rehearsing=False,
    )
    holds = []

    def switch(*_: object, **__: object) -> None:
        holds.append(store.channel("stage"))
        raise RolloutError("the router does not answer. Start it.")

    monkeypatch.setattr("deployer.rollout.steps.prove", lambda *_: {})
    monkeypatch.setattr("deployer.rollout.steps.switch_all", switch)
    rollback = Rollback(fleet, store)
    with pytest.raises(RolloutError, match="router"):
        rollback.go()
    [held] = holds
    assert held is not None
    assert (held.release, held.hold) == (ONE.release, ["h", ONE.release])
    assert [*rollback.timer.seconds] == ["look", "wake", "gate", "hold"]
    last = store.channel("stage")
    assert last is not None
    assert (last.release, last.image, last.hold) == (first.release, first.image, ["h"])
    assert [line for line in written if " revert " in line]

    # Where it could not be turned back, the hold stays: nobody knows what is live there.
    def no_answer(*_: object) -> None:
        raise RolloutError("h: no answer. Look at it.")

    monkeypatch.setattr("deployer.host_commands.HostCommands.revert", no_answer)
    with pytest.raises(RolloutError, match="router"):
        Rollback(fleet, store).go()
    last = store.channel("stage")
    assert last is not None
    assert last.hold == ["h", ONE.release]


def test_a_rollback_that_was_confirmed_and_not_written_down_is_written_down(
    tmp_path: Path,
) -> None:
    store = Folder(tmp_path)
    store.switch_channel("stage", release=ONE.release, image=IMAGE, hold=[ONE.release])
    slots = {"live": "blue", "release": TWO.release, "image": IMAGE, "left": LEFT | {}}
    host = facts(
        containers={"blue": container(TWO)}, slots=slots, releases=[ONE.release, TWO.release]
    )
    fleet, written = rehearsed(host, rehearsing=False)
    digest = Rollback(fleet, store).go()
    channel = store.channel("stage")
    assert channel is not None
    assert (channel.release, channel.hold, channel.certificate) == (
        TWO.release,
        [ONE.release],
        digest,
    )
    record = json.loads(str(store.record("certificate", digest)))
    assert record["act"] == "rollback"
    assert [*record["seconds"]] == ["look"]
    assert len(written) == 1, "nothing but the lock"
