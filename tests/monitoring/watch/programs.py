"""Debian's Prometheus, Alertmanager and node-exporter, started for a test on loopback."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.conftest import ROOT

WATCH = ROOT / "monitoring/watch"
BIN = Path("/usr/bin")


def tool(name: str, *words: str | Path, folder: Path = WATCH) -> subprocess.CompletedProcess[str]:
    """What a tool says of files in a folder."""
    return subprocess.run(
        [BIN / name, *words], cwd=folder, capture_output=True, text=True, check=False
    )


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextlib.contextmanager
def running(log: Path, port: int, health: str, program: str, *options: str) -> Iterator[str]:
    """A program until the block ends; yields its address once it answers."""
    address = f"http://127.0.0.1:{port}"
    with log.open("w") as written:
        process = subprocess.Popen([BIN / program, *options], stdout=written, stderr=written)
        try:
            until(lambda: _answers(process, address + health, log), f"{program} to answer")
            yield address
        finally:
            process.terminate()
            process.wait(30)


def until(is_so: object, what: str, patience: float = 90) -> None:
    """Wait until a function gives true."""
    assert callable(is_so)
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.05)


def _answers(process: subprocess.Popen[bytes], address: str, log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@contextlib.contextmanager
def node_exporter(log: Path, folder: Path) -> Iterator[int]:
    """It tells of disks, and of the text files in these folders."""
    (port,) = free_ports(1)
    options = (
        "--collector.disable-defaults",
        "--collector.filesystem",
        "--collector.textfile",
        f"--collector.textfile.directory={folder}/*",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    with running(log, port, "/", "prometheus-node-exporter", *options):
        yield port
