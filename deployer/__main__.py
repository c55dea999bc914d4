"""Command line of the deployer."""

from __future__ import annotations

import sys

from release_format.cli import Program, run_program

PROGRAM = Program(
    "deployer",
    "Make a sealed release and an image live, or say what is.",
    {
        "push": "push an image to a registry, tagged by its commit",
        "rollout": "make a release, served by an image, live",
        "rollback": "one switch back to what was live before, and hold what is left",
        "status": "what is live where, and whether it is well",
        "prepare": "make stock machines ready, again without harm",
        "prune": "free what no slot uses and no policy keeps",
        "prune-store": "tell what nothing keeps in the store, and remove it with --remove",
        "freeze": "forbid rollouts (not rollbacks) until --off",
        "unhold": "free a release that a rollback held",
        "withdraw": "take items out of the live answers at once, and keep them out",
    },
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(run_program("deployer", main))
