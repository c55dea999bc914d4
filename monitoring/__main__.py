"""The command line of monitoring: does what people ask still fit what is live?"""

from __future__ import annotations

import sys

from release_format.cli import Program, run_program

PROGRAM = Program(
    "monitoring",
    "Read the query log beside what is live.",
    {
        "drift": "do people still ask, and find, what they did in the windows before?",
        "rotate": "write old parts of the query log as Parquet, and delete expired ones",
        "forget": "delete questions from the query log",
        "replay": "does its release still answer a logged request so, and what does live answer?",
        "alarm": "what a drift verdict found, as the evidence of a pull request",
        "propose": "propose judgments from clicks, thumbs and questions without an answer",
        "report": "what was asked in a week and how it went, as a page and a message",
    },
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(run_program("monitoring", main))
