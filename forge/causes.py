"""Who started this Jenkins build, as its `buildCauses` say: pull requests' builds, or the line
and people."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

from forge.errors import ForgeError, refuse
from release_format.cli import Parser, run_program
from release_format.exit_codes import USAGE, YES
from release_format.untrusted_json import parse_json

VARIABLE = "STARTED_BY"
# Only the folder of pull requests has jobs of this name, and only a pull request's build runs in
# one.
_PULL_REQUEST = re.compile(r"pull-requests/PR-([1-9][0-9]{0,8})")
FOLDER = "line/"


def upstream_jobs(causes: str) -> list[str]:
    """The job behind each cause; "" for a person or the clock.

    Raises:
        ForgeError: this is no list of causes.
    """
    try:
        return [str(cause.get("upstreamProject") or "") for cause in parse_json(causes)]
    except (ValueError, TypeError, AttributeError) as error:
        raise ForgeError(
            f"{VARIABLE} is no list of causes ({error}). Give what Jenkins'"
            " currentBuild.buildCauses says.",
            USAGE,
        ) from error


def pull_requests(causes: str) -> list[int]:
    """The numbers of the pull requests whose builds asked for this one: Jenkins folds several
    askings into one.

    Raises:
        ForgeError: none did.
    """
    matches = [match for job in upstream_jobs(causes) if (match := _PULL_REQUEST.fullmatch(job))]
    if not matches:
        raise refuse(
            "no pull request's build started this. Build the pull request: it asks for its comment."
        )
    return list(dict.fromkeys(int(match[1]) for match in matches))


def check_from_line(causes: str) -> None:
    """Let the clock, people and jobs of the folder `line` start what holds the line's credentials.

    Raises:
        ForgeError: only jobs from outside of the folder asked for this.
    """
    jobs = upstream_jobs(causes)
    if not any(job == "" or job.startswith(FOLDER) for job in jobs):
        who = ", ".join(jobs) or "nobody"
        raise refuse(f"started by {who}, which is not the line. Start it by hand or by its clock.")


def main(arguments: Sequence[str]) -> int:
    parser = Parser(
        "python -m forge.causes",
        description=__doc__,
        example="python -m forge.causes pull-requests",
    )
    parser.add_argument("question", choices=("pull-requests", "from-line"))
    question, causes = parser.parse_args(arguments).question, os.environ.get(VARIABLE, "")
    if question == "from-line":
        check_from_line(causes)
    else:
        print(*pull_requests(causes))
    return YES


if __name__ == "__main__":
    sys.exit(run_program("forge", main))
