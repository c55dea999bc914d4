"""Source of an environment's settings, as hosts.toml names it: Parameter Store or a local file."""

from __future__ import annotations

from pathlib import Path

from deployer.hosts import Environment
from deployer.settings.env_file import read_env_file
from deployer.settings.parameter_store import read_parameters
from deployer.settings.slot_settings import SlotSettings


def read_slot_settings(environment: Environment) -> SlotSettings:
    """What the slots of an environment are to be started with, as its source has it now.

    Raises:
        ConfigError: a setting cannot be, or there is none.
        RolloutError: the source gives no answer.
    """
    kind, _, place = environment.settings.partition(":")
    if kind == "ssm":
        return read_parameters(f"{place.rstrip('/')}/")
    return read_env_file(Path(place)) if kind == "file" else SlotSettings()
