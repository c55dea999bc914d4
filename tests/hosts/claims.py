"""Claims: a number that no other living test run has, and what dead runs left cleared away.

A run that is killed by −9 leaves namespaces, engines and mounts. The kernel frees its claim, so the
next run knows that nobody owns them any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

CLAIMS = Path("/run/searchbar-hosts")
NAMESPACES = Path("/run/netns")
NUMBERS = 128


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[int]:
    """A number of one's own while the block runs; `folder` is what must go if the run is killed."""
    CLAIMS.mkdir(exist_ok=True)
    for path in CLAIMS.iterdir():
        with _try_claim(path) as file:
            if file:
                clear(int(path.name), file)
    for number in (n % NUMBERS for n in range(os.getpid(), os.getpid() + NUMBERS)):
        with _try_claim(CLAIMS / str(number)) as file:
            if file is None or _namespaces(number):
                continue
            file.write(f"{folder}\n")
            file.flush()
            yield number
            file.truncate(0)
            return
    raise AssertionError(f"all {NUMBERS} numbers in {CLAIMS} are taken")


@contextlib.contextmanager
def _try_claim(path: Path) -> Iterator[IO[str] | None]:
    """A claim that nobody else holds, or None.

    Programs that are started meanwhile do not inherit it.
    """
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            file.seek(0)
            yield file


def clear(number: int, file: IO[str]) -> None:
    """End the processes of a dead run, and remove its mounts, namespaces and files."""
    folders = file.read().split()
    for namespace in _namespaces(number):
        _end_all(namespace.name)
    for folder in folders:
        _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)
    for namespace in _namespaces(number):
        subprocess.run(["ip", "netns", "del", namespace.name], check=True)
    file.truncate(0)


def _namespaces(number: int) -> list[Path]:
    return sorted(NAMESPACES.glob(f"sb{number}h*"))


def _end_all(namespace: str) -> None:
    """Kill until none is left: some processes start again what they look after."""
    deadline = time.monotonic() + 30
    while pids := subprocess.run(
        ["ip", "netns", "pids", namespace], capture_output=True, text=True
    ).stdout.split():
        assert time.monotonic() < deadline, f"{namespace} cannot be emptied of {pids}"
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.05)


def _unmount(folder: str) -> None:
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in sorted((m for m in mounted if m.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", place], check=False)
