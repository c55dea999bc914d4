"""The command line of the data gate: admit a catalogue, compare two snapshots, or pull one here."""

from __future__ import annotations

import sys

from release_format.cli import Program, run_program

PROGRAM = Program(
    "data_checks",
    "Admit a catalogue, compare two snapshots of it, or pull it here.",
    {
        "admit": "catalogue → sealed snapshot, if the data gate says yes",
        "diff": "what came, went and changed between two snapshots",
        "pull": "bring a catalogue here, whole or not at all, and pin it",
    },
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(run_program("data_checks", main))
