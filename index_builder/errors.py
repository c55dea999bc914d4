"""The error class of this package."""

from __future__ import annotations

from release_format.exit_codes import ProgramError


class BuildError(ProgramError):
    """A release that could not be built; the text says what to do."""
