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
def hosts_on_loopback(folder: Path, *names: str) -> Iterator[Path]:
    """hosts.toml of an environment `stage` with hosts of these names, each with its directory."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert program, "install openssh-server (tests/debian-packages.txt)"
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for key in ("host_key", "client_key"):
        words = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key))
        subprocess.run(words, check=True)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host_key\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/client_key.pub\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin prohibit-password\nMaxSessions 100\n"
        "MaxStartups 100\nLogLevel ERROR\n"
    )
    hosts = _hosts_toml(folder, port, names)
    sshd = subprocess.Popen(
        [program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.PIPE, text=True
    )
    try:
        _await(sshd, port)
        list(pin(read_hosts(hosts, "stage"), folder / "known_hosts"))
        yield hosts
    finally:
        sshd.terminate()
        sshd.communicate(timeout=20)


def _hosts_toml(folder: Path, port: int, names: tuple[str, ...]) -> Path:
    lines = [
        "[stage]",
        f'user = "{getpass.getuser()}"',
        f'key = "{folder}/client_key"',
        f'known_hosts = "{folder}/known_hosts"',
    ]
    for name in names:
        lines += [
            "[[stage.hosts]]",
            f'name = "{name}"',
            'address = "127.0.0.1"',
            f"port = {port}",
            f'directory = "{folder}/{name}"',
        ]
    path = folder / "hosts.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _await(sshd: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert sshd.poll() is None, sshd.communicate()[1]
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
            return
        assert time.monotonic() < deadline
        time.sleep(0.02)
