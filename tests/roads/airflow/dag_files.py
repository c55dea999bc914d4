"""Airflow's DAGs as files: what they import, what they type, and the part that needs no Airflow."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from typing import Any

from tests.conftest import ROOT

DAGS = ROOT / "airflow/dags"
SIBLING = "searchbar_line"


def sibling() -> Any:
    """`searchbar_line`, which the DAGs type with, in this interpreter."""
    spec = importlib.util.spec_from_file_location(SIBLING, DAGS / f"{SIBLING}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def foreign_imports(source: str) -> set[str]:
    """What a file imports, late or not, that is neither Airflow nor the standard library."""
    allowed = {"airflow", SIBLING, *sys.stdlib_module_names}
    return {name for name in _imports(ast.parse(source)) if name.split(".")[0] not in allowed}


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def daily_lines(source: str) -> list[str]:
    """What the tasks of `searchbar_daily` type when nothing was lost, in the order of the tasks."""
    tree = ast.parse(source)
    lines = _constants(tree)
    for block in tree.body:
        if isinstance(block, ast.With) and "'searchbar_daily'" in ast.unparse(block.items[0]):
            bodies = {node.name: node for node in block.body if isinstance(node, ast.FunctionDef)}
            order = [name for name in _chained(block) if name in bodies]
            return [lines[typed] for name in order for typed in _typed(bodies[name].body)]
    return []


def _constants(tree: ast.Module) -> dict[str, str]:
    """Names of lines: `A, B = ("make", "a"), ("make", "b")`."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets = node.targets[0]
            names = targets.elts if isinstance(targets, ast.Tuple) else [targets]
            values = node.value.elts if isinstance(targets, ast.Tuple) else [node.value]  # type: ignore[attr-defined]
            for name, value in zip(names, values, strict=True):
                if isinstance(value, ast.Tuple) and ast.unparse(value).startswith("('make'"):
                    found[ast.unparse(name)] = " ".join(ast.literal_eval(value))
    return found


def _chained(block: ast.With) -> list[str]:
    """The tasks of `a() >> b()`, first to last."""
    for node in block.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.BinOp):
            return [part.strip().removesuffix("()") for part in ast.unparse(node).split(">>")]
    return []


def _typed(body: list[ast.stmt]) -> Iterator[str]:
    """The names given to `type_line`, but for what only an `if` types."""
    for node in body:
        if isinstance(node, ast.With):
            yield from _typed(node.body)
            continue
        for call in ast.walk(node.test if isinstance(node, ast.If) else node):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "type_line":
                yield ast.unparse(call.args[0])
