"""Here are the machines of an environment: do one thing on all of them at once."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from deployer.commands import Command, Commands
from deployer.error import RolloutError
from deployer.hosts import Environment, Host
from deployer.machine import Machine, Rehearsal
from deployer.remote import Remote
from deployer.router.config import router_digest
from deployer.state import State, read_state
from release_format.program import say

T = TypeVar("T")
NO_PROGRAMS = "can't open file"


@dataclass
class Seat:
    """One host in a rollout: how to reach it, what it may be asked, and the fence that it gave us."""

    machine: Machine
    commands: Commands
    fence: int = 0
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.machine.host.name

    def ask(self, command: Command) -> Any:
        """Ask the host; the host programs of this very deployer are put there when they are missing."""
        try:
            return self.machine.ask(command)
        except RolloutError as error:
            self._install(error)
            return self.machine.ask(command)

    def hold(self, command: Command, until: contextlib.ExitStack) -> Any:
        """Hold the host's lock until the stack unwinds."""
        try:
            return until.enter_context(self.machine.hold(command))
        except RolloutError as error:
            self._install(error)
            return until.enter_context(self.machine.hold(command))

    def _install(self, error: RolloutError) -> None:
        if NO_PROGRAMS not in str(error):
            raise error
        self.machine.ask(self.commands.install_programs())

    def state(self, image: str = "") -> State:
        """Look at the host."""
        wanted = router_digest(self.commands.environment, self.commands.root)
        return read_state(self.name, self.ask(self.commands.facts(image)), router_config=wanted)


class Fleet:
    """All hosts of one environment. What is done to them is done to all at once; the first failure is told."""

    def __init__(self, environment: Environment, seats: list[Seat], *, rehearsing: bool = False) -> None:
        self.environment, self.seats, self.rehearsing = environment, seats, rehearsing

    def each(self, act: Callable[[Seat], T]) -> dict[str, T]:
        """Do it on every host in parallel and wait for all; results by host.

        Raises:
            RolloutError: of the first host (in their order) that failed, naming how many others did.
        """
        with ThreadPoolExecutor(max_workers=len(self.seats)) as pool:
            waiting = {seat.name: pool.submit(act, seat) for seat in self.seats}
        errors = [error for future in waiting.values() if (error := future.exception())]
        if not errors:
            return {name: future.result() for name, future in waiting.items()}
        if len(errors) > 1 and isinstance(errors[0], RolloutError):
            more = f" ({len(errors) - 1} more of {len(waiting)} hosts failed too.)"
            raise RolloutError(f"{errors[0]}{more}", errors[0].exit_code) from errors[0]
        raise errors[0]

    def try_each(self, act: Callable[[Seat], Any]) -> dict[str, str]:
        """Do it wherever it can be done; what went wrong, by host."""

        def tried(seat: Seat) -> str:
            try:
                act(seat)
            except Exception as error:
                return str(error)
            return ""

        return {name: why for name, why in self.each(tried).items() if why}

    def states(self, image: str = "") -> dict[str, State]:
        """Look at every host."""
        return self.each(lambda seat: seat.state(image))

    @contextlib.contextmanager
    def locked(self, purpose: str, *, even_frozen: bool = False) -> Iterator[None]:
        """Hold the lock of every host, always in the same order, so that two rollouts never wait for one another."""
        with contextlib.ExitStack() as stack:
            for seat in sorted(self.seats, key=lambda s: s.name):
                command = seat.commands.lock(whoami(), purpose, even_frozen=even_frozen)
                said = seat.hold(command, stack)
                seat.fence = int(said["fence"])
                if said["turned_back"]:
                    say(f"{seat.name}: an earlier switch was never confirmed; it was turned back.")
            yield

    def close(self) -> None:
        for seat in self.seats:
            seat.machine.close()


def whoami() -> str:
    """Who rolls out, as the lock and the certificate name them: SEARCHBAR_BY, or user and machine."""
    return os.environ.get("SEARCHBAR_BY") or f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def reach(environment: Environment, *, user: str = "") -> Fleet:
    """Connect to every host."""

    def connect(host: Host) -> Seat:
        return Seat(Remote(environment, host, user), Commands(environment, host))

    with ThreadPoolExecutor(max_workers=len(environment.hosts)) as pool:
        return Fleet(environment, list(pool.map(connect, environment.hosts)))


def rehearse(environment: Environment, write: Callable[[str], None], *, user: str = "") -> Fleet:
    """The same hosts, read as they are; whatever would change them is only written down."""

    def connect(host: Host) -> Seat:
        remote = Remote(environment, host, user)
        return Seat(Rehearsal(host, write, remote.ask), Commands(environment, host))

    return Fleet(environment, [connect(host) for host in environment.hosts], rehearsing=True)


def by_host(found: Mapping[str, Any]) -> str:
    """What differs by host in one line."""
    return "; ".join(f"{host}: {what}" for host, what in found.items())
