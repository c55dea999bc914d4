"""Fleet: the hosts of an environment, on which one thing is done at once."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from deployer.command import Command
from deployer.errors import NoProgramsError, RolloutError
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.lock_wait import LockWait
from deployer.router.config import router_digest
from deployer.state import HostState, read_state
from deployer.transport.connection import cause
from deployer.transport.machine import Machine, Rehearsal
from deployer.transport.remote import Remote
from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import ProgramError
from release_format.progress import before_each_line, printable, say, saying_before_each_line

T = TypeVar("T")


@dataclass
class HostSession:
    """One host in a rollout: its connection, its commands, and the fence that it gave."""

    machine: Machine
    commands: HostCommands
    fence: int = 0

    @property
    def name(self) -> str:
        return self.machine.host.name

    def ask(self, command: Command) -> Any:
        """Run a command on the host; missing host programs are installed first."""
        try:
            return self.machine.ask(command)
        except NoProgramsError:
            self.machine.read(self.commands.install_programs())
            return self.machine.ask(command)

    def hold(self, command: Command, until: contextlib.ExitStack, wait: LockWait) -> Any:
        """Hold the host's lock until the stack unwinds, once whoever has it lets go."""
        while True:
            with contextlib.ExitStack() as attempt:
                answer = self._try_hold(command, attempt)
                if "fence" in answer:
                    until.enter_context(attempt.pop_all())
                    return answer
            wait.pause(self.name, answer["held_by"])

    def _try_hold(self, command: Command, until: contextlib.ExitStack) -> Any:
        try:
            return until.enter_context(self.machine.hold(command))
        except NoProgramsError:
            self.machine.read(self.commands.install_programs())
            return until.enter_context(self.machine.hold(command))

    def state(self, image: str = "") -> HostState:
        """Look at the host."""
        wanted = router_digest(self.commands.environment, self.commands.root)
        return read_state(self.name, self.ask(self.commands.facts(image)), router_config=wanted)


class Fleet:
    """All hosts of one environment: what is done to them is done to all at once."""

    def __init__(
        self, environment: Environment, sessions: list[HostSession], *, rehearsing: bool = False
    ) -> None:
        self.environment, self.sessions, self.rehearsing = environment, sessions, rehearsing

    def each(self, act: Callable[[HostSession], T]) -> dict[str, T]:
        """Do it on every host in parallel and wait for all; results by host.

        Raises:
            RolloutError: of the first host (in their order) that failed, with the number of others
            that did.
        """
        with ThreadPoolExecutor(max_workers=len(self.sessions)) as pool:
            futures = {session.name: pool.submit(act, session) for session in self.sessions}
        errors = [error for future in futures.values() if (error := future.exception())]
        if not errors:
            return {name: future.result() for name, future in futures.items()}
        if len(errors) > 1 and isinstance(errors[0], RolloutError):
            more = f" ({len(errors) - 1} more of {len(futures)} hosts failed too.)"
            raise RolloutError(f"{errors[0]}{more}", errors[0].exit_code) from errors[0]
        raise errors[0]

    def try_each(self, act: Callable[[HostSession], Any]) -> dict[str, str]:
        """Do it wherever it can be done; what went wrong, by host."""

        def failure(session: HostSession) -> str:
            try:
                act(session)
            except Exception as error:
                return cause(error)
            return ""

        return {name: why for name, why in self.each(failure).items() if why}

    def states(self, image: str = "") -> dict[str, HostState]:
        """Look at every host."""
        return self.each(lambda session: session.state(image))

    @contextlib.contextmanager
    def locked(
        self, purpose: str, *, even_frozen: bool = False, patience: float = 0.0
    ) -> Iterator[None]:
        """Hold the lock of every host, in one order: no two rollouts wait for one another.

        Locks that others hold are waited for, `patience` seconds in all.
        """
        wait = LockWait(patience)
        with contextlib.ExitStack() as stack:
            for session in sorted(self.sessions, key=lambda s: s.name):
                command = session.commands.lock(whoami(), purpose, even_frozen=even_frozen)
                answer = session.hold(command, stack, wait)
                session.fence = int(answer["fence"])
                if answer["turned_back"]:
                    unconfirmed = "an earlier switch was never confirmed; it was turned back."
                    say(f"{session.name}: {unconfirmed}")
            yield

    def close(self) -> None:
        for session in self.sessions:
            session.machine.close()


def whoami() -> str:
    """Who rolls out, for locks and certificates: SEARCHBAR_BY, or user and machine."""
    return read_settings(LineSettings).by or f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def reach(environment: Environment, *, user: str = "") -> Fleet:
    """Connect to every host."""

    def connect(host: Host) -> HostSession:
        return HostSession(Remote(environment, host, user), HostCommands(environment, host))

    with ThreadPoolExecutor(max_workers=len(environment.hosts)) as pool:
        return Fleet(environment, list(pool.map(connect, environment.hosts)))


def rehearse(environment: Environment, write: Callable[[str], None], *, user: str = "") -> Fleet:
    """The same hosts, read as they are; what would change them is only written by `write`."""

    def connect(host: Host) -> HostSession:
        remote = Remote(environment, host, user)
        return HostSession(
            Rehearsal(host, write, remote.ask, remote.close), HostCommands(environment, host)
        )

    return Fleet(environment, [connect(host) for host in environment.hosts], rehearsing=True)


@contextlib.contextmanager
def open_fleet(
    environment: Environment, *, rehearsing: bool = False, user: str = ""
) -> Iterator[Fleet]:
    """Hosts to work on while the block runs; in rehearsal, what would change them is printed."""
    if rehearsing:
        with _rehearsal(), contextlib.closing(rehearse(environment, _write, user=user)) as fleet:
            yield fleet
        return
    with contextlib.closing(reach(environment, user=user)) as fleet:
        yield fleet


REHEARSAL = "rehearsal: "


def _write(text: str) -> None:
    print(before_each_line(printable(text)))


@contextlib.contextmanager
def _rehearsal() -> Iterator[None]:
    """Every line says that it is of a rehearsal, the one of an error too."""
    with saying_before_each_line(REHEARSAL):
        try:
            yield
        except ProgramError as error:
            raise RolloutError(f"{REHEARSAL}{error}", error.exit_code) from error
        _write("nothing was changed.")


def by_host(values: Mapping[str, Any]) -> str:
    """What differs by host in one line."""
    return "; ".join(f"{host}: {value}" for host, value in values.items())
