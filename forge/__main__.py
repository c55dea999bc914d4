"""Command line of the forge."""

from __future__ import annotations

import sys

from release_format.cli import Program, run_program
from release_format.config.forge import ForgeSettings
from release_format.config.registry import help_text

DESCRIPTION = """\
Give people a pull request, a comment, a page or a message about what the line did.

{settings}

example:
  python -m forge check-branch --branch feature/synonyms --into stage"""

PROGRAM = Program(
    "forge",
    DESCRIPTION.format(settings=help_text(ForgeSettings)),
    {
        "propose": "put what is new here on a rolling branch, with one pull request",
        "alarm": "open or update the one pull request of an alarm, from its evidence",
        "comment": "write the one comment of a pull request (or its page) and its statuses",
        "promote": "open or update the pull request from stage to prod",
        "approve": "print the pair that this commit may bring to prod, and its evidence",
        "merge": "merge a green branch of a plain git remote",
        "sweep": "print what to tell if a build of prod was lost before it began",
        "notify": "tell FORGE_NOTIFY's addresses; always ends with 0",
        "relay-alarms": "take Alertmanager's alarms, and tell FORGE_NOTIFY's addresses",
        "check-branch": "may this branch go where it wants? Prints which tests",
        "live": "print where the live release of an environment lies; nothing before the first",
    },
    lenient=["notify"],
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(run_program(PROGRAM.package, main))
