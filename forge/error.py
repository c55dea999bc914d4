"""Here is what the forge cannot do: give me the sentence that says what to do."""

from __future__ import annotations

from release_format.program import NO, ProgramError


class ForgeError(ProgramError):
    """Git or GitHub did not do what was asked (exit code 3), or `exit_code` says whose move it is."""


def refuse(text: str) -> ForgeError:
    """A no of the line's policy: the sentence says which rule and what to do."""
    return ForgeError(text, NO)
