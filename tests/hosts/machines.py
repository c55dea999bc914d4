"""Machines: whole hosts on this machine, each a network namespace with sshd, engine and router."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from deployer.host import haproxy
from deployer.host.layout import Layout
from tests.hosts.claims import claimed

PUBLIC = 8000
USER = "searchbar"
# One more directory than PATH: Debian keeps daemons where an ordinary user does not look.
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


def run(*command: str, check: bool = True, **options: object) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(command, capture_output=True, text=True, **options)  # type: ignore[call-overload]
    if check and result.returncode:
        raise AssertionError(
            f"{' '.join(command)} exited {result.returncode}: {result.stdout}{result.stderr}"
        )
    return result  # type: ignore[no-any-return]


@dataclass
class Machine:
    """One host.

    Its engine, sshd and router live in its own network namespace; files are apart by directory.
    `link` is a loopback port that leads to its sshd, where the way there is to be a bad one.
    """

    name: str
    folder: Path
    network: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    link: int = 0

    @property
    def address(self) -> str:
        return f"{self.network}.2"

    @property
    def site(self) -> Path:
        """What hosts.toml calls `directory`."""
        return self.folder / "site"

    @property
    def docker_host(self) -> str:
        return f"unix://{self.folder}/docker.sock"

    def start(self, client_key: Path) -> None:
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        self._network()
        self.start_engine()
        self._ssh_configuration(client_key)
        self.start_sshd()

    def _network(self) -> None:
        outside, inside = f"{self.name}o", f"{self.name}i"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", inside)
        run("ip", "link", "set", inside, "netns", self.name)
        run("ip", "addr", "add", f"{self.network}.1/24", "dev", outside)
        run("ip", "link", "set", outside, "up")
        for command in (
            ("addr", "add", f"{self.address}/24", "dev", inside),
            ("link", "set", inside, "up"),
            ("link", "set", "lo", "up"),
        ):
            run("ip", "-n", self.name, *command)

    def inside(self, *command: str) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.name}", *command]

    def _spawn(self, name: str, *command: str, **environment: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.inside(*command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PATH": PATH, **environment},
            )

    def start_engine(self) -> None:
        self._spawn(
            "dockerd",
            "dockerd",
            "--data-root",
            f"{self.folder}/docker",
            "--exec-root",
            f"{self.folder}/exec",
            "--pidfile",
            f"{self.folder}/docker.pid",
            "-H",
            self.docker_host,
            "-G",
            "docker",
            "--iptables=false",
            "--ip6tables=false",
            "--ip-forward=false",
            "--bridge=none",
        )

    def stop_engine(self) -> None:
        """As `systemctl stop docker` does: the slots' servers end with it."""
        engine = self.processes["dockerd"]
        os.killpg(engine.pid, signal.SIGTERM)
        engine.wait(60)
        run("umount", f"{self.folder}/exec/netns/default", check=False)

    def await_engine(self) -> None:
        deadline = time.monotonic() + 60
        while self.docker("version", check=False).returncode:
            assert time.monotonic() < deadline, (self.folder / "dockerd.log").read_text()[-2000:]
            time.sleep(0.1)

    def docker(
        self, *arguments: str, check: bool = True, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Type a line of docker's to this host's engine; `timeout` in seconds."""
        environment = {**os.environ, "DOCKER_HOST": self.docker_host}
        return run("docker", *arguments, check=check, env=environment, timeout=timeout)

    def _ssh_configuration(self, client_key: Path) -> None:
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.folder}/host_key")
        Path("/run/sshd").mkdir(exist_ok=True)
        (self.folder / "sshd_config").write_text(
            f"ListenAddress {self.address}:22\nHostKey {self.folder}/host_key\nPidFile"
            f" {self.folder}/sshd.pid\nAuthorizedKeysFile {client_key}.pub\nStrictModes no\nUsePAM"
            " no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nMaxStartups"
            f" 100\nMaxSessions 100\nLogLevel ERROR\nSetEnv DOCKER_HOST={self.docker_host}"
            f" PATH={PATH}\n"
        )

    def start_sshd(self) -> None:
        self._spawn("sshd", "/usr/sbin/sshd", "-D", "-e", "-f", f"{self.folder}/sshd_config")

    def start_router(self) -> None:
        """Keep the router running, as the service manager of a real host does."""
        recover = f"python3 {self.site}/programs/current.pyz {self.site} recover"
        command = (
            f"while :; do {recover}; haproxy -db -f {self.site}/router/haproxy.cfg; sleep 0.2; done"
        )
        self._spawn(
            "router",
            "setpriv",
            f"--reuid={USER}",
            f"--regid={USER}",
            "--init-groups",
            "sh",
            "-c",
            command,
        )
        deadline = time.monotonic() + 10
        while not (self.site / "router/admin.sock").exists():
            assert time.monotonic() < deadline, (self.folder / "router.log").read_text()[-2000:]
            time.sleep(0.02)

    def stop_router(self) -> None:
        """Router and keeper, until `start_router`."""
        keeper = self.processes.pop("router")
        os.killpg(keeper.pid, signal.SIGKILL)
        keeper.wait()
        (self.site / "router/admin.sock").unlink(missing_ok=True)

    def kill_router_line(self) -> str:
        """kill −9, as a shell line; its keeper starts it again."""
        return f"pkill -9 -P {self.processes['router'].pid} -x haproxy"

    def kill_router(self) -> None:
        """The same, if it runs just now."""
        run("sh", "-c", self.kill_router_line(), check=False)

    def await_router(self) -> None:
        """Until it answers the public."""
        deadline = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection((self.address, PUBLIC), 5):
                    return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def kill_container(self, colour: str) -> None:
        """kill −9 of a slot's server, as soon as it runs."""
        inspect = ("inspect", "--format", "{{.State.Pid}}", f"searchbar-{colour}")
        deadline = time.monotonic() + 75
        # A container that restarts has process 0: nobody's.
        while not (pid := int(self.docker(*inspect).stdout)):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)

    def kill_connections(self) -> None:
        """Every SSH connection to this host breaks."""
        run("pkill", "-9", "-P", str(self.processes["sshd"].pid), check=False)

    @contextlib.contextmanager
    def without_sshd(self) -> Iterator[None]:
        """Nobody listens for SSH while the block runs; the public is answered all the same."""
        sshd = self.processes.pop("sshd")
        os.killpg(sshd.pid, signal.SIGTERM)
        sshd.wait(10)
        try:
            yield
        finally:
            self.start_sshd()
            self._await_sshd()

    def _await_sshd(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection((self.address, 22), 5):
                    return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    @contextlib.contextmanager
    def cut_off(self) -> Iterator[None]:
        """The cable is out while the block runs."""
        run("ip", "link", "set", f"{self.name}o", "down")
        try:
            yield
        finally:
            run("ip", "link", "set", f"{self.name}o", "up")

    def blank(self) -> None:
        """As it was before its first rollout: empty slots, no files, the router at rest."""
        self.docker("rm", "--force", "searchbar-blue", "searchbar-green", check=False)
        haproxy.put(Layout(self.site), haproxy.Route("blue"))
        for name in ("pending", "slots", "frozen", "guard"):
            (self.site / f"{name}.json").unlink(missing_ok=True)
        for folder in ("objects", "releases", "incoming"):
            shutil.rmtree(self.site / folder, ignore_errors=True)
            if self.site.is_dir():
                (self.site / folder).mkdir()
                shutil.chown(self.site / folder, USER, USER)
        if (self.site / "site").is_dir():
            (self.site / "site/withdrawn.txt").write_text("")

    def stop(self) -> None:
        # An engine that hangs is killed below: nobody waits for its answer without end.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.docker("kill", "searchbar-blue", "searchbar-green", check=False, timeout=30)
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        run("umount", f"{self.folder}/exec/netns/default", check=False)
        run("ip", "netns", "del", self.name, check=False)
        run("ip", "link", "del", f"{self.name}o", check=False)


@dataclass
class Machines:
    """Several hosts, and the files that a deployer needs to reach them."""

    folder: Path
    hosts: list[Machine]
    tag: int = 0

    @property
    def key(self) -> Path:
        return self.folder / "client_key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def need(self, count: int, kind: type[Machine] = Machine) -> list[Machine]:
        """Have at least `count` hosts; gives the new ones."""
        # 198.18.0.0/15 is set aside for such tests; three hosts a run, each with a network of its
        # own.
        second, third = 18 + self.tag // 64, self.tag % 64 * 4
        new = [
            kind(f"sb{self.tag}h{n}", self.folder / f"h{n}", f"198.{second}.{third + n}")
            for n in range(len(self.hosts) + 1, count + 1)
        ]
        self.hosts += new
        _all(new, lambda machine: machine.start(self.key))
        _all(new, Machine.await_engine)
        return new

    def hosts_toml(
        self, path: Path, *, hosts: int = 0, environment: str = "stage", **settings: object
    ) -> Path:
        """A hosts.toml that names these hosts."""
        chosen = {
            "key": str(self.key),
            "known_hosts": str(self.known_hosts),
            "public": f":{PUBLIC}",
            "user": USER,
            "memory": "256m",
            "guard_seconds": 1.0,
            "guard_least": 20,
            "start_seconds": 30.0,
            # How fast a busy machine answers decides nothing, but where a test asks for it.
            "latency_floor_ms": 10_000.0,
        } | settings
        lines = [f"[{environment}]", *(f"{k} = {_toml(v)}" for k, v in chosen.items())]
        for host in self.hosts[: hosts or None]:
            lines += [
                f"[[{environment}.hosts]]",
                f'name = "{host.name}"',
                f'address = "{host.address if not host.link else "127.0.0.1"}"',
                f"port = {host.link or 22}",
                f'directory = "{host.site}"',
            ]
        path.write_text("\n".join(lines) + "\n")
        return path


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


@contextlib.contextmanager
def machines(count: int) -> Iterator[Machines]:
    """A number of hosts, started at once; more can be had with `need`.

    Routers run once they are prepared.
    """
    folder = Path(tempfile.mkdtemp(prefix="sbh"))
    folder.chmod(0o755)
    run("groupadd", "--force", "docker")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/client_key")
    with claimed(folder) as tag:
        started = Machines(folder, [], tag)
        try:
            started.need(count)
            yield started
        finally:
            _all(started.hosts, Machine.stop)
            # Thousands of small files of the engines: nobody has to wait for them.
            subprocess.Popen(["rm", "-rf", str(folder)], start_new_session=True)


def _all(hosts: list[Machine], act: Callable[[Machine], None]) -> None:
    with ThreadPoolExecutor(len(hosts) or 1) as pool:
        list(pool.map(act, hosts))
