"""Here is a host: give me the commands that it is asked to run. Nothing here runs anything."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deployer.hosts import Environment, Host
from deployer.programs import host_programs

READ_ONLY = "ro"
# While a slot starts and warms up, it takes what the live one leaves; once it is ready, both count alike.
STARTING_SHARES, SHARES = 128, 1024
ROUTER_LAG = 5.0
USER = "10001:10001"


@dataclass(frozen=True)
class Command:
    """One command line for a host. `assume` is what a rehearsal takes for its answer when it may not be run."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    changes: bool = True
    timeout: float = 60.0
    assume: str = "{}"

    def line(self) -> str:
        """The command as a shell reads it."""
        return shlex.join(self.argv)


@dataclass(frozen=True)
class Commands:
    """All that one host is asked, as values."""

    environment: Environment
    host: Host

    @property
    def root(self) -> str:
        return self.host.directory or self.environment.directory

    @property
    def program(self) -> str:
        return f"{self.root}/programs/{host_programs().name}"

    def install_programs(self) -> Command:
        """Put the host programs in place: checked before they get their name."""
        draft = f"{self.program}.$$"
        script = (
            f"umask 022; mkdir -p {shlex.quote(self.root)}/programs && cat > {draft} && "
            f"echo '{host_programs().digest}  '{draft} | sha256sum -c --quiet && cp {draft} {draft}.current && "
            f"mv {draft} {self.program} && mv {draft}.current {shlex.quote(self.root)}/programs/current.pyz"
        )
        return Command(("sh", "-c", script), stdin=host_programs().content)

    def facts(self, image: str = "") -> Command:
        return self._host("facts", "--site", self.environment.site, "--image", image, changes=False)

    def lock(self, holder: str, purpose: str, *, even_frozen: bool = False) -> Command:
        frozen = ("--even-frozen",) if even_frozen else ()
        return self._host(
            "lock", "--holder", holder, "--purpose", purpose, *frozen, assume='{"fence": 1, "turned_back": false}'
        )

    def freeze(self, by: str, why: str) -> Command:
        return self._host("freeze", "--by", by, "--why", why)

    def thaw(self) -> Command:
        return self._host("thaw")

    def missing(self, files: Mapping[str, int]) -> Command:
        return self._host("missing", stdin=dict(files), timeout=600, changes=False)

    def reserve(self, files: Mapping[str, int], fence: int) -> Command:
        return self._host("reserve", *_fence(fence), stdin=dict(files), timeout=120)

    def receive(self, fence: int) -> Command:
        return self._host("receive", *_fence(fence), timeout=3600)

    def accept(self, files: Mapping[str, int], fence: int) -> Command:
        return self._host("accept", *_fence(fence), stdin=dict(files), timeout=600)

    def lay_out(self, release: str, manifest: bytes, fence: int) -> Command:
        return self._host("lay-out", *_fence(fence), "--id", release, stdin=manifest, timeout=120)

    def load_image(self, image: str, files: Mapping[str, str], fence: int) -> Command:
        return self._host("load-image", *_fence(fence), "--image", image, stdin=dict(files), timeout=600)

    def pull_image(self, image: str) -> Command:
        return Command(("docker", "pull", "--quiet", image), timeout=600)

    def stand_by(self, fence: int, *, standby: bool) -> Command:
        return self._host("stand-by", *_fence(fence), *(("--standby",) if standby else ()))

    def remove(self, colour: str, fence: int) -> Command:
        return self._engine(fence, 60, "rm", "--force", self._container(colour))

    def stop(self, colour: str, fence: int) -> Command:
        return self._engine(fence, 60, "stop", "--time", "10", self._container(colour))

    def start_again(self, colour: str, fence: int) -> Command:
        return self._engine(fence, 60, "start", self._container(colour))

    def start(self, colour: str, release: str, image: str, fence: int) -> Command:
        """Start a server: release read-only, root read-only, another user, limits, its log turned over."""
        port = str(self.environment.port_of(colour))
        limits = ("--memory", self.environment.memory, "--memory-swap", self.environment.memory,
                  "--cpus", str(self.environment.cpus), "--cpu-shares", str(STARTING_SHARES),
                  "--pids-limit", "256")  # fmt: skip
        fences = ("--read-only", "--tmpfs", "/tmp:rw,noexec,nosuid,size=64m", "--user", USER,  # noqa: S108
                  "--cap-drop", "ALL", "--security-opt", "no-new-privileges")  # fmt: skip
        labels = ("--label", f"searchbar.release={release}", "--label", f"searchbar.image={image}")
        mounts = ("--volume", f"{self.root}/releases/{release}:/release:{READ_ONLY}",
                  "--volume", f"{self.root}/site:/site:{READ_ONLY}",
                  "--volume", f"{self.root}/logs:/logs")  # fmt: skip
        # The router is the only one that may say who asks, whatever the image has set.
        settings = ("--env", "SEARCHBAR_TRUSTED_PROXIES=127.0.0.1",
                    "--env", f"SEARCHBAR_IMAGE={image}", "--env", "SEARCHBAR_WITHDRAWN=/site/withdrawn.txt",
                    "--env", "SEARCHBAR_QUESTIONS=/logs/questions.jsonl")  # fmt: skip
        return self._engine(
            fence, 120, "run", "--detach", "--name", self._container(colour), "--restart", "unless-stopped",
            "--network", "host", "--log-opt", "max-size=10m", "--log-opt", "max-file=3", *limits, *fences, *labels,
            *mounts, *settings, image, "serve", "/release", "--host", "127.0.0.1", "--port", port,
        )  # fmt: skip

    def last_words(self, colour: str) -> Command:
        return Command(("docker", "logs", "--tail", "5", self._container(colour)), changes=False, timeout=20)

    def examine(
        self, colour: str, live: str, patience: float, probes: Sequence[str], questions: Sequence[str], *, warm: bool
    ) -> Command:
        """Ask an idle slot all that the traffic gate wants to know; `live` is "" where nothing is live.

        One that was just started gets its full share of the processor as soon as it is ready.
        """
        wanted = {
            "colour": colour, "port": self.environment.port_of(colour),
            "patience": patience, "router_lag": ROUTER_LAG,
            "container": self._container(colour), "shares": 0 if warm else SHARES,
            "probes": list(probes), "probe_places": [self._place(colour), self._place(f"preview-{colour}")],
            "questions": list(questions), "shadow_places": [self._place(c) for c in (colour, live) if c],
        }  # fmt: skip
        timeout = patience + 60 + 10 * (len(probes) + len(questions))
        return self._host("examine", stdin=wanted, timeout=timeout, local=True)

    def ask_public(self, questions: Sequence[str]) -> Command:
        """Ask questions where the public asks, each as another visitor."""
        wanted = {"questions": list(questions), "places": [self._place("public")]}
        return self._host("ask", stdin=wanted, timeout=60 + 10 * len(questions), local=True)

    def probes(self, release: str) -> Command:
        return self._host("probes", "--id", release, changes=False)

    def switch(self, colour: str, fence: int, within: float, limits: Mapping[str, Any], *, standby: bool) -> Command:
        return self._host("switch", "--colour", colour, *_fence(fence), "--within", str(within),
                          *(("--standby",) if standby else ()), stdin=dict(limits))  # fmt: skip

    def canary(self, colour: str, share: int, fence: int, within: float, limits: Mapping[str, Any]) -> Command:
        return self._host("switch", "--canary", "--share", str(share), "--colour", colour, *_fence(fence),
                          "--within", str(within), stdin=dict(limits))  # fmt: skip

    def guard_says(self, patience: float) -> Command:
        return self._host("guard-says", "--patience", str(patience), timeout=patience + 30,
                          assume='{"answer": "yes"}', local=True)  # fmt: skip

    def confirm(self, fence: int, pair: Mapping[str, str], left: Mapping[str, str]) -> Command:
        """The switch stays; `left` is the pair and colour that was live before, or {}."""
        return self._host("confirm", *_fence(fence), stdin={"pair": dict(pair), "left": dict(left)})

    def revert(self, live: str, fence: int, why: str) -> Command:
        """Back to the colour that was live when the rollout began."""
        return self._host("revert", *_fence(fence), "--colour", live, "--why", why)

    def drained(self, colour: str, patience: float) -> Command:
        return self._host(
            "drained", "--colour", colour, "--patience", str(patience), timeout=patience + 15, local=True
        )

    def note(self, event: str, **fields: Any) -> Command:
        return self._host("note", "--why", event, stdin=fields)

    def withdraw(self, ids: Sequence[str]) -> Command:
        return self._host("withdraw", stdin=list(ids))

    def still_shown(self, ids: Sequence[str]) -> Command:
        """Which of these items the live slot still shows."""
        return self._host("still-shown", "--port", str(self.environment.public_port), stdin=list(ids), local=True)

    def prune(self, releases: Sequence[str], images: Sequence[str], fence: int) -> Command:
        return self._host("prune", *_fence(fence), stdin={"releases": list(releases), "images": list(images)},
                          timeout=300, assume='{"releases": [], "bytes": 0}')  # fmt: skip

    def forget_images(self, keep: Sequence[str], fence: int) -> Command:
        return self._host("forget-images", *_fence(fence), "--site", self.environment.site, stdin=list(keep),
                          timeout=300, assume='{"images": []}')  # fmt: skip

    def make_rooms(self) -> Command:
        return self._host("make")

    def router_config(self, text: str) -> Command:
        return self._host("config", stdin=text.encode(), assume='{"changed": true}')

    def _container(self, colour: str) -> str:
        return f"{self.environment.site}-{colour}"

    def _place(self, name: str) -> dict[str, Any]:
        if name == "public":
            return {"name": name, "port": self.environment.public_port}
        if name.startswith("preview-"):
            return {"name": name, "port": self.environment.preview, "headers": {"X-Slot": name.partition("-")[2]}}
        return {"name": name, "port": self.environment.port_of(name)}

    def _engine(self, fence: int, patience: float, *words: str) -> Command:
        """Have the Docker engine do something to a slot, if this rollout still holds the lock."""
        given = (*_fence(fence), "--patience", str(patience), "--", "docker", *words)
        return self._host("engine", *given, timeout=patience + 10)

    def _host(
        self, verb: str, *options: str, stdin: Any = None, changes: bool = True, timeout: float = 60,
        assume: str = "{}", local: bool = False,
    ) -> Command:  # fmt: skip
        """A verb of the host programs. `local`: it changes nothing, but only makes sense once others did."""
        sent = stdin if isinstance(stdin, bytes) else b"" if stdin is None else json.dumps(stdin).encode()
        argv = ("python3", "-IS", self.program, self.root, verb, *options)
        return Command(argv, sent, changes or local, timeout, assume)


def _fence(fence: int) -> tuple[str, str]:
    return "--fence", str(fence)
