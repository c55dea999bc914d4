"""Stock Debian machine, with systemd, sshd and nothing else, in a network of its own.

It is a privileged container whose first process is systemd, made by debootstrap of Debian's minimal
packages. Debian's mirrors are reached through slirp4netns, so nothing of this machine's own network
is changed.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.machines import PATH, Machine, run

CACHE = Path(__file__).parents[2] / "var/cache/stock-bookworm.tar"
PACKAGES = "systemd,systemd-sysv,dbus,openssh-server,ca-certificates"
NAME = "stock"
# Debian's name server as slirp4netns offers it.
RESOLVER = "nameserver 10.0.2.3\n"


def stock_tar() -> Path:
    """The machine as it comes, made once."""
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with CACHE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not CACHE.exists():
            root = CACHE.with_suffix("")
            options = ("--variant=minbase", f"--include={PACKAGES}")
            source = ("bookworm", str(root), "http://deb.debian.org/debian")
            run("debootstrap", *options, *source, env={**os.environ, "PATH": PATH})
            run("tar", "-C", str(root), "-cf", f"{CACHE}.new", ".")
            Path(f"{CACHE}.new").rename(CACHE)
            run("rm", "-rf", str(root))
    return CACHE


@dataclass
class Stock(Machine):
    """One stock machine; `prepare` has everything to do."""

    @property
    def site(self) -> Path:
        return Path("/srv/searchbar")

    def start(self, client_key: Path) -> None:
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        self._network()
        self._outside_world()
        self.start_engine()
        self.await_engine()
        run(
            "docker",
            "-H",
            self.docker_host,
            "import",
            "-c",
            'CMD ["/sbin/init"]',
            str(stock_tar()),
            NAME,
        )
        (self.folder / "resolv.conf").write_text(RESOLVER)
        self.docker(
            "run",
            "--detach",
            "--name",
            NAME,
            "--privileged",
            "--network=host",
            "--cgroupns=host",
            "--volume=/sys/fs/cgroup:/sys/fs/cgroup",
            "--tmpfs=/run",
            "--tmpfs=/run/lock",
            "--volume=/var/lib/docker",
            f"--volume={client_key}.pub:/root/.ssh/authorized_keys:ro",
            f"--volume={self.folder}/resolv.conf:/etc/resolv.conf",
            NAME,
        )
        self.await_boot()

    def _outside_world(self) -> None:
        # When this process ends, however, the pipe closes and slirp4netns goes.
        end, self.alive = os.pipe()
        ready, ready_writer = os.pipe()
        command = [
            "slirp4netns",
            "--configure",
            "--netns-type=path",
            f"--exit-fd={end}",
            f"--ready-fd={ready_writer}",
        ]
        self.processes["slirp"] = subprocess.Popen(
            [*command, f"/run/netns/{self.name}", "tap0"],
            pass_fds=(end, ready_writer),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(end)
        os.close(ready_writer)
        assert os.read(ready, 1) == b"1"
        os.close(ready)

    def root(self, script: str, *, check: bool = True) -> str:
        """What a shell of root prints in there."""
        return self.docker(
            "exec", "--interactive", NAME, "sh", "-c", script, check=check
        ).stdout.strip()

    def await_boot(self) -> None:
        wait_for(lambda: self.root("systemctl is-system-running", check=False) == "running", 300)

    def reboot(self) -> None:
        self.docker("restart", NAME)
        self.await_boot()

    def stop(self) -> None:
        self.docker("rm", "--force", NAME, check=False)
        super().stop()


def wait_for(state: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not state():
        assert time.monotonic() < deadline
        time.sleep(0.1)
