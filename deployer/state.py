"""State of a host, read from its facts: its slots, which one is live, and what is odd."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deployer.errors import RolloutError
from release_format.untrusted_json import parse_json

COLOURS = ("blue", "green")
OTHER_ROUTER = (
    "the router's configuration is not the one that this program and hosts.toml make. Run `make"
    " prepare`: it reloads the router, which a rollout never does."
)


@dataclass(frozen=True)
class Pair:
    """What is rolled out: a release and the image that serves it."""

    release: str
    image: str

    def short(self) -> str:
        return f"{self.release[:12]} in image {self.image.rpartition(':')[2][:12]}"


@dataclass(frozen=True)
class Slot:
    """One of a host's two places for a server, with the pair that is in it."""

    colour: str
    pair: Pair
    running: bool
    started: str = ""
    restarts: int = 0
    resident: int = 0
    why: str = ""
    settings: str = ""

    def short(self) -> str:
        """Its pair, and the settings that its server was started with."""
        return (
            f"{self.pair.short()}{f' with settings {self.settings[:6]}' if self.settings else ''}"
        )


@dataclass(frozen=True)
class HostState:
    """One host as it answered.

    `image_formats` are those of releases that the image asked about says it reads, like `1-3`.
    `engine_why` says why its Docker engine told nothing. `unknown` says why nobody can tell what
    stands in which slot and which one is live; then an empty slot here means nothing. `releases`
    are those of which every file is there. `since` and `now` are by the host's own clock. `drift`
    says, in sentences, where map file, router and containers disagree. Settings are named by what
    their file on the host is called, "" for none; `left_settings` are those that `left` ran with.
    `went_back`: what was confirmed last was a rollback.
    """

    host: str
    prepared: bool
    live_colour: str
    standby: bool
    slots: Mapping[str, Slot]
    seen_up: Sequence[str]
    router_runs: bool
    router_is_current: bool
    disk_free: int
    memory_available: int
    releases: Sequence[str]
    has_image: bool
    image_formats: str
    since: str
    now: str
    left: Pair | None
    lock: Mapping[str, Any]
    frozen: Mapping[str, Any]
    pending: Mapping[str, Any]
    withdrawn: Sequence[str]
    withdrawn_why: str
    journal: Sequence[Mapping[str, Any]]
    drift: Sequence[str]
    engine_why: str = ""
    unknown: str = ""
    left_settings: str = ""
    went_back: bool = False

    @property
    def idle_colour(self) -> str:
        return other(self.live_colour)

    @property
    def live(self) -> Slot | None:
        return self.slots.get(self.live_colour)

    @property
    def idle(self) -> Slot | None:
        return self.slots.get(self.idle_colour)

    @property
    def stand_in(self) -> Slot | None:
        """The slot that the router may let stand in for live, if it could do so."""
        idle = self.idle if self.standby else None
        return idle if idle and idle.running and self.has_files(idle) else None

    @property
    def settings_in_use(self) -> list[str]:
        """The settings that a slot runs with, or that a rollback would start one with."""
        used = {slot.settings for slot in self.slots.values()} | {self.left_settings}
        return sorted(used - {""})

    def settings_of(self, pair: Pair) -> str:
        """What this pair ran with here last; where nobody knows, what runs now."""
        if self.left == pair:
            return self.left_settings
        slots = [slot for slot in (self.idle, self.live) if slot and slot.pair == pair]
        return next((slot.settings for slot in slots), self.live.settings if self.live else "")

    def has_files(self, slot: Slot) -> bool:
        """Whether the slot's release is whole here, so that it can be started again."""
        return slot.pair.release in self.releases

    @property
    def shows_nothing(self) -> bool:
        """Whether it is known that the public reaches no slot here."""
        return not (self.unknown or self.live or (self.standby and self.idle))

    def serves(self, pair: Pair) -> bool:
        """Whether the public reaches exactly this pair here, with nothing odd."""
        live = self.live
        healthy = (
            live is not None
            and live.running
            and live.pair == pair
            and self.live_colour in self.seen_up
        )
        return bool(healthy and not self.drift and not self.pending)


def other(colour: str) -> str:
    """The other colour."""
    return COLOURS[1 - COLOURS.index(colour)]


def read_state(host: str, facts: Mapping[str, Any], *, router_config: str = "") -> HostState:
    """A host's facts as a state; pure.

    `router_config` is the digest of the configuration that it should have.
    """
    route, router = facts.get("route", {}), facts.get("router", {})
    live, _, standby = str(route.get("live", "")).partition("-")
    slots = {colour: _slot(colour, raw) for colour, raw in facts.get("containers", {}).items()}
    record = facts.get("slots", {})
    return HostState(
        host=host,
        prepared=bool(facts.get("prepared")),
        live_colour=live if live in COLOURS else "blue",
        standby=bool(standby),
        slots=slots,
        seen_up=list(router.get("up", ())),
        router_runs=bool(router.get("running")),
        router_is_current=router_config in ("", facts.get("router_config")),
        disk_free=int(facts.get("disk_free", 0)),
        memory_available=int(facts.get("memory_available", 0)),
        releases=list(facts.get("releases", ())),
        has_image=bool(facts.get("has_image")),
        image_formats=str(facts.get("image_formats", "")),
        since=str(record.get("since", "")),
        now=str(facts.get("now", "")),
        left=_left(record.get("left")),
        lock=dict(facts.get("lock", {})),
        frozen=dict(facts.get("frozen", {})),
        pending=dict(facts.get("pending", {})),
        withdrawn=list(facts.get("withdrawn", ())),
        withdrawn_why=str(facts.get("withdrawn_why", "")),
        journal=[entry for line in facts.get("journal", ()) if (entry := _entry(line))],
        drift=_drift(facts, live, slots),
        engine_why=str(facts.get("docker_why", "")),
        unknown=str(facts.get("docker_why") or route.get("why") or ""),
        went_back=record.get("act") == "rollback",
        left_settings=str((record.get("left") or {}).get("settings", "")),
    )


def check_known(states: Iterable[HostState]) -> None:
    """Check that of each host somebody can tell what is live: that is no host on which nothing is.

    Raises:
        RolloutError: of one nobody can.
    """
    for state in states:
        if state.unknown:
            raise RolloutError(f"{state.host}: nobody can tell what is live there: {state.unknown}")


def _left(raw: Mapping[str, Any] | None) -> Pair | None:
    return Pair(str(raw["release"]), str(raw["image"])) if raw else None


def _slot(colour: str, raw: Mapping[str, Any]) -> Slot:
    why = "killed for memory" if raw["out_of_memory"] else f"ended with {raw['exit_code']}"
    return Slot(
        colour=colour,
        pair=Pair(str(raw["release"]), str(raw["image"])),
        running=bool(raw["running"]),
        started=raw["started"],
        restarts=int(raw["restarts"]),
        resident=int(raw["bytes"]),
        why="" if raw["running"] else why,
        settings=str(raw.get("settings", "")),
    )


def _entry(line: str) -> Mapping[str, Any] | None:
    try:
        entry = parse_json(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _drift(facts: Mapping[str, Any], live: str, slots: Mapping[str, Slot]) -> list[str]:
    route, router, record = facts.get("route", {}), facts.get("router", {}), facts.get("slots", {})
    drift = []
    if "why" in route:
        drift.append(str(route["why"]))
    if not router.get("running"):
        drift.append("the router does not run")
    elif router.get("route") != route:
        drift.append(
            f"the map file says {route.get('live')}, the router {router['route'].get('live')}"
        )
    if facts.get("docker_why"):
        drift.append(str(facts["docker_why"]))
    elif record and live in COLOURS and not facts.get("pending"):
        drift += _live_drift(live, slots.get(live), record)
    files = facts.get("releases", ())
    if (slot := slots.get(live)) and slot.running and slot.pair.release not in files:
        drift.append(
            f"{live} is live, but files of its release are gone here: it could not start again."
            " Roll it out again"
        )
    return drift


def _live_drift(live: str, slot: Slot | None, record: Mapping[str, Any]) -> list[str]:
    if slot is None:
        return [f"{live} is live, but no container stands there"]
    if not slot.running:
        return [f"{live} is live, but its container {slot.why}"]
    confirmed = Pair(str(record.get("release")), str(record.get("image")))
    if record.get("live") != live or confirmed != slot.pair:
        was = f"{confirmed.short()} was confirmed in {record.get('live')}"
        return [f"{was}, but {slot.pair.short()} is live in {live}"]
    return []
