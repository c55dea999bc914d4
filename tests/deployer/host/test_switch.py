"""A switch that cannot be, beside a real router: it is refused, and the route stays."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.host import haproxy
from deployer.host.haproxy import Route
from deployer.host.layout import HostError, Layout, boot_id, read_record, write_record
from deployer.host.switch import confirm, recover, stand_by, switch, turn_back
from tests.deployer.routing import free_port, routed


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    """A host whose router runs, with blue live."""
    folder = tmp_path_factory.mktemp("host")
    with routed(folder, free_port()):
        yield Layout(folder)


@pytest.fixture
def pending(layout: Layout) -> Iterator[None]:
    """A switch of fence 1 that waits for its confirmation."""
    waiting = {"token": "t", "fence": 1, "boot": boot_id(), "deadline": time.monotonic() + 60}
    write_record(layout.pending, waiting)
    yield
    layout.pending.unlink()


@pytest.mark.usefixtures("pending")
def test_nothing_moves_while_another_switch_waits(layout: Layout) -> None:
    with pytest.raises(HostError, match=r"still waits for its confirmation here. Start anew in"):
        switch(layout, Route("green"), "green", 2, 5, {})
    with pytest.raises(HostError, match=r"waits for its confirmation here. Start anew in a minute"):
        stand_by(layout, standby=True)


def test_what_was_never_switched_is_not_confirmed(layout: Layout) -> None:
    with pytest.raises(HostError, match=r"no switch to confirm: .*. Roll out again") as refused:
        confirm(layout, 1, {}, {})
    assert refused.value.exit_code == 1


def test_without_a_guard_nothing_is_switched(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/nowhere/host.pyz"])
    with pytest.raises(HostError, match=r"guard did not start; nothing was switched. Look at /.*"):
        switch(layout, Route("green"), "green", 1, 5, {})
    assert haproxy.route_in_router(layout) == haproxy.route_in_file(layout) == Route("blue")
    assert not read_record(layout.pending)


RELEASES = {n: {"release": str(n) * 64, "image": "i"} for n in range(3)}
RECORD = {"live": "blue", **RELEASES[1], "left": {**RELEASES[0], "colour": "green"}, "fence": 6}


def switched(layout: Layout, fence: int = 7) -> None:
    """A confirmed record of blue, and a switch to green that waits for its confirmation."""
    write_record(layout.slots, RECORD)
    waiting = {"token": "t", "fence": fence, "boot": boot_id(), "deadline": time.monotonic() + 60}
    route = {"from": {"live": "blue"}, "to": {"live": "green"}, "colour": "green", "limits": {}}
    write_record(layout.pending, {**waiting, **route})
    haproxy.put(layout, Route("green"))


def test_a_confirmation_that_died_half_way_never_was(layout: Layout) -> None:
    """The record says green is live, but the switch still waits: the next lock turns back."""
    switched(layout)
    waiting = read_record(layout.pending)
    confirm(layout, 7, RELEASES[2], {**RELEASES[1], "colour": "blue"})
    assert read_record(layout.slots)["left"]["release"] == RELEASES[1]["release"]
    write_record(layout.pending, waiting)
    assert recover(layout, 8)
    assert (haproxy.route_in_file(layout), read_record(layout.slots)) == (Route("blue"), RECORD)
    assert not read_record(layout.pending)


def test_a_confirmed_switch_is_turned_back_with_its_record_and_only_by_who_made_it(
    layout: Layout,
) -> None:
    switched(layout)
    confirm(layout, 7, RELEASES[2], {**RELEASES[1], "colour": "blue"})
    assert not turn_back(layout, "green", "not mine", 9)
    assert turn_back(layout, "blue", "another host failed", 7)
    assert (haproxy.route_in_file(layout), read_record(layout.slots)) == (Route("blue"), RECORD)
    assert not turn_back(layout, "blue", "another host failed", 7)


def test_a_router_that_was_not_told_is_told(layout: Layout) -> None:
    """Who died between the file and the router left them apart."""
    haproxy.put(layout, Route("green"))
    layout.map.write_text(Route("blue").text())
    assert turn_back(layout, "blue", "it died", 7)
    assert haproxy.route_in_router(layout) == Route("blue")


def test_who_is_switched_anew_to_what_was_live_keeps_the_way_back(layout: Layout) -> None:
    switched(layout)
    confirm(layout, 7, RELEASES[1], {**RELEASES[1], "colour": "blue"})
    record = read_record(layout.slots)
    assert (record["live"], record["left"]) == ("green", RECORD["left"])
    assert "before" not in record["before"]
    haproxy.put(layout, Route("blue"))
    layout.slots.unlink()


def test_who_changes_the_settings_alone_can_go_back_to_those_before(layout: Layout) -> None:
    switched(layout)
    old, new = {**RELEASES[1], "settings": "old"}, {**RELEASES[1], "settings": "new"}
    confirm(layout, 7, new, {**old, "colour": "blue"})
    record = read_record(layout.slots)
    assert (record["settings"], record["left"]["settings"]) == ("new", "old")
    write_record(layout.pending, {"fence": 8, "to": {"live": "blue"}})
    confirm(layout, 8, {**old, "act": "rollback"}, {**new, "colour": "green"})
    record = read_record(layout.slots)
    assert (record["act"], record["settings"]) == ("rollback", "old")
    assert record["left"]["settings"] == "new"
    haproxy.put(layout, Route("blue"))
    layout.slots.unlink()


def test_a_router_that_keeps_another_route_is_told(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(haproxy, "PATIENCE", 0)
    monkeypatch.setattr(haproxy, "route_in_router", lambda _: Route("green"))
    with pytest.raises(HostError, match=r"does not take its map. Look at its log; is it running"):
        haproxy.put(layout, Route("blue"))


def test_a_certificate_that_the_router_does_not_take_is_named(
    layout: Layout, tmp_path: Path
) -> None:
    (path := tmp_path / "site.pem").write_text("no certificate")
    with pytest.raises(HostError, match=r"did not take .*site\.pem: .*\. Look at the file"):
        haproxy.take_certificate(layout, path)
