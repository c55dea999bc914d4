"""Settings that a slot's server is started with: names and values, and which may be given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from release_format.config.refusal import shown
from release_format.config.registry import read_settings, settings_in
from release_format.config.server import ServerSettings
from release_format.config.table import ConfigError, refuse_unknown
from release_format.secrets.secret import Secret

PREFIX = "SEARCHBAR_"
# What the deployer sets itself, each with what is to be done about it.
ITS_OWN = {
    "SEARCHBAR_HOST": "`blue` and `green` in hosts.toml say where a slot listens.",
    "SEARCHBAR_PORT": "`blue` and `green` in hosts.toml say where a slot listens.",
    "SEARCHBAR_TRUSTED_PROXIES": "`forwarded` in hosts.toml says who may name a visitor.",
    "SEARCHBAR_IMAGE": "It is the image that is rolled out.",
    "SEARCHBAR_WITHDRAWN": "`withdraw` writes that list.",
    "SEARCHBAR_QUESTIONS": "Every slot of a host logs to the same file.",
}
# Docker reads its file line by line, and no line that is longer than 64 KiB.
LONGEST = 32_768
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class SlotSettings:
    """SEARCHBAR_ names and their values, none of which ever shows itself; `origin` has them."""

    values: Mapping[str, Secret] = field(default_factory=dict)
    origin: str = ""

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def names(self) -> list[str]:
        return sorted(self.values)

    def reveal(self) -> dict[str, str]:
        """The values as they are, for the host and nobody else."""
        return {name: self.values[name].reveal() for name in self.names}


def checked(pairs: Iterable[tuple[str, str]], origin: str) -> SlotSettings:
    """Settings that a server starts with.

    Args:
        pairs: names and values as they were found; a line's end behind a value does not count.
        origin: where they were found, for refusals, which never show a secret.

    Raises:
        ConfigError: a name is none of the server's, stands twice, or is the deployer's own; or a
            value cannot be.
    """
    values: dict[str, str] = {}
    known = [setting.variable for setting in settings_in(ServerSettings)]
    for name, value in pairs:
        if name in ITS_OWN:
            raise ConfigError(f"{origin}: the deployer sets {name}. {ITS_OWN[name]} Take it out.")
        refuse_unknown([name], known, f"{origin}: ", " is no setting of the server", len(PREFIX))
        if name in values:
            raise ConfigError(f"{origin}: {name} stands twice. Take one out.")
        values[name] = _line(value.rstrip("\r\n"), f"{origin}: {name}")
    try:
        settings = read_settings(ServerSettings, values)
    except ConfigError as error:
        raise ConfigError(f"{origin}: {error}") from error
    if settings.key_for == "all":
        raise ConfigError(
            f"{origin}: SEARCHBAR_KEY_FOR=all closes the search to the traffic gate and the guard,"
            " which ask as visitors do. Leave it out, and put a proxy that asks for a key before"
            " the router."
        )
    return SlotSettings({name: Secret(value) for name, value in values.items()}, origin)


def _line(value: str, place: str) -> str:
    """A value that is one line of a file."""
    if control := _CONTROL.search(value):
        raise ConfigError(
            f"{place} holds {shown(control[0])}: a value is one line. Take it out, or have the"
            " server read a file (SEARCHBAR_KEY_FILE)."
        )
    if len(value.encode()) > LONGEST:
        raise ConfigError(f"{place} is longer than {LONGEST:,} bytes. Shorten it.")
    return value
