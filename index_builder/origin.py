"""Here is what a release is to be made from: give me the id that it will have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from release_format.release import release_id
from release_format.seal import digest_of, digest_of_file

ROOT = Path(__file__).parent.parent
TABLES = (".toml", ".txt")
FIRST = ROOT / "index_builder" / "build.py"
LOCK = ROOT / "locks" / "up.txt"
# Another version of one of these may change a vector, an index file or an order.
NUMERIC = (
    "faiss-cpu", "numpy", "onnx", "onnxruntime", "openvino", "safetensors", "sentence-transformers", "tantivy",
    "tokenizers", "transformers",
)  # fmt: skip

_IMPORT = re.compile(r"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|.+)|import[ \t]+(.+))")
_NAME = re.compile(r"[\w.]+")


def digest_of_given(path: Path | None) -> str:
    """The digest of a file or folder that a release may go without."""
    if path is None:
        return digest_of(None)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        return digest_of({p.relative_to(path).as_posix(): digest_of_file(p) for p in files})
    return digest_of_file(path)


def digest_of_builder() -> str:
    """The digest of the code that builds, and of the locked versions of what computes."""
    return digest_of(
        {"code": {str(p.relative_to(ROOT)): digest_of_file(p) for p in building_code()}, "locks": locks()}
    )


def building_code() -> list[Path]:
    """Every file that the build reaches by its imports, and the tables beside them.

    A change of any other file leaves a release what it is.
    """
    reached, open_ends = {path for path in FIRST.parent.iterdir() if path.suffix in TABLES}, [FIRST]
    while open_ends:
        path = open_ends.pop()
        if path not in reached:
            reached.add(path)
            open_ends.extend(_imports(path))
    return sorted(reached)


def _imports(path: Path) -> Iterator[Path]:
    # A line of prose that begins like an import names no file of ours; parsing would take ten times as long.
    for module, names, plain in _IMPORT.findall(path.read_text(encoding="utf-8")):
        for name in _NAME.findall(plain):
            yield from _files(name)
        if module:
            yield from _files(module)
            for name in _NAME.findall(names):
                yield from _files(f"{module}.{name}")


def _files(module: str) -> Iterator[Path]:
    base = ROOT.joinpath(*module.split("."))
    yield from (path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file())


def locks() -> dict[str, str]:
    """The locked version of every library that computes (the installed one, where this is not a checkout)."""
    if not LOCK.is_file():
        return {name: version(name) for name in NUMERIC}
    lines = re.findall(r"(?m)^([a-z0-9-]+)==([^\s;\\]+)", LOCK.read_text(encoding="utf-8"))
    return {name: locked for name, locked in lines if name in NUMERIC}


@dataclass(frozen=True)
class Origin:
    """What a release is made from, by digest."""

    snapshot: str
    recipe: str
    rules: str
    judgments: str
    encoder: str
    builder: str

    @property
    def id(self) -> str:
        return release_id(asdict(self))
