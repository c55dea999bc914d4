"""The error class of this package."""

from __future__ import annotations

from release_format.exit_codes import ProgramError


class CatalogueError(ProgramError):
    """The catalogue, or something that belongs to it, cannot be read or used."""
