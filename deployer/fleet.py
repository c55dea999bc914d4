"""Fleet: the hosts of an environment, on which one thing is done at once."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
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
from release_format.progress import (
    before_each_line,
    console_width,
    printable,
    say,
    saying_before_each_line,
)

S = TypeVar("S")
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
        """Look at the host.

        Raises:
            RolloutError: it does not answer, or what it answers are no facts.
        """
        wanted = router_digest(self.commands.environment, self.commands.root)
        facts = self.ask(self.commands.facts(image))
        try:
            return read_state(self.name, facts, router_config=wanted)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise RolloutError(
                f"{self.name}: its facts cannot be read ({type(error).__name__}: {error}). Look at"
                " what its login shell prints, and at its Docker engine."
            ) from error


class Fleet:
    """The hosts of one environment that answer: what is done to them is done to all at once.

    `unreachable` are those that do not, by name, each with a sentence that says why.
    """

    def __init__(
        self,
        environment: Environment,
        sessions: list[HostSession],
        *,
        rehearsing: bool = False,
        unreachable: Mapping[str, str] | None = None,
    ) -> None:
        self.environment, self.sessions, self.rehearsing = environment, sessions, rehearsing
        self.unreachable = dict(unreachable or {})

    def each(self, act: Callable[[HostSession], T]) -> dict[str, T]:
        """Do it on every host in parallel and wait for all; results by host.

        Raises:
            RolloutError: of the first host (in their order) that failed, with the number of others
            that did.
        """
        results, errors = _at_once(self._by_name(), act)
        if errors:
            raise _first(errors, len(self.sessions))
        return results

    def attempt(self, act: Callable[[HostSession], T]) -> tuple[dict[str, T], dict[str, str]]:
        """Do it wherever it can be done: results by host, and what went wrong by host."""
        results, errors = _at_once(self._by_name(), act)
        return results, {name: cause(error) for name, error in errors.items()}

    def _by_name(self) -> dict[str, HostSession]:
        return {session.name: session for session in self.sessions}

    def only(self, names: Collection[str]) -> Fleet:
        """Those of these hosts that have such a name, over the same connections."""
        sessions = [session for session in self.sessions if session.name in names]
        return Fleet(self.environment, sessions, rehearsing=self.rehearsing)

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


def reach(environment: Environment, *, user: str = "", partial: bool = False) -> Fleet:
    """Connect to every host, or (`partial`) to those that answer."""

    def connect(host: Host) -> HostSession:
        return HostSession(Remote(environment, host, user), HostCommands(environment, host))

    return _connect(environment, connect, partial=partial, rehearsing=False)


def rehearse(
    environment: Environment, write: Callable[[str], None], *, user: str = "", partial: bool = False
) -> Fleet:
    """The same hosts, read as they are; what would change them is only written by `write`."""

    def connect(host: Host) -> HostSession:
        remote = Remote(environment, host, user)
        return HostSession(
            Rehearsal(host, write, remote.ask, remote.close), HostCommands(environment, host)
        )

    return _connect(environment, connect, partial=partial, rehearsing=True)


def _connect(
    environment: Environment,
    connect: Callable[[Host], HostSession],
    *,
    partial: bool,
    rehearsing: bool,
) -> Fleet:
    sessions, errors = _at_once({host.name: host for host in environment.hosts}, connect)
    unreachable = {name: cause(error) for name, error in errors.items()}
    fleet = Fleet(
        environment, list(sessions.values()), rehearsing=rehearsing, unreachable=unreachable
    )
    if errors and not partial:
        fleet.close()
        raise _first(errors, len(environment.hosts))
    return fleet


def _at_once(
    hosts: Mapping[str, S], act: Callable[[S], T]
) -> tuple[dict[str, T], dict[str, BaseException]]:
    """Do it with each in parallel and wait for all: results and errors by name, in their order."""
    if not hosts:
        return {}, {}
    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        futures = {name: pool.submit(act, host) for name, host in hosts.items()}
    errors = {name: error for name, future in futures.items() if (error := future.exception())}
    return {n: future.result() for n, future in futures.items() if n not in errors}, errors


def _first(errors: Mapping[str, BaseException], hosts: int) -> BaseException:
    """The first error, with the number of others."""
    first, *others = errors.values()
    if not (others and isinstance(first, RolloutError)):
        return first
    told = RolloutError(f"{first} ({len(others)} more of {hosts} hosts failed too.)")
    told.exit_code, told.__cause__ = first.exit_code, first
    return told


@contextlib.contextmanager
def open_fleet(
    environment: Environment, *, rehearsing: bool = False, user: str = "", partial: bool = False
) -> Iterator[Fleet]:
    """Hosts to work on while the block runs; in rehearsal, what would change them is printed.

    Raises:
        RolloutError: a host does not answer, unless `partial` says that this may be.
    """
    if rehearsing:
        with (
            _rehearsal(),
            contextlib.closing(rehearse(environment, _write, user=user, partial=partial)) as fleet,
        ):
            yield fleet
        return
    with contextlib.closing(reach(environment, user=user, partial=partial)) as fleet:
        yield fleet


REHEARSAL = "rehearsal: "
UNCHANGED = "nothing was changed."


def _write(text: str) -> None:
    """Print lines at once: hosts are asked at the same time, and their lines must not mix."""
    shown = before_each_line(printable(text), console_width(sys.stdout))
    sys.stdout.write(f"{shown}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def _rehearsal() -> Iterator[None]:
    """Every line says that it is of a rehearsal, of an error too, and the last one what changed."""
    with saying_before_each_line(REHEARSAL):
        try:
            yield
        except ProgramError as error:
            # The program's name goes before it.
            width = max(0, console_width(sys.stderr) - len("deployer: "))
            told = before_each_line(f"{error}\n{UNCHANGED}", width)
            raise RolloutError(told, error.exit_code) from error
        except BaseException:
            say(UNCHANGED)
            raise
        _write(UNCHANGED)


def by_host(values: Mapping[str, Any]) -> str:
    """What differs by host in one line."""
    return "; ".join(f"{host}: {value}" for host, value in values.items())
