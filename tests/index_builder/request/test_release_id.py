"""The trigger matrix (docs/triggers.md): what changed → what a build does again."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from index_builder import locked_versions
from index_builder.encoding.weights import Weights
from index_builder.locked_versions import locks
from index_builder.recipe import read_recipe
from index_builder.request import release_id
from index_builder.request.release_id import (
    ROOT,
    _files,
    _imports,
    building_code,
    digest_of_builder,
    digest_of_optional,
)

TABLE = ROOT / "docs" / "triggers.md"
CAUSES = (
    "rows", "rules", "judgments", "fusion", "index kind", "text template", "encoder",
    "building code", "numeric locks", "exporter", "server code",
)  # fmt: skip


@dataclass(frozen=True)
class Names:
    """What the steps of a build go by: a step is done again when its name is another one."""

    vectors: str
    export: str
    release: str


@pytest.fixture
def names(tmp_path: Path) -> Names:
    return _names(tmp_path, "")


def _names(tmp_path: Path, recipe: str, rules: str = "", snapshot: str = "s") -> Names:
    (tmp_path / "recipe.toml").write_text(recipe, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(rules, encoding="utf-8")
    read = read_recipe(tmp_path / "recipe.toml")
    weights = Weights.of(read)
    made_from = release_id.Origin(
        snapshot=snapshot, recipe=read.digest, rules=digest_of_optional(tmp_path / "rules.toml"),
        judgments=digest_of_optional(None), encoder=weights.sha256, builder=digest_of_builder(),
    )  # fmt: skip
    return Names(weights.vectors_of, weights.export_of, made_from.id)


def same(before: Names, after: Names) -> dict[str, bool]:
    return {
        name: getattr(before, name) == getattr(after, name)
        for name in ("vectors", "export", "release")
    }


KEPT, MADE_AGAIN = True, False


@pytest.mark.parametrize(
    ("change", "vectors", "export"),
    [
        ({"snapshot": "t"}, KEPT, KEPT),
        ({"rules": "[[hides]]\nid = 'x'\n"}, KEPT, KEPT),
        ({"recipe": "[fusion]\nfeedback = 0.1\n"}, KEPT, KEPT),
        ({"recipe": "[index]\nkind = 'lists'\n"}, KEPT, KEPT),
        ({"recipe": "[text]\ntemplate = '{title}'\n"}, KEPT, KEPT),
        ({"recipe": "[encoder]\nmax_tokens = 128\n"}, MADE_AGAIN, MADE_AGAIN),
    ],
)
def test_each_change_makes_another_release_and_only_an_encoder_new_vectors(
    tmp_path: Path, names: Names, change: dict[str, str], vectors: bool, export: bool
) -> None:
    after = _names(
        tmp_path, change.get("recipe", ""), change.get("rules", ""), change.get("snapshot", "s")
    )
    assert same(names, after) == {"vectors": vectors, "export": export, "release": MADE_AGAIN}


def test_nothing_changed_nothing_done(tmp_path: Path, names: Names) -> None:
    assert same(names, _names(tmp_path, "")) == {"vectors": KEPT, "export": KEPT, "release": KEPT}


@contextmanager
def locked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, version: str
) -> Iterator[None]:
    text = re.sub(
        rf"(?m)^{name}==\S+", f"{name}=={version}", locked_versions.LOCK.read_text(encoding="utf-8")
    )
    (tmp_path / "up.txt").write_text(text, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(locked_versions, "LOCK", tmp_path / "up.txt")
        yield


def test_a_numeric_lock_makes_another_release_of_the_same_vectors(
    tmp_path: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    with locked(monkeypatch, tmp_path, "faiss-cpu", "9.9.9"):
        assert same(names, _names(tmp_path, "")) == {
            "vectors": KEPT,
            "export": KEPT,
            "release": MADE_AGAIN,
        }
    with locked(monkeypatch, tmp_path, "onnx", "9.9.9"):
        assert same(names, _names(tmp_path, "")) == {
            "vectors": KEPT,
            "export": MADE_AGAIN,
            "release": MADE_AGAIN,
        }
    with locked(monkeypatch, tmp_path, "fastapi", "9.9.9"):
        assert same(names, _names(tmp_path, "")) == {
            "vectors": KEPT,
            "export": KEPT,
            "release": KEPT,
        }


def test_the_exporter_makes_another_export_of_the_same_vectors(
    tmp_path: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "encoder.py").write_text("another", encoding="utf-8")
    monkeypatch.setattr("index_builder.encoding.weights.EXPORTER", tmp_path / "encoder.py")
    after = _names(tmp_path, "")
    assert (after.vectors == names.vectors, after.export == names.export) == (KEPT, MADE_AGAIN)


def test_the_building_code_is_what_the_build_reaches() -> None:
    code = {str(path.relative_to(ROOT)) for path in building_code()}
    assert {
        "index_builder/build/build.py",
        "index_builder/encoding/passages.py",
        "index_builder/encoding/cpu_backend.py",
        "index_builder/encoding/model.py",
        "index_builder/recipe.toml",
        "searchbar/engine.py",
        "searchbar/retrieval/fusion.py",
        "searchbar/retrieval/words/lexical.py",
        "release_format/seal.py",
        "release_format/items.py",
    } <= code
    assert (
        not {
            "searchbar/http/app.py",
            "searchbar/__main__.py",
            "index_builder/__main__.py",
            "index_builder/commands/evaluate.py",
        }
        & code
    )
    assert all(
        name.split("/")[0] in ("index_builder", "searchbar", "release_format") for name in code
    )


IMPORTED = """
import sys
import index_builder.build.build
packages = ("index_builder", "searchbar", "release_format")
for name, module in sys.modules.items():
    if name.split(".")[0] in packages and not hasattr(module, "__path__"):
        print(module.__file__)
"""


def test_the_building_code_is_what_a_build_imports() -> None:
    """All of it and nothing else: no import of our own is late."""
    process = subprocess.run(
        [sys.executable, "-c", IMPORTED], cwd=ROOT, text=True, capture_output=True, check=True
    )
    code = {str(path) for path in building_code() if path.suffix == ".py"}
    imported = {str(ROOT / path) for path in process.stdout.splitlines()}
    assert imported == {path for path in code if not path.endswith("__init__.py")}


def test_no_import_is_overlooked() -> None:
    """What is read with an expression, beside what Python itself reads."""
    for path in (
        path
        for package in ("index_builder", "searchbar", "release_format")
        for path in (ROOT / package).rglob("*.py")
    ):
        named: set[str] = set()
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                named |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                named |= {f"{node.module}", *(f"{node.module}.{name.name}" for name in node.names)}
        assert set(_imports(path)) == {file for name in named for file in _files(name)}, path


def test_a_change_of_building_code_makes_another_builder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("index_builder", "searchbar", "release_format"):
        for path in (ROOT / package).rglob("*.*"):
            if path.is_file() and "__pycache__" not in path.parts:
                copy = tmp_path / path.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(release_id, "ROOT", tmp_path)
    monkeypatch.setattr(release_id, "FIRST", tmp_path / "index_builder" / "build" / "build.py")
    before = digest_of_builder()
    for name, another in (
        ("searchbar/http/app.py", False),
        ("searchbar/engine.py", True),
        ("index_builder/indexing/dense.py", True),
    ):
        path = tmp_path / name
        path.write_bytes(path.read_bytes() + b"\n# another\n")
        after = digest_of_builder()
        assert (after != before) is another, name
        before = after


def test_every_numeric_library_is_locked() -> None:
    assert set(locks()) == set(locked_versions.NUMERIC)


def test_the_table_in_the_documents_names_every_cause_that_is_tested() -> None:
    text = TABLE.read_text(encoding="utf-8")
    for cause in CAUSES:
        assert f"| {cause}" in text.lower(), cause
