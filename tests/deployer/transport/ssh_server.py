"""An SSH server on this machine, of one connection after another, that runs what it is asked."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED


class _Server(paramiko.ServerInterface):
    """Lets everybody in who has a key, but for a stranger, and runs their commands in a shell."""

    def check_channel_request(self, *_: object) -> int:
        return OPEN_SUCCEEDED

    def get_allowed_auths(self, *_: object) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, *_: object) -> int:
        return AUTH_FAILED if username == "stranger" else AUTH_SUCCESSFUL

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_run, args=(channel, command.decode()), daemon=True).start()
        return True


def _run(channel: paramiko.Channel, command: str) -> None:
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, bufsize=0, shell=True, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdin
    assert process.stdout
    assert process.stderr
    with process.stdout as output, process.stderr as complaints:
        feed = _pump(channel.recv, process.stdin.write, process.stdin.close)
        for pump in (
            _pump(output.read, channel.sendall),
            _pump(complaints.read, channel.sendall_stderr),
        ):
            pump.join()
    # What a signal ended has no exit status.
    code = process.wait()
    # The client may be gone.
    with contextlib.suppress(OSError, EOFError):
        if code >= 0:
            channel.send_exit_status(code)
        channel.close()
    feed.join()


def _pump(
    read: Callable[[int], bytes],
    write: Callable[[bytes], object],
    close: Callable[[], None] = lambda: None,
) -> threading.Thread:
    def pump() -> None:
        # The client may be gone: paramiko says so by either.
        with contextlib.suppress(OSError, EOFError):
            while piece := read(65536):
                write(piece)
        with contextlib.suppress(OSError):
            close()

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    return thread


@contextlib.contextmanager
def ssh_server() -> Iterator[int]:
    """The port of a server that runs while the block does."""
    key = paramiko.ECDSAKey.generate()
    transports = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    transport = paramiko.Transport(listening.accept()[0])
                    transports.append(transport)
                    transport.add_server_key(key)
                    transport.start_server(threading.Event(), _Server())

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    for transport in transports:
        transport.close()
