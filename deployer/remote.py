"""Here is a host: run commands there over SSH."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import queue
import random
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import paramiko

from deployer.commands import Command
from deployer.error import RolloutError
from deployer.hosts import Environment, Host
from deployer.machine import Part
from release_format.program import COULD_NOT_TELL

CONNECT_SECONDS, TRIES, CHANNELS = 10.0, 3, 4
HEARTBEAT = 1.0
PIECE = 256 * 1024
# What went wrong is told once, by us, in a sentence; paramiko would print its traceback beside it.
logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
# Measured: twice the speed of the default on machines with AES instructions.
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr")


class Remote:
    """One host over one SSH connection. Host keys are known or refused; only connecting is ever tried again."""

    def __init__(self, environment: Environment, host: Host, user: str = "") -> None:
        self.environment, self.host = environment, host
        self.user = user or environment.user
        self._jump: paramiko.SSHClient | None = None
        self._client = self._connect()

    def _connect(self) -> paramiko.SSHClient:
        for attempt in range(1, TRIES + 1):
            try:
                return self._connect_once()
            except (TimeoutError, EOFError, OSError, paramiko.SSHException) as error:
                if attempt == TRIES or isinstance(
                    error, (paramiko.AuthenticationException, paramiko.BadHostKeyException)
                ):
                    raise self._explained(error) from error
                if "not found in known_hosts" in str(error):
                    raise self._explained(error) from error
                time.sleep(random.uniform(0.5, 1.5) * attempt)  # noqa: S311
        raise AssertionError

    def _connect_once(self) -> paramiko.SSHClient:
        client = _client(self.environment)
        client.connect(
            self.host.address, port=self.host.port, username=self.user,
            key_filename=self.environment.key or None, look_for_keys=False, allow_agent=not self.environment.key,
            timeout=CONNECT_SECONDS, banner_timeout=CONNECT_SECONDS, auth_timeout=CONNECT_SECONDS,
            channel_timeout=CONNECT_SECONDS, sock=self._through_jump(), transport_factory=_transport,
        )  # fmt: skip
        if transport := client.get_transport():
            transport.set_keepalive(5)
        return client

    def _through_jump(self) -> paramiko.Channel | None:
        if not self.environment.jump:
            return None
        user, _, place = self.environment.jump.rpartition("@")
        address, _, port = place.partition(":")
        self._jump = _client(self.environment)
        self._jump.connect(
            address, port=int(port or 22), username=user or self.user, key_filename=self.environment.key or None,
            look_for_keys=False, allow_agent=not self.environment.key, timeout=CONNECT_SECONDS,
            transport_factory=_transport,
        )  # fmt: skip
        transport = self._jump.get_transport()
        if transport is None:
            raise OSError("the jump host closed the connection")
        return transport.open_channel(
            "direct-tcpip", (self.host.address, self.host.port), ("127.0.0.1", 0), timeout=CONNECT_SECONDS
        )

    def _explained(self, error: Exception) -> RolloutError:
        host, known = self.host, self.environment.known_hosts or "known_hosts"
        place = f"{host.name} ({self.user}@{host.address}:{host.port})"
        if isinstance(error, paramiko.BadHostKeyException):
            text = f"its host key is not the one in {known}: it was set up anew, or somebody stands in between"
            return RolloutError(f"{place}: connecting: {text}. If it was, run `prepare --pin`; if not, stop here.")
        if isinstance(error, paramiko.AuthenticationException):
            return RolloutError(f"{place}: connecting: it refuses our key. Load it into the agent, or set `key`.")
        if "not found in known_hosts" in str(error):
            return RolloutError(f"{place}: connecting: its host key is not in {known}. Pin it: `prepare --pin`.")
        return RolloutError(
            f"{place}: connecting: unreachable ({_cause(error)}). Start it, or take it out of hosts.toml."
        )

    def read(self, command: Command) -> str:
        return self.run(command)

    def ask(self, command: Command) -> Any:
        said = self.run(command)
        try:
            return json.loads(said) if said.startswith(("{", "[")) else {}
        except ValueError as error:
            raise self._failed(command, f"its answer cannot be read ({error})") from error

    def run(self, command: Command) -> str:
        """Run a command; what it wrote to standard output.

        Raises:
            RolloutError: it ended with another code than 0, took too long, or the connection broke.
        """
        deadline = time.monotonic() + command.timeout
        try:
            channel = self._open(command, command.timeout)
            with contextlib.closing(channel):
                if command.stdin:
                    channel.sendall(command.stdin)
                channel.shutdown_write()
                said, complaint = _drain(channel, deadline)
                code = channel.recv_exit_status()
        except TimeoutError as error:
            raise self._failed(
                command, f"no answer within {command.timeout:.0f} s. Look at the host, then run it again."
            ) from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._cut(command, error) from error
        if code != 0:
            raise self._failed(command, complaint or said or f"it ended with {code}", code)
        return said

    def _open(self, command: Command, timeout: float) -> paramiko.Channel:
        transport = self._client.get_transport()
        if transport is None or not transport.is_active():
            raise OSError("the connection is closed")
        channel = transport.open_session(timeout=CONNECT_SECONDS)
        channel.settimeout(timeout)
        channel.exec_command(command.line())
        return channel

    def _failed(self, command: Command, why: str, code: int = COULD_NOT_TELL) -> RolloutError:
        why = why.strip().splitlines()[-1] if why.strip() else "it gave no reason"
        return RolloutError(f"{self.host.name}: {_verb(command)}: {why}", 1 if code == 1 else COULD_NOT_TELL)

    def _cut(self, command: Command, error: BaseException) -> RolloutError:
        return self._failed(
            command, f"the connection was cut ({_cause(error)}). Run it again; it goes on where it stopped."
        )

    def send(self, command: Command, parts: Sequence[Part]) -> int:
        waiting: queue.SimpleQueue[Part] = queue.SimpleQueue()
        for part in parts:
            waiting.put(part)
        errors: list[BaseException] = []
        crew = [
            threading.Thread(target=self._carry, args=(command, waiting, errors), daemon=True)
            for _ in range(min(CHANNELS, len(parts)))
        ]
        for one in crew:
            one.start()
        for one in crew:
            one.join()
        if errors:
            raise errors[0] if isinstance(errors[0], RolloutError) else self._cut(command, errors[0])
        return sum(part.bytes for part in parts)

    def _carry(self, command: Command, waiting: queue.SimpleQueue[Part], errors: list[BaseException]) -> None:
        try:
            with contextlib.closing(self._open(command, 60)) as channel:
                while not errors:
                    try:
                        _send_part(channel, waiting.get_nowait())
                    except queue.Empty:
                        break
                channel.shutdown_write()
                _, complaint = _drain(channel, time.monotonic() + command.timeout)
                if (code := channel.recv_exit_status()) != 0:
                    errors.append(self._failed(command, complaint, code))
        except (OSError, EOFError, paramiko.SSHException) as error:
            errors.append(error)

    @contextlib.contextmanager
    def hold(self, command: Command) -> Iterator[Any]:
        try:
            channel = self._open(command, 15)
            answer = channel.makefile("r").readline()
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._cut(command, error) from error
        if not answer:
            why = channel.makefile_stderr("r").read().decode("utf-8", "replace")
            raise self._failed(command, why, channel.recv_exit_status())
        over = threading.Event()
        heart = threading.Thread(target=_beat, args=(channel, over), daemon=True)
        heart.start()
        try:
            yield json.loads(answer)
        finally:
            over.set()
            channel.close()
            heart.join(2 * HEARTBEAT)

    def close(self) -> None:
        self._client.close()
        if self._jump:
            self._jump.close()


def pin(host: Host, path: Path) -> str:
    """Fetch a host's key and write it to a known_hosts file, on purpose; returns its fingerprint."""
    try:
        with socket.create_connection((host.address, host.port), CONNECT_SECONDS) as plain:
            transport = _transport(plain)
            transport.start_client(timeout=CONNECT_SECONDS)
            key = transport.get_remote_server_key()
            transport.close()
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise RolloutError(
            f"{host.name} ({host.address}:{host.port}): pinning: {_cause(error)}. Start it."
        ) from error
    name = host.address if host.port == 22 else f"[{host.address}]:{host.port}"
    known = paramiko.HostKeys()
    if path.exists():
        known.load(str(path))
    known.pop(name, None)
    known.add(name, key.get_name(), key)
    path.parent.mkdir(parents=True, exist_ok=True)
    known.save(str(path))
    return key.fingerprint


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
    transport = paramiko.Transport(sock, **options)
    allowed = transport.get_security_options()
    allowed.ciphers = [cipher for cipher in CIPHERS if cipher in allowed.ciphers]
    return transport


def _send_part(channel: paramiko.Channel, part: Part) -> None:
    head = {"file": part.file, "offset": part.offset, "bytes": part.bytes}
    channel.sendall(json.dumps(head).encode() + b"\n")
    with part.path.open("rb") as file:
        file.seek(part.offset)
        left = part.bytes
        while left and (piece := file.read(min(PIECE, left))):
            channel.sendall(piece)
            left -= len(piece)


def _drain(channel: paramiko.Channel, deadline: float) -> tuple[str, str]:
    said, complaint = io.BytesIO(), io.BytesIO()
    for read, into in ((channel.recv, said), (channel.recv_stderr, complaint)):
        while True:
            channel.settimeout(max(deadline - time.monotonic(), 0.01))
            part = read(65536)
            if not part:
                break
            into.write(part)
    return said.getvalue().decode("utf-8", "replace"), complaint.getvalue().decode("utf-8", "replace")


def _beat(channel: paramiko.Channel, over: threading.Event) -> None:
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while not over.wait(HEARTBEAT):
            channel.sendall(b".")


def _verb(command: Command) -> str:
    return command.argv[4] if command.argv[0] == "python3" else " ".join(command.argv[:2])


def _cause(error: BaseException) -> str:
    return str(error) or type(error).__name__
