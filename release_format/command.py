"""The one command `searchbar`, which an installation has: every verb of every program."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points

from release_format.cli import Parser, Program, add_version, run_program

NAME, GROUP = "searchbar", "searchbar.programs"


def run() -> int:
    """Run the verb that was typed; returns its exit code."""
    return run_program(NAME, main)


def main(arguments: Sequence[str]) -> int:
    """Run the verb that `arguments` begin with, by the program that has it."""
    programs = installed_programs()
    typed = arguments[0] if arguments else ""
    for program in programs:
        if typed in program.verbs:
            return program.main(arguments, NAME)
    _parser_of(programs).parse_args(arguments)
    return 0


def installed_programs() -> list[Program]:
    """The programs of this installation, as their packages name them (pyproject.toml).

    Looked up rather than imported: what travels knows none of them, and a frame of them all would
    be an arrow to each.
    """
    return [entry.load() for entry in entry_points(group=GROUP)]


def _parser_of(programs: Sequence[Program]) -> Parser:
    """What tells of every verb, and refuses what is none."""
    parser = Parser(
        prog=NAME,
        description="Admit a catalogue, build a release of it, serve it, roll it out.",
        example="searchbar admit my_products.csv && searchbar build latest"
        " && searchbar serve latest",
    )
    add_version(parser)
    subparsers = parser.add_subparsers(required=True, metavar="VERB")
    for program in programs:
        for verb, sentence in program.verbs.items():
            subparsers.add_parser(verb, help=f"{sentence} ({program.package})")
    return parser
