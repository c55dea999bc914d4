"""Plan of a rollout or rollback: which pair goes live where, and what proves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deployer.fleet import HostSession
from deployer.rollout.settings_plan import SettingsPlan
from deployer.state import HostState, Pair
from release_format.probes import Probe


@dataclass(frozen=True)
class RolloutPlan:
    """The pair, the states that hosts were in, and what the pair is proven and started with."""

    pair: Pair
    states: Mapping[str, HostState]
    probes: Sequence[Probe]
    questions: Sequence[str]
    settings: SettingsPlan = field(default_factory=SettingsPlan)
    goes_back: bool = False

    def colour(self, session: HostSession) -> str:
        """The slot that the pair goes to on this host."""
        return self.states[session.name].idle_colour
