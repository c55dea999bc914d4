"""Settings that slots are to be started with, host by host, and what is new about them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deployer.fleet import Fleet, HostSession, by_host
from deployer.settings.difference import SettingsDifference
from deployer.settings.slot_settings import SlotSettings
from deployer.settings.source import read_slot_settings
from deployer.state import HostState, Pair


@dataclass(frozen=True)
class SettingsPlan:
    """By host the name of the settings that its slot is started with ("": none).

    A rollout also has the values `wanted`, and how they differ from what is live; a rollback takes
    what a host keeps.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    wanted: SlotSettings = field(default_factory=SlotSettings)
    differences: Mapping[str, SettingsDifference] = field(default_factory=dict)
    are_live: bool = True

    def of(self, session: HostSession) -> str:
        return self.ids.get(session.name, "")

    @property
    def id(self) -> str | None:
        """The one name that they have on every host, if they have one."""
        names = set(self.ids.values())
        return names.pop() if len(names) == 1 else None

    def sentence(self) -> str:
        """What is set, and what is new about it, by names; "" where nothing is or was set."""
        if not (self.wanted or any(self.differences.values())):
            return ""
        what = f"settings from {self.wanted.origin}: {', '.join(self.wanted.names)}"
        told = {host: difference.sentence() for host, difference in self.differences.items()}
        one = set(told.values())
        news = one.pop() if len(one) == 1 else by_host(told)
        return f"{what if self.wanted else 'no settings'} ({news})"

    def as_record(self) -> dict[str, Any]:
        """As a certificate keeps it: names, never values."""
        record: dict[str, Any] = {"id": self.id}
        if self.wanted or any(self.differences.values()):
            news = {host: difference.as_record() for host, difference in self.differences.items()}
            record |= {"from": self.wanted.origin, "names": self.wanted.names, "news": news}
        return record


def plan_settings(fleet: Fleet, states: Mapping[str, HostState]) -> SettingsPlan:
    """What the environment's source has now, beside what the live slots were started with.

    Raises:
        ConfigError, RolloutError: the source has none, or gives no answer.
    """
    wanted = read_slot_settings(fleet.environment)
    live = {host: state.live.settings if state.live else "" for host, state in states.items()}

    def compare(session: HostSession) -> SettingsDifference:
        id = live[session.name]
        if not (id or wanted):
            return SettingsDifference()
        return SettingsDifference.of(
            session.ask(session.commands.settings_difference(id, wanted.reveal()))
        )

    differences = fleet.each(compare)
    are_live = not any(differences.values()) and len(set(live.values())) == 1
    if are_live:
        return SettingsPlan(live, wanted, differences)
    # Drawn, since whatever is made from a password helps to guess it.
    id = secrets.token_hex(8) if wanted else ""
    return SettingsPlan(dict.fromkeys(live, id), wanted, differences, are_live=False)


def settings_now(states: Mapping[str, HostState]) -> SettingsPlan:
    """What the live slots run with."""
    return SettingsPlan({h: state.live.settings for h, state in states.items() if state.live})


def settings_before(states: Mapping[str, HostState], pair: Pair) -> SettingsPlan:
    """What this pair ran with on each host when it was live there last."""
    return SettingsPlan({host: state.settings_of(pair) for host, state in states.items()})
