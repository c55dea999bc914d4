"""Documentation can fail: links, verbs, help and settings are what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from release_format import exit_codes
from release_format.config.page import PAGE, rendered
from release_format.config.registry import GROUPS, settings_in

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(p for p in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
VERBS = set(
    re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
PROGRAMS = {
    "data_checks": ["pull", "admit", "diff"],
    "index_builder": ["build", "evaluate", "compare", "ledger"],
    "searchbar": ["serve", "ask", "batch", "releases"],
    "deployer": ["push", "rollout", "rollback", "status", "prepare", "prune"],
    "forge": ["propose", "comment", "promote", "notify", "check-branch"],
}


def tokens(document: Path) -> Iterator[Token]:
    for block in (
        MarkdownIt("commonmark").enable("table").parse(document.read_text(encoding="utf-8"))
    ):
        yield block
        yield from block.children or []


def links(document: Path) -> list[str]:
    found = [
        str(t.attrs.get("href") or t.attrs.get("src"))
        for t in tokens(document)
        if t.type in ("link_open", "image")
    ]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(document: Path) -> set[str]:
    seen = list(tokens(document))
    headings = [t.content for before, t in pairwise(seen) if before.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in links(document):
        name, _, anchor = link.partition("#")
        target = (document.parent / name) if name else document
        assert target.exists(), f"{document.name} links to {link}, which is not there"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), (
                f"{document.name} links to {link}, and there is no such heading"
            )


@pytest.mark.parametrize(
    ("program", "verb"), [(p, v) for p, verbs in PROGRAMS.items() for v in verbs]
)
def test_every_verb_has_a_help_with_an_example(program: str, verb: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", program, verb, "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "example" in done.stdout
    assert "exit codes" in done.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_wrong_usage_exits_2_in_one_line_that_says_what_to_do(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", program, "nonsense"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_benchmark_that_a_document_names_is_there() -> None:
    for document in DOCUMENTS:
        for name in re.findall(r"benchmarks/\w+\.\w+", document.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{document.name} names {name}, which is not there"


def test_the_exit_codes_that_the_index_explains_are_those_of_the_programs() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    explained = {int(code) for code in re.findall(r"^\| exit (\d)", index, re.MULTILINE)}
    assert explained == {exit_codes.NO, exit_codes.USAGE, exit_codes.COULD_NOT_TELL}


def test_every_make_verb_is_in_make_help() -> None:
    told = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    inner = {"test-packages", "image-contents"}
    assert {verb for verb in VERBS - inner if f"make {verb}" not in told} == set()


def test_the_page_of_settings_is_what_the_registry_says() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert rendered(text) == text, "type `make settings`"


def source_files() -> Iterator[Path]:
    """What git holds and a person reads, but for tests and history."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    kinds = {".py", ".md", ".toml", ".yaml", ".yml", ".sh", ""}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if not name.startswith(("tests/", "CHANGELOG")) and path.suffix in kinds and path.is_file():
            yield path


def test_every_variable_that_a_file_names_is_in_the_registry() -> None:
    """A name in the code, the docs or the line's files that no registry knows is a slip."""
    known = {setting.variable for group in GROUPS for setting in settings_in(group.kind)}
    names = {
        name
        for path in source_files()
        for name in re.findall(r"\b(?:SEARCHBAR|FORGE)_[A-Z_]*[A-Z]\b", path.read_text())
    }
    assert names - known == set()
