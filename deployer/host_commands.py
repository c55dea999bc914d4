"""Commands that one host is asked to run, as values. Nothing here runs anything."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deployer.command import Command
from deployer.host_bundle import host_programs
from deployer.hosts import Environment, Host
from deployer.slot_container import SHARES, container_name, run_arguments

# The router sees a slot up a little after the slot itself is ready.
ROUTER_LAG = 5.0


@dataclass(frozen=True)
class HostCommands:
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
        folder, program = shlex.quote(f"{self.root}/programs"), shlex.quote(self.program)
        script = (
            f"umask 022; mkdir -p {folder}; work=$(mktemp -d {folder}/.draft.XXXXXX); "
            'trap \'rm -rf "$work"\' EXIT; cat >"$work/new"; '
            f"echo '{host_programs().digest}  '\"$work/new\" | sha256sum -c --quiet; "
            f'cp "$work/new" "$work/current"; mv "$work/new" {program}; '
            f'mv "$work/current" {folder}/current.pyz'
        )
        return Command(("sh", "-euc", script), stdin=host_programs().content)

    def facts(self, image: str = "") -> Command:
        return self._host("facts", "--site", self.environment.site, "--image", image, changes=False)

    def lock(self, holder: str, purpose: str, *, even_frozen: bool = False) -> Command:
        options = ("--holder", holder, "--purpose", purpose, *_flag("--even-frozen", even_frozen))
        return self._host("lock", *options, assume='{"fence": 1, "turned_back": false}')

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
        return self._host(
            "load-image", *_fence(fence), "--image", image, stdin=dict(files), timeout=600
        )

    def pull_image(self, image: str) -> Command:
        return Command(("docker", "pull", "--quiet", image), timeout=600)

    def stand_by(self, fence: int, *, standby: bool) -> Command:
        return self._host("stand-by", *_fence(fence), *_flag("--standby", standby))

    def remove(self, colour: str, fence: int) -> Command:
        return self._engine(fence, 60, "rm", "--force", self._container(colour))

    def stop(self, colour: str, fence: int) -> Command:
        return self._engine(fence, 60, "stop", "--time", "10", self._container(colour))

    def start_again(self, colour: str, fence: int) -> Command:
        return self._engine(fence, 60, "start", self._container(colour))

    def settings_difference(self, id: str, wanted: Mapping[str, str]) -> Command:
        """By which names settings that are kept there differ from what is wanted."""
        return self._host(
            "settings-difference", *_named("--id", id), stdin=dict(wanted), changes=False
        )

    def keep_settings(
        self, id: str, wanted: Mapping[str, str], others: Sequence[str], fence: int
    ) -> Command:
        """Keep settings for slots to be started with, beside others that are in use."""
        sent = {"settings": dict(wanted), "keep": list(others)}
        return self._host("keep-settings", *_fence(fence), "--id", id, stdin=sent)

    def start(
        self, colour: str, release: str, image: str, fence: int, settings: str = ""
    ) -> Command:
        """Start a server in a slot."""
        words = run_arguments(self.environment, self.root, colour, release, image, settings)
        return self._engine(fence, 120, *words)

    def last_log(self, colour: str) -> Command:
        words = ("docker", "logs", "--tail", "5", self._container(colour))
        return Command(words, changes=False, timeout=20)

    def examine(
        self,
        colour: str,
        live: str,
        patience: float,
        probes: Sequence[str],
        questions: Sequence[str],
        *,
        warm: bool,
    ) -> Command:
        """Ask an idle slot all that the traffic gate wants to know.

        `live` is "" where nothing is live. A slot that was just started (not `warm`) gets its full
        share of the processor as soon as it is ready.
        """
        request = {
            "colour": colour,
            "port": self.environment.port_of(colour),
            "patience": patience,
            "router_lag": ROUTER_LAG,
            "container": self._container(colour),
            "shares": 0 if warm else SHARES,
            "probes": list(probes),
            "probe_places": [self._place(colour), self._place(f"preview-{colour}")],
            "questions": list(questions),
            "shadow_places": [self._place(c) for c in (colour, live) if c],
        }
        timeout = patience + 60 + 10 * (len(probes) + len(questions))
        return self._host("examine", stdin=request, timeout=timeout, local=True)

    def ask_public(self, questions: Sequence[str]) -> Command:
        """Ask questions where the public asks, each as another visitor."""
        request = {"questions": list(questions), "places": [self._place("public")]}
        return self._host("ask", stdin=request, timeout=60 + 10 * len(questions), local=True)

    def probes(self, release: str) -> Command:
        return self._host("probes", "--id", release, changes=False)

    def switch(
        self, colour: str, fence: int, within: float, limits: Mapping[str, Any], *, standby: bool
    ) -> Command:
        options = (*_fence(fence), "--within", str(within), *_flag("--standby", standby))
        return self._host("switch", "--colour", colour, *options, stdin=dict(limits))

    def canary(
        self, colour: str, share: int, fence: int, within: float, limits: Mapping[str, Any]
    ) -> Command:
        options = ("--colour", colour, *_fence(fence), "--within", str(within))
        return self._host("switch", "--canary", "--share", str(share), *options, stdin=dict(limits))

    def guard_says(self, patience: float) -> Command:
        return self._host(
            "guard-says",
            "--patience",
            str(patience),
            timeout=patience + 30,
            assume='{"answer": "yes"}',
            local=True,
        )

    def confirm(self, fence: int, pair: Mapping[str, str], left: Mapping[str, str]) -> Command:
        """The switch stays; `left` is the pair and colour that was live before, or {}."""
        return self._host("confirm", *_fence(fence), stdin={"pair": dict(pair), "left": dict(left)})

    def revert(self, live: str, fence: int, why: str) -> Command:
        """Turn back to the colour that was live when the rollout began."""
        return self._host("revert", *_fence(fence), "--colour", live, "--why", why)

    def drained(self, colour: str, patience: float) -> Command:
        options = ("--colour", colour, "--patience", str(patience))
        return self._host("drained", *options, timeout=patience + 15, local=True)

    def note(self, event: str, **fields: Any) -> Command:
        return self._host("note", "--why", event, stdin=fields)

    def withdraw(self, ids: Sequence[str]) -> Command:
        return self._host("withdraw", stdin=list(ids))

    def still_shown(self, ids: Sequence[str]) -> Command:
        """What the live slot does with each of these items."""
        port = str(self.environment.public_port)
        return self._host("still-shown", "--port", port, stdin=list(ids), local=True)

    def prune(
        self,
        releases: Sequence[str],
        images: Sequence[str],
        fence: int,
        settings: Sequence[str] = (),
    ) -> Command:
        keep = {"releases": list(releases), "images": list(images), "settings": list(settings)}
        assume = '{"releases": [], "bytes": 0}'
        return self._host("prune", *_fence(fence), stdin=keep, timeout=300, assume=assume)

    def forget_images(self, keep: Sequence[str], fence: int) -> Command:
        options = (*_fence(fence), "--site", self.environment.site)
        assume = '{"images": []}'
        return self._host("forget-images", *options, stdin=list(keep), timeout=300, assume=assume)

    def make_directories(self) -> Command:
        return self._host("make")

    def router_config(self, text: str) -> Command:
        return self._host("config", stdin=text.encode(), assume='{"changed": true}')

    def _container(self, colour: str) -> str:
        return container_name(self.environment, colour)

    def _place(self, name: str) -> dict[str, Any]:
        """Where to ask: the public's port, a slot, or a slot through the router's preview."""
        if name == "public":
            return {"name": name, "port": self.environment.public_port}
        if name.startswith("preview-"):
            headers = {"X-Slot": name.partition("-")[2]}
            return {"name": name, "port": self.environment.preview, "headers": headers}
        return {"name": name, "port": self.environment.port_of(name)}

    def _engine(self, fence: int, patience: float, *words: str) -> Command:
        """Have the Docker engine do something to a slot, if this rollout still holds the lock."""
        options = (*_fence(fence), "--patience", str(patience), "--", "docker", *words)
        return self._host("engine", *options, timeout=patience + 10)

    def _host(
        self,
        verb: str,
        *options: str,
        stdin: Any = None,
        changes: bool = True,
        timeout: float = 60,
        assume: str = "{}",
        local: bool = False,
    ) -> Command:
        """A verb of the host programs; `stdin` is sent as it is, or as JSON.

        `local`: it changes nothing, but only makes sense once others did.
        """
        if stdin is None:
            stdin = b""
        elif not isinstance(stdin, bytes):
            stdin = json.dumps(stdin).encode()
        argv = ("python3", "-IS", self.program, self.root, verb, *options)
        return Command(argv, stdin, changes or local, timeout, assume)


def carried(command: Command) -> Command:
    """The same command of a host that has no programs: it brings them, and leaves nothing there.

    They come before what the command reads, and lie in memory while it runs.
    """
    programs = host_programs().content
    load = (
        "import os, runpy, sys; programs = os.memfd_create('programs'); "
        "file = os.fdopen(programs, 'wb', closefd=False); "
        f"file.write(sys.stdin.buffer.read({len(programs)})); file.close(); "
        "runpy.run_path(f'/proc/self/fd/{programs}')"
    )
    argv = ("python3", "-ISc", load, *command.argv[3:])
    return replace(command, argv=argv, stdin=programs + command.stdin)


def _fence(fence: int) -> tuple[str, str]:
    return "--fence", str(fence)


def _named(name: str, value: str) -> tuple[str, ...]:
    return (name, value) if value else ()


def _flag(name: str, is_set: bool) -> tuple[str, ...]:
    return (name,) if is_set else ()
