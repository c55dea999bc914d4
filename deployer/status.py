"""Status of an environment, for a person and for a machine: what is live where, and how well."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from deployer.fleet import by_host
from deployer.owed.record import OwedAct
from deployer.state import OTHER_ROUTER, HostState, Pair, Slot
from release_format.exit_codes import COULD_NOT_TELL, NO, YES
from release_format.listing import listed
from release_format.store.base import Channel

# How much of one value of the journal is shown, and how many of a list.
LONGEST_VALUE, MOST_VALUES, MOST_ENTRIES = 60, 3, 4
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,52}\b")


@dataclass(frozen=True)
class LastChange:
    """Who brought about what is live, by which act, on what grounds, and from which commit."""

    act: str
    by: str
    grounds: Sequence[str] = ()
    commit: str = ""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> LastChange | None:
        """By the record of a certificate; None where there is none."""
        if not record:
            return None
        grounds = record.get("grounds")
        told = [str(each) for each in grounds] if isinstance(grounds, list) else []
        names = (str(record.get(name) or "") for name in ("act", "by", "commit"))
        act, by, commit = names
        return cls(act or "a change", by or "nobody knows whom", told, commit)

    def as_lines(self) -> list[str]:
        """Two lines for a person, or three."""
        lines = [f"  {self.act} by {self.by}"]
        if self.commit:
            lines.append(f"  from commit {self.commit[:12]}")
        return lines + [f"  because {ground}" for ground in self.grounds]


@dataclass(frozen=True)
class EnvironmentStatus:
    """What is live where, and what is to be done about it.

    `unreachable` are the hosts that do not answer, each with a sentence; `owed` is what hosts
    still have to do; `left_out` are the hosts that the last rollback left as they were, with why;
    `last` is what made live what is.
    """

    environment: str
    states: Mapping[str, HostState]
    channel: Channel | None = None
    unreachable: Mapping[str, str] = field(default_factory=dict)
    owed: Sequence[OwedAct] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    last: LastChange | None = None

    @property
    def is_well(self) -> bool:
        """Whether every host answers, owes nothing and serves one and the same pair, and nothing
        is odd."""
        pairs = {_served(state.live) for state in self.states.values()}
        return (
            not (self.unreachable or self.mixed or self._owed_here())
            and len(pairs) == 1
            and all(state.live and state.serves(state.live.pair) for state in self.states.values())
        )

    @property
    def exit_code(self) -> int:
        """Could not tell, where a host does not answer."""
        if self.unreachable:
            return COULD_NOT_TELL
        return YES if self.is_well else NO

    @property
    def mixed(self) -> str:
        """Which hosts serve different pairs, or may, and what to type; "" where none do."""
        lives = {h: state.live for h, state in self.states.items() if state.live}
        differ = len({_served(live) for live in lives.values()}) > 1
        silent = [host for host in self.left_out if host in self.unreachable]
        behind = [host for host in self.left_out if differ or host in silent]
        if not (differ or silent):
            return ""
        place = f"--environment {self.environment}"
        live = by_host({host: slot.short() for host, slot in lives.items()}) or "no host answers"
        if behind:
            return (
                f"the last rollback left out {', '.join(behind)} ({live}). Once they answer,"
                f" `python -m deployer rollback {place}` takes them back too"
            )
        again = (
            f"roll out {self._switched_to()} again, or roll back" if self.channel else "roll out"
        )
        return f"the hosts serve different pairs ({live}); {again}"

    def _switched_to(self) -> str:
        return Pair(self.channel.release, self.channel.image).short() if self.channel else ""

    def _owed_here(self) -> list[OwedAct]:
        """What is owed by hosts that are still in hosts.toml."""
        return [act for act in self.owed if act.host in (*self.states, *self.unreachable)]

    def as_record(self) -> dict[str, Any]:
        """The status for a machine."""
        return {
            "environment": self.environment,
            "well": self.is_well,
            "channel": asdict(self.channel) if self.channel else None,
            "last": asdict(self.last) if self.last else None,
            "mixed": self.mixed,
            "unreachable": dict(self.unreachable),
            "owed": [asdict(act) for act in self.owed],
            "hosts": {
                host: {
                    **asdict(state),
                    "idle_colour": state.idle_colour,
                    "standby": state.stand_in is not None,
                }
                for host, state in self.states.items()
            },
        }

    def as_lines(self) -> list[str]:
        """The status for a person."""
        lines = [f"{self.environment}: {'well' if self.is_well else 'NOT WELL'}"]
        if self.channel:
            lines.append(f"  last switched to {self._switched_to()} at {self.channel.since}")
            lines += self.last.as_lines() if self.last else ()
            lines += [f"  held: {release[:12]}" for release in self.channel.hold]
        if mixed := self.mixed:
            lines.append(f"  MIXED: {mixed}")
        here = self._owed_here()
        for act in self.owed:
            where = "" if act in here else ", which is not in hosts.toml"
            lines.append(f"  owed by {act.host}{where}: {act.sentence()}")
        for host, why in self.unreachable.items():
            lines += [f"{host}: NO ANSWER", f"  {why}"]
        for state in self.states.values():
            lines += _host(state)
        return lines


def _host(state: HostState) -> list[str]:
    lines = [f"{state.host}:"]
    if not state.prepared:
        return [*lines, "  not prepared: run `make prepare`"]
    if state.unknown:
        lines.append("  live  nobody can tell")
    else:
        since = f" since {state.since}" if state.since else ""
        lines.append(f"  live  {_slot(state.live_colour, state.live, state)}{since}")
        lines.append(f"  idle  {_slot(state.idle_colour, state.idle, state)}{_standing(state)}")
    if not state.router_is_current:
        lines.append(f"  router  {OTHER_ROUTER}")
    if state.lock:
        holder, purpose, since = (_told(state.lock, n) for n in ("holder", "purpose", "since"))
        lines.append(f"  lock  {holder}, {purpose}, since {since}")
    if state.frozen:
        by, since, why = (_told(state.frozen, name) for name in ("by", "since", "why"))
        lines.append(f"  frozen by {by} since {since}: {why}")
    if state.pending:
        guarded = "guarded" if state.pending.get("guarded") else "NOT guarded"
        lines.append(f"  a switch waits for its confirmation ({guarded})")
    if state.withdrawn:
        lines.append(f"  withdrawn items: {len(state.withdrawn)}")
    if state.withdrawn_why:
        lines.append(f"  ODD: {state.withdrawn_why}")
    lines += [f"  ODD: {sentence}" for sentence in state.drift]
    if entries := list(state.journal)[-MOST_ENTRIES:]:
        lines.append("  lately (more in its journal.jsonl):")
        lines += [f"    {entry.get('at')}  {_entry(entry)}" for entry in entries]
    return lines


def _slot(colour: str, slot: Slot | None, state: HostState) -> str:
    if slot is None:
        return f"{colour:<5} empty"
    health = "up" if colour in state.seen_up else "running, not up" if slot.running else slot.why
    restarts = f", {slot.restarts} restarts" if slot.restarts else ""
    return f"{colour:<5} {slot.short()}, {health}{restarts}"


def _served(slot: Slot | None) -> tuple[Pair, str] | None:
    """What the public is served by: a pair and its settings."""
    return (slot.pair, slot.settings) if slot else None


def _standing(state: HostState) -> str:
    """What the idle slot is good for."""
    if state.idle and not state.has_files(state.idle):
        return ", files of its release are gone: neither stands by nor can be gone back to"
    return ", stands by" if state.stand_in else ""


def _told(record: Mapping[str, Any], name: str) -> str:
    """A value of a host's record; older programs may have written less."""
    return str(record.get(name) or "not written down")


def _entry(entry: Mapping[str, Any]) -> str:
    """An act of a host's journal in words."""
    fields = {name: value for name, value in entry.items() if name not in ("at", "event")}
    told = _value(fields)
    return f"{entry.get('event')}{told and f': {told}'}"


def _value(value: Any) -> str:
    """A value in words: digests by their beginning, and what is left out shown by a sign."""
    if isinstance(value, Mapping):
        pairs = (f"{name} {_value(each)}" for name, each in value.items())
        return ", ".join(pair for pair in pairs if not pair.endswith(" "))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return listed([_value(each) for each in value], MOST_VALUES)
    text = " ".join(_DIGEST.sub(r"\1", "" if value is None else str(value)).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
