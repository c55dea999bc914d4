"""Exit codes of every program, and the errors that carry them."""

from __future__ import annotations

from release_format.secrets.redaction import redacted

YES, NO, USAGE, COULD_NOT_TELL = 0, 1, 2, 3


EXIT_CODES = (
    "exit codes: 0 yes · 1 a gate said no · 2 wrong usage or bad configuration · 3 could not tell"
)


class ProgramError(Exception):
    """Text for the console that ends with what to do, secrets left out; `exit_code` says whose move
    it is.

    Each package derives its one error class from this.
    """

    exit_code: int = COULD_NOT_TELL

    def __init__(self, text: str, exit_code: int | None = None) -> None:
        super().__init__(redacted(text))
        if exit_code is not None:
            self.exit_code = exit_code


class UsageError(ProgramError):
    """The caller must change the command line or a configuration file."""

    exit_code = USAGE
