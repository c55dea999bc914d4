"""A real sshd on loopback, its user whoever runs the tests, and the hosts that it stands for."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from deployer.hosts import read_hosts
from deployer.transport.connection import pin


@contextlib.contextmanager
def hosts_on_loopback(
    folder: Path, *names: str, sshd_config: str = "", address: str = "127.0.0.1", jump: bool = False
) -> Iterator[Path]:
    """hosts.toml of an environment `stage` with hosts of these names, each with its directory.

    `sshd_config`: more lines for the server. `address`: where it listens. `jump`: the hosts are
    reached through it.
    """
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert program, "install openssh-server (tests/debian-packages.txt)"
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for key in ("host_key", "client_key"):
        words = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key))
        subprocess.run(words, check=True)
    with socket.create_server((address, 0), family=_family(address)) as unused:
        port = unused.getsockname()[1]
    bracketed = f"[{address}]" if ":" in address else address
    (folder / "sshd_config").write_text(
        f"ListenAddress {bracketed}:{port}\nHostKey {folder}/host_key\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/client_key.pub\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin prohibit-password\nMaxSessions 100\n"
        f"MaxStartups 100\nLogLevel ERROR\n{sshd_config}"
    )
    user = getpass.getuser()
    settings = [f'user = "{user}"', *([f'jump = "{user}@{bracketed}:{port}"'] if jump else ())]
    hosts = _hosts_toml(folder, f'address = "{bracketed}"\nport = {port}', settings, names)
    sshd = subprocess.Popen(
        [program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.PIPE, text=True
    )
    try:
        _await(sshd, address, port)
        list(pin(read_hosts(hosts, "stage"), folder / "known_hosts"))
        yield hosts
    finally:
        sshd.terminate()
        sshd.communicate(timeout=20)


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _hosts_toml(folder: Path, place: str, settings: list[str], names: tuple[str, ...]) -> Path:
    lines = [
        "[stage]",
        *settings,
        f'key = "{folder}/client_key"',
        f'known_hosts = "{folder}/known_hosts"',
    ]
    for name in names:
        lines += [
            "[[stage.hosts]]",
            f'name = "{name}"',
            place,
            f'directory = "{folder}/{name}"',
        ]
    path = folder / "hosts.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _await(sshd: subprocess.Popen[str], address: str, port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert sshd.poll() is None, sshd.communicate()[1]
        with contextlib.suppress(OSError), socket.create_connection((address, port), 5):
            return
        assert time.monotonic() < deadline
        time.sleep(0.02)
