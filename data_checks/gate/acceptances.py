"""Acceptances: findings that a named person lets pass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from release_format.config.table import (
    Checked,
    Text,
    matching,
    read_entries,
    refuse_unknown,
    table,
)

ACCEPTED = "accepted.toml"


def _as_copied(id: str) -> str:
    """An id as people copy it: spaces around it and capitals do not count."""
    return id.strip().lower()


@table
class Acceptance:
    """A named person lets one condition pass for one snapshot."""

    snapshot: Annotated[
        str,
        Checked(_as_copied),
        matching("[0-9a-f]{12,64}", "at least 12 characters of a snapshot's id"),
    ]
    condition: str
    by: Text
    because: Text


def read_acceptances(path: Path | None, conditions: Mapping[str, Any]) -> list[Acceptance]:
    """The acceptances of a catalogue; none when there is no such file.

    Raises:
        ConfigError: the file says something that cannot be.
    """
    acceptances = read_entries(path, "accepted", Acceptance) if path else []
    accepted = [acceptance.condition for acceptance in acceptances]
    refuse_unknown(accepted, conditions, f"{path}: ", " is no condition")
    return acceptances
