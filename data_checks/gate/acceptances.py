"""Acceptances: findings that a named person lets pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_checks.errors import CatalogueError
from data_checks.toml_file import read_entries, refuse_unknown
from release_format.exit_codes import USAGE

ACCEPTED = "accepted.toml"
SHORTEST_PREFIX = 12


@dataclass(frozen=True)
class Acceptance:
    """A named person lets one condition pass for one snapshot."""

    snapshot: str
    condition: str
    by: str
    because: str


def read_acceptances(folder: Path, conditions: Mapping[str, Any]) -> list[Acceptance]:
    """The acceptances of a catalogue; none when there is no such file.

    Raises:
        CatalogueError: the file says something that cannot be.
    """
    path = folder / ACCEPTED
    acceptances = read_entries(path, "accepted", Acceptance)
    for acceptance in acceptances:
        refuse_unknown("a condition", [acceptance.condition], conditions)
        if len(acceptance.snapshot) < SHORTEST_PREFIX:
            raise CatalogueError(
                f"{path}: give at least {SHORTEST_PREFIX} characters of the snapshot"
                f" {acceptance.snapshot!r}.",
                USAGE,
            )
    return acceptances
