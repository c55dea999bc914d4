"""Standard output and error: every text can be written, and a reader may leave."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys

# The name of the error handler below.
ESCAPED = "searchbar.escaped"


def write_any_text() -> None:
    """Let no character end a run: what the terminal's encoding lacks is written as an escape.

    The escapes are JSON's, so that `--json` stays JSON on every terminal.
    """
    codecs.register_error(ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end


def leave_closed_pipes() -> None:
    """Write nowhere from now on where nobody reads, so that Python can end in peace."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            try:
                stream.flush()
            except OSError:
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
