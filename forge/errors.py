"""The forge's one error class: a sentence that ends with what to do, and an exit code."""

from __future__ import annotations

from release_format.exit_codes import NO, ProgramError


class ForgeError(ProgramError):
    """Git, GitHub or GitLab did not do its part (exit code 3), or `exit_code` says who must act."""


def refuse(text: str) -> ForgeError:
    """A no of the line's policy: the sentence says which rule and what to do."""
    return ForgeError(text, NO)
