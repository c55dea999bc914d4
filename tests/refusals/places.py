"""Places that refuse or choose an exit code, found in the code of all packages, and all verbs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGES = (
    "release_format",
    "data_checks",
    "index_builder",
    "searchbar",
    "monitoring",
    "deployer",
    "forge",
)
CODES = {"YES", "NO", "USAGE", "COULD_NOT_TELL"}
PLAIN = (ast.Name, ast.Attribute, ast.IfExp)


class Place(NamedTuple):
    """A place that makes a refusal, or chooses an exit code."""

    path: str
    line: int
    function: str
    is_refusal: bool


def places(root: Path) -> list[Place]:
    """Every such place of all packages."""
    paths = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    trees = {path.relative_to(root).as_posix(): ast.parse(path.read_bytes()) for path in paths}
    kinds = {"ProgramError", "HostError"}
    while more := set().union(*(_kinds(tree, kinds) for tree in trees.values())) - kinds:
        kinds |= more
    public = {name for name in kinds if not name.startswith("_")}
    return [
        Place(path, *place)
        for path, tree in trees.items()
        for place in _places_in(tree, "", public | _kinds(tree, kinds))
    ]


def _kinds(tree: ast.AST, kinds: set[str]) -> set[str]:
    """The classes that derive from one of these kinds, and the functions that return one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            uses = node.bases if isinstance(node, ast.ClassDef) else [node.returns]
            if kinds & {_name(use) for use in uses if use}:
                found.add(node.name)
    return found


def _name(node: ast.AST) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _places_in(node: ast.AST, function: str, kinds: set[str]) -> Iterator[tuple[int, str, bool]]:
    """The lines below a node that make a refusal or choose an exit code, and in which function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and (name := _name(child.func)) in kinds | {"exit"}:
            # A method of the same name is another thing.
            if isinstance(child.func, ast.Name) or name.startswith("_") or name == "exit":
                yield child.func.lineno, function, name != "exit"
        elif isinstance(child, ast.Return) and _is_code(child.value):
            yield child.lineno, function, False
        inner = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{function}.{child.name}".lstrip(".")
        yield from _places_in(child, inner, kinds)


def _is_code(value: ast.expr | None) -> bool:
    parts = ast.walk(value) if isinstance(value, PLAIN) else ()
    return any(
        (isinstance(part, ast.Name) and part.id in CODES)
        or (isinstance(part, ast.Attribute) and part.attr == "exit_code")
        for part in parts
    )


def verbs(root: Path) -> list[str]:
    """Every program with every verb."""
    return [
        f"{program} {path.stem.replace('_', '-')}"
        for program in PACKAGES
        for path in sorted((root / program / "commands").glob("*.py"))
        if "\nEXAMPLE = " in path.read_text("utf-8")
    ]
