"""The one command `searchbar`, which an installation has: every verb of every program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import entry_points

from release_format.cli import Parser, Program, add_version, run_program

NAME, GROUP = "searchbar", "searchbar.programs"


def run() -> int:
    """Run the verb that was typed; returns its exit code."""
    return run_program(NAME, main)


def main(arguments: Sequence[str]) -> int:
    """Run the verb that `arguments` begin with, by the program that has it; of a verb that several
    have, the program is named before it."""
    programs = installed_programs()
    typed = arguments[0] if arguments else ""
    for program in programs:
        if typed == program.package:
            return program.main(arguments[1:], f"{NAME} {typed}")
    having = [program for program in programs if typed in program.verbs]
    if len(having) == 1:
        return having[0].main(arguments, NAME)
    parser = _parser_of(programs)
    if having:
        ways = " or ".join(f"`{NAME} {program.package} {typed}`" for program in having)
        parser.error(f"several programs have the verb {typed!r}. Type {ways}.")
    parser.parse_args(arguments)
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
    counted = Counter(verb for program in programs for verb in program.verbs)
    for program in programs:
        for verb, sentence in program.verbs.items():
            typed = verb if counted[verb] == 1 else f"{program.package} {verb}"
            subparsers.add_parser(typed, help=f"{sentence} ({program.package})")
    return parser
