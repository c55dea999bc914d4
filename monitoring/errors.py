"""The error class of this package."""

from __future__ import annotations

from release_format.exit_codes import ProgramError


class MonitoringError(ProgramError):
    """The log cannot be read, or says nothing of what was asked."""
