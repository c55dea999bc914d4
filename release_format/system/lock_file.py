"""The locks that a program reads while it runs: a checkout's, or those in an installed wheel."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).parents[2] / "locks"
# Only a wheel has this folder (pyproject.toml puts it there).
INSTALLED = Path(__file__).parents[1] / "locks"


def lock_file(name: str) -> Path:
    """Where the lock with this name lies."""
    installed = INSTALLED / name
    return installed if installed.is_file() else CHECKOUT / name
