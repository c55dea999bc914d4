"""The registry of all settings: every SEARCHBAR_ and FORGE_ variable, and who reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from release_format.config.forge import ForgeSettings
from release_format.config.line import LineSettings
from release_format.config.server import ServerSettings
from release_format.config.setting import Setting, settings_of, values_of
from release_format.config.table import ConfigError, refuse_unknown

T = TypeVar("T")


class Group(NamedTuple):
    """Settings that are read together."""

    kind: type[Any]
    prefix: str
    program: str


GROUPS = (
    Group(ServerSettings, "SEARCHBAR_", "searchbar"),
    Group(LineSettings, "SEARCHBAR_", ""),
    Group(ForgeSettings, "FORGE_", "forge"),
)
PREFIXES = ("SEARCHBAR_", "FORGE_")


def settings_in(kind: type[Any]) -> list[Setting]:
    """The settings of one group, in the order of its fields."""
    group = next(group for group in GROUPS if group.kind is kind)
    return settings_of(group.kind, group.prefix, group.program)


def read_settings(kind: type[T], environment: Mapping[str, str] = os.environ) -> T:
    """The settings of one group. Names that no program knows are refused, whatever their group.

    Raises:
        ConfigError: naming the variable that is unknown, or whose value cannot be.
    """
    check_environment(environment)
    return settings_unchecked(kind, environment)


def check_environment(environment: Mapping[str, str] = os.environ) -> None:
    """Refuse a SEARCHBAR_ or FORGE_ name that no program knows, or a text that cannot be printed.

    Raises:
        ConfigError: naming it.
    """
    every = [setting for group in GROUPS for setting in settings_in(group.kind)]
    variables = [setting.variable for setting in every]
    for prefix in PREFIXES:
        known = [variable for variable in variables if variable.startswith(prefix)]
        names = [name for name in environment if name.startswith(prefix)]
        where, what = "in the environment, ", " is no setting"
        refuse_unknown(names, known, where, what, len(prefix))
    for setting in every:
        text = "" if setting.is_secret else environment.get(setting.variable, "")
        if control := re.search(r"[\x00-\x1f\x7f-\x9f]", text):
            raise ConfigError(
                f"{setting.variable} has the control character {control[0]!r}. Leave it out."
            )


def settings_unchecked(kind: type[T], environment: Mapping[str, str] = os.environ) -> T:
    """The settings of one group, whatever else the environment has.

    Those of the line are texts, so that a program's frame can read them before anything is checked.
    """
    prefix = next(group.prefix for group in GROUPS if group.kind is kind)
    return values_of(kind, prefix, environment)


def help_text(kind: type[Any]) -> str:
    """Every setting of a group with its default and its sentence, for the console."""
    lines = (
        f"  {setting.variable:<27} {setting.default or '–':<12} {setting.sentence}"
        for setting in settings_in(kind)
    )
    return "settings (environment):\n" + "\n".join(lines)
