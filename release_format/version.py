"""The version of the program, which stands in pyproject.toml alone."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

DISTRIBUTION = "searchbar"
UNKNOWN = "unknown"
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


@cache
def version() -> str:
    """The version of this code: a checkout's own, else that of the installed distribution.

    The checkout comes first: what is installed beside it may be another version.
    """
    # Loading it takes longer than everything else that most verbs need.
    from importlib import metadata

    if own := _version_in(PYPROJECT):
        return own
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return UNKNOWN


def _version_in(pyproject: Path) -> str:
    """The version that a checkout's file names; "" where this is none, or not ours."""
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        return str(project["version"]) if project["name"] == DISTRIBUTION else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
