"""Here is a host: give me a connection to it, its key known; the only file that imports paramiko."""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko

from deployer.error import RolloutError
from deployer.hosts import Environment, Host

SECONDS, TRIES = 10.0, 3
SILENCE_MS = 20_000
# What went wrong is told once, by us, in a sentence; paramiko would print its traceback beside it.
logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
# Measured: twice the speed of the default on machines with AES instructions.
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr")
LOST = (OSError, EOFError, paramiko.SSHException)
HOPELESS = (paramiko.AuthenticationException, paramiko.BadHostKeyException)
UNKNOWN = "not found in known_hosts"

Channel = paramiko.Channel


class Connection:
    """One SSH connection. Host keys are known or refused; only connecting is ever tried again."""

    def __init__(self, environment: Environment, host: Host, user: str) -> None:
        self.environment, self.host, self.user = environment, host, user
        self._stack = contextlib.ExitStack()
        self._transport = self._connect()

    def _connect(self) -> paramiko.Transport:
        for attempt in range(1, TRIES + 1):
            try:
                return self._connect_once()
            except LOST as error:
                self.close()
                if attempt == TRIES or isinstance(error, HOPELESS) or UNKNOWN in str(error):
                    raise _explained(error, self.environment, *self._reached) from error
                time.sleep(random.uniform(0.5, 1.5) * attempt)  # noqa: S311
        raise AssertionError

    def _connect_once(self) -> paramiko.Transport:
        way = None
        if jump := self.environment.jump_host:
            self._reached = jump, self.environment.jump_user or self.user
            way = _through(self._logged_in(None), self.host)
        self._reached = self.host, self.user
        return self._logged_in(way)

    def _logged_in(self, way: Channel | None) -> paramiko.Transport:
        host, user = self._reached
        client = self._stack.enter_context(contextlib.closing(_client(self.environment)))
        client.connect(
            host.address, port=host.port, username=user, key_filename=self.environment.key or None,
            look_for_keys=False, allow_agent=not self.environment.key, timeout=SECONDS, banner_timeout=SECONDS,
            auth_timeout=SECONDS, channel_timeout=SECONDS, sock=way, transport_factory=_transport,
        )  # fmt: skip
        transport = client.get_transport()
        if transport is None:
            raise OSError("it closed the connection")
        transport.set_keepalive(5)
        return transport

    def run(self, line: str, timeout: float) -> Channel:
        """A channel in which a command line runs."""
        if not self._transport.is_active():
            raise OSError("the connection is closed")
        channel = self._transport.open_session(timeout=SECONDS)
        channel.settimeout(timeout)
        channel.exec_command(line)
        return channel

    def through(self, host: Host) -> Channel:
        """A way to a host that this one reaches."""
        return _through(self._transport, host)

    def close(self) -> None:
        """The host's end first, then the jump host's."""
        self._stack.close()


def ended(channel: Channel, deadline: float) -> int:
    """The exit status of a channel's command; a connection that was cut never tells it."""
    if not channel.status_event.wait(max(deadline - time.monotonic(), 0.01)):
        raise TimeoutError
    if (code := channel.recv_exit_status()) == -1:
        raise EOFError("it ended without an exit status")
    return code


def cause(error: BaseException) -> str:
    """What an exception says, or is."""
    return str(error) or type(error).__name__


def pin(environment: Environment, path: Path) -> Iterator[tuple[str, str]]:
    """Fetch the jump host's key and every host's, and write them to a known_hosts file, on purpose.

    Gives name and fingerprint of each.
    """
    if jump := environment.jump_host:
        yield jump.name, _pin(jump, path, _dial(jump))
    for host in environment.hosts:
        yield host.name, _pin(host, path, _way(environment, host))


@contextlib.contextmanager
def _way(environment: Environment, host: Host) -> Iterator[Any]:
    if (jump := environment.jump_host) is None:
        with _dial(host) as plain:
            yield plain
        return
    user = environment.jump_user or environment.prepare_user
    with contextlib.closing(Connection(replace(environment, jump=""), jump, user)) as between:
        yield between.through(host)


def _pin(host: Host, path: Path, way: contextlib.AbstractContextManager[Any]) -> str:
    try:
        with way as plain, contextlib.closing(_transport(plain)) as transport:
            transport.start_client(timeout=SECONDS)
            key = transport.get_remote_server_key()
    except LOST as error:
        place = f"{host.name} ({host.address}:{host.port})"
        raise RolloutError(f"{place}: pinning: {cause(error)}. Start it.") from error
    name = host.address if host.port == 22 else f"[{host.address}]:{host.port}"
    known = paramiko.HostKeys()
    if path.exists():
        known.load(str(path))
    known.pop(name, None)
    known.add(name, key.get_name(), key)
    path.parent.mkdir(parents=True, exist_ok=True)
    known.save(str(path))
    return key.fingerprint


@contextlib.contextmanager
def _dial(host: Host) -> Iterator[socket.socket]:
    with socket.create_connection((host.address, host.port), SECONDS) as plain:
        yield plain


def _through(jump: paramiko.Transport, host: Host) -> Channel:
    """A way to a host that only the jump host reaches."""
    return jump.open_channel("direct-tcpip", (host.address, host.port), ("127.0.0.1", 0), timeout=SECONDS)


def _client(environment: Environment) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    if environment.known_hosts:
        if Path(environment.known_hosts).exists():
            client.load_host_keys(environment.known_hosts)
    else:
        client.load_system_host_keys()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    return client


def _transport(sock: Any, **options: Any) -> paramiko.Transport:
    if isinstance(sock, socket.socket) and hasattr(socket, "TCP_USER_TIMEOUT"):
        # Keep-alives go out every 5 seconds; when nobody acknowledges them, the kernel ends whatever waits.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_MS)
    transport = paramiko.Transport(sock, **options)
    allowed = transport.get_security_options()
    allowed.ciphers = [cipher for cipher in CIPHERS if cipher in allowed.ciphers]
    return transport


def _explained(error: Exception, environment: Environment, host: Host, user: str) -> RolloutError:
    known = environment.known_hosts or "known_hosts"
    place = f"{host.name} ({user}@{host.address}:{host.port})"
    if isinstance(error, paramiko.BadHostKeyException):
        text = f"its host key is not the one in {known}: it was set up anew, or somebody stands in between"
        return RolloutError(f"{place}: connecting: {text}. If it was, run `prepare --pin`; if not, stop here.")
    if isinstance(error, paramiko.AuthenticationException):
        return RolloutError(f"{place}: connecting: it refuses our key. Load it into the agent, or set `key`.")
    if UNKNOWN in str(error):
        return RolloutError(f"{place}: connecting: its host key is not in {known}. Pin it: `prepare --pin`.")
    return RolloutError(f"{place}: connecting: unreachable ({cause(error)}). Start it, or take it out of hosts.toml.")
