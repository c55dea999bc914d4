"""Verbs, flags and exit codes that README and docs name are those of the programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from release_format.cli import Parser, Program
from release_format.exit_codes import COULD_NOT_TELL, NO, USAGE, YES
from tests.conftest import ROOT

PACKAGES = ("data_checks", "index_builder", "searchbar", "monitoring", "deployer", "forge")
PROGRAMS: dict[str, Program] = {
    name: import_module(f"{name}.__main__").PROGRAM for name in PACKAGES
}
# A change log tells of what was.
DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if path.name != "CHANGELOG.md"
)
TYPED = re.compile(
    r"(?:python -m (\w+)|(?<![\w/.])(index_builder|deployer)) +([a-z][a-z-]*)([^`\n]*)"
)
MAKE = re.compile(r"(?:`|^(?:\$ )?(?:sudo )?)make ([a-z][a-z-]*)((?: +[A-Z_]+=\S*)*)", re.MULTILINE)


def flags(program: Program, verb: str) -> set[str]:
    """Every option of a verb."""
    parser = Parser()
    command = import_module(f"{program.package}.commands.{verb.replace('-', '_')}")
    command.add_arguments(parser)
    return set(re.findall(r"--[a-z][a-z-]*", parser.format_help()))


def lines(document: Path) -> Iterator[tuple[str, str, set[str]]]:
    """The program, the verb and the flags of each line that a document shows."""
    text = document.read_text(encoding="utf-8")
    for module, bare, verb, rest in TYPED.findall(text):
        typed = re.split(r" #|\||;|&&", rest)[0]
        if (program := module or bare) in PROGRAMS and (module or "--" in typed):
            yield program, verb, set(re.findall(r"--[a-z][a-z-]*", typed))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_verb_and_flag_of_a_line_is_one_of_its_program(document: Path) -> None:
    for package, verb, named in lines(document):
        program = PROGRAMS[package]
        assert verb in program.verbs, f"{document.name}: {package} has no {verb}"
        unknown = named - flags(program, verb)
        assert not unknown, f"{document.name}: {package} {verb} has no {', '.join(unknown)}"


def test_lines_with_flags_are_found() -> None:
    shown = [line for document in DOCUMENTS for line in lines(document) if line[2]]
    assert len(shown) >= 10


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_make_line_names_a_verb_and_variables_of_the_makefile(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z][a-z -]*):(?!=)", makefile, re.MULTILINE))
    verbs = {verb for names in verbs for verb in names.split()}
    for verb, variables in MAKE.findall(document.read_text(encoding="utf-8")):
        assert verb in verbs, f"{document.name}: make has no {verb}"
        for name in re.findall(r"([A-Z_]+)=", variables):
            assert re.search(rf"\$+[({{](?:value )?{name}\b|\b{name} \?=", makefile), (
                f"{document.name}: make {verb} reads no {name}"
            )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_exit_code_that_is_named_is_one_of_ours(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"\bexit(?:s with| code| with|s)? (\d+)|\bends with (\d+)", text)
    assert {int(a or b) for a, b in named} <= {YES, NO, USAGE, COULD_NOT_TELL}


def test_every_verb_of_the_one_command_is_a_program_s() -> None:
    verbs = {verb for program in PROGRAMS.values() for verb in program.verbs}
    text = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`searchbar ([a-z][a-z-]*)`", text))
    assert named
    assert named <= verbs
