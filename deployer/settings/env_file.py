"""A local file of settings: lines NAME=value, as Docker reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deployer.settings.slot_settings import SlotSettings, checked
from release_format.config.refusal import shown
from release_format.config.table import ConfigError
from release_format.progress import say

_OF_OTHERS = 0o077


def read_env_file(path: Path) -> SlotSettings:
    """The settings of a file; empty lines and those that begin with # do not count.

    Raises:
        ConfigError: it cannot be read, a line is none, or a setting cannot be.
    """
    origin = f"file:{path}"
    try:
        text = path.read_text(encoding="utf-8-sig")
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise ConfigError(f"{origin} cannot be read ({reason}). Mend the path.") from error
    settings = checked(_lines(text, origin), origin)
    if not settings:
        raise ConfigError(f"{origin} holds no setting. Write lines NAME=value into it.")
    if "SEARCHBAR_KEY" in settings.values and mode & _OF_OTHERS:
        say(f"{origin} holds a key, and others can read it. Type `chmod 600 {path}`.")
    return settings


def _lines(text: str, origin: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not (line := line.lstrip()) or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            # What stands there may be a secret.
            raise ConfigError(f"{origin}, line {number}: there is no =. Write NAME=value.")
        if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
            raise ConfigError(
                f"{origin}, line {number}: the value of {shown(name)} stands in quotes, which would"
                " be part of it. Take them off."
            )
        yield name, value
