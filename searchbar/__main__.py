"""The program `python -m searchbar` and its verbs."""

from __future__ import annotations

import sys

from release_format.cli import Program, run_program

NAME = "searchbar"
PROGRAM = Program(
    package=NAME,
    description="Serve a release, or ask it questions.",
    verbs={
        "serve": "answer questions over HTTP",
        "ask": "answer one question here",
        "batch": "answer a file of questions into Parquet",
        "releases": "list what can be served, the newest first",
    },
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(run_program(NAME, main))
