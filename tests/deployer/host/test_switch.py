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
from deployer.host.switch import confirm, stand_by, switch
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
