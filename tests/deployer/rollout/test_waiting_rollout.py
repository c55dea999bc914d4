"""What a rollout makes of the time in which it waited for another one that had its hosts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deployer import lock_wait
from deployer.command import Command
from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.rollout.rollout import Rollout, RolloutRequest
from deployer.state import Pair
from deployer.transport.machine import Rehearsal
from release_format.store.folder import Folder
from tests.deployer.facts import container, facts
from tests.hosts.sealed import compared, sealed

IMAGE, FIXED = "sha256:" + "a" * 64, "sha256:" + "f" * 64
ADA = {"holder": "ada", "purpose": "rollout of a hotfix", "since": "2026-03-01T10:00:00Z"}


class BusyHost(Rehearsal):
    """Somebody else has its lock when it is asked for the first time."""

    def __init__(self, live: Callable[[], Pair], meanwhile: Callable[[], None]) -> None:
        self.written: list[str] = []
        super().__init__(Host("h", "192.0.2.1"), self.written.append, self._read)
        self._live, self._meanwhile, self._is_busy = live, meanwhile, True

    def _read(self, command: Command) -> Any:
        pair = self._live()
        slots = {"live": "blue", "release": pair.release, "image": pair.image, "left": {}}
        answers = {
            "facts": facts(containers={"blue": container(pair)}, slots=slots, releases=[]),
            "missing": {"missing": [], "begun": {}},
        }
        return answers[command.argv[4]]

    @contextlib.contextmanager
    def hold(self, command: Command) -> Iterator[Any]:
        if self._is_busy:
            self._is_busy = False
            self._meanwhile()
            yield {"held_by": ADA}
            return
        with super().hold(command) as answer:
            yield answer


@pytest.mark.parametrize(
    ("environment", "hotfix", "refused"),
    [("stage", False, False), ("prod", False, False), ("stage", True, False), ("prod", True, True)],
)
def test_a_hotfix_that_went_live_meanwhile_is_not_replaced_by_what_was_approved_before(
    tmp_path: Path,
    environment: str,
    hotfix: bool,
    refused: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It keeps its release, so the pair verdict alone would let the newer release through."""
    monkeypatch.setattr(lock_wait, "POLL_SECONDS", 0.0)
    store = Folder(tmp_path)
    one, two = (sealed(store, name) for name in ("one", "two"))
    compared(store, two, one)
    store.put_record("certificate", "c" * 64, "{}")
    for name, release in (("stage", two), (environment, one)):
        store.switch_channel(name, release=release, image=IMAGE, certificate="c" * 64)

    def live() -> Pair:
        channel = store.channel(environment)
        assert channel
        return Pair(channel.release, channel.image)

    def meanwhile() -> None:
        if hotfix:
            store.switch_channel(environment, release=one, image=FIXED)

    place = Environment(environment, requires="stage" if environment == "prod" else "")
    host = BusyHost(live, meanwhile)
    fleet = Fleet(place, [HostSession(host, HostCommands(place, host.host))], rehearsing=True)
    request = RolloutRequest(store.path("release", two), IMAGE, ["q"], patience=60)
    expected = pytest.raises(RolloutError, match="approve it anew") if refused else None
    with expected or contextlib.nullcontext():
        Rollout(fleet, store, request).go()
    assert any(" switch " in line for line in host.written) is not refused
    assert "locked since 2026-03-01T10:00:00Z by ada" in capsys.readouterr().err
