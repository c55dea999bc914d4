"""The shape of the packages: rooms, names, sizes. The arrows between modules are lint-imports'."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.refusals.places import PACKAGES

ROOT = Path(__file__).parents[2]
PROGRAMS = ("data_checks", "index_builder", "searchbar", "monitoring", "deployer", "forge")
MOST_MODULES, LONGEST_FUNCTION, LONGEST_FILE = 17, 45, 300
# What a program that only prints its help has no use for.
HEAVY = {
    "faiss", "fastapi", "jinja2", "mlflow", "numpy", "onnxruntime", "openvino", "pandas",
    "paramiko", "pyarrow", "rich", "sqlalchemy", "tantivy", "torch", "uvicorn",
}  # fmt: skip


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


MODULES = list(modules())


def shown(path: Path, node: ast.stmt | ast.expr) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def test_a_folder_holds_few_enough_modules_to_read_at_a_glance() -> None:
    sizes = Counter(path.parent for path, _ in MODULES if path.name != "__init__.py")
    assert not {str(folder): n for folder, n in sizes.items() if n > MOST_MODULES}


def test_a_class_name_means_one_thing_in_the_whole_house() -> None:
    places = defaultdict(list)
    for path, tree in MODULES:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(shown(path, node))
    assert not {name: where for name, where in places.items() if len(where) > 1}


def test_no_function_is_longer_than_a_screen_and_no_file_than_it_can_be_read() -> None:
    functions = [
        f"{shown(path, node)} {node.name}"
        for path, tree in MODULES
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert not functions
    files = [p for p, _ in MODULES if len(p.read_text("utf-8").splitlines()) > LONGEST_FILE]
    assert not files


def test_parsed_command_lines_stay_where_they_are_parsed() -> None:
    """What lies deeper takes values: it can be called without a command line."""
    deeper = [
        shown(path, node)
        for path, tree in MODULES
        if "commands" not in path.parts
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "Namespace")
        or (isinstance(node, ast.Attribute) and node.attr == "Namespace")
    ]
    assert not deeper


def test_our_own_modules_are_imported_at_the_top() -> None:
    """A late import hides a circle, or a cost that belongs into a verb of its own."""
    late = [
        shown(path, node)
        for path, tree in MODULES
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and node not in tree.body
        for name in (
            [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
        if name.split(".")[0] in (*PACKAGES, "")
    ]
    assert not late


def test_a_module_says_in_its_first_line_what_it_holds() -> None:
    for path, tree in MODULES:
        docstring = ast.get_docstring(tree) or ""
        assert docstring, f"{path.relative_to(ROOT)} has no docstring"
        assert not docstring.startswith("Here "), path.relative_to(ROOT)


def test_code_is_laid_out_by_the_formatter_but_for_tables_of_cases() -> None:
    marked = [path for path, _ in MODULES if "fmt: skip" in path.read_text(encoding="utf-8")]
    assert not marked


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_waits_for_no_heavy_library(program: str) -> None:
    code = (
        f"import sys; from {program}.__main__ import main\n"
        "try:\n main(['--help'])\n"
        f"except SystemExit:\n print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"


def test_one_file_imports_mlflow() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path, tree in MODULES
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.Import)
            and any(name.name.partition(".")[0] == "mlflow" for name in node.names)
        )
        or (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "mlflow")
    }
    assert found == {"index_builder/tracking/mlflow_client.py"}
