"""Builds and judges releases: a snapshot and a recipe become a sealed release."""

from __future__ import annotations

import sys

from release_format.cli import Program, run_program

PROGRAM = Program(
    "index_builder",
    "Builds releases of snapshots, judges them, and compares them with what is live.",
    {
        "build": "snapshot, recipe → sealed release",
        "evaluate": "judged questions → nDCG, recall, MRR with intervals",
        "compare": "live, candidate → search diff and pair verdict",
        "tune": "snapshot, judged questions → a recipe that answers better",
        "ledger": "send what waits for MLflow; move an alias",
    },
)

main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(run_program(PROGRAM.package, PROGRAM.main))
