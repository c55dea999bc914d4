"""The id of a release: the digest of what it is made from, the building code included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from index_builder.locked_versions import locks
from release_format.release import release_id
from release_format.seal import digest_of, digest_of_file

ROOT = Path(__file__).parents[2]
TABLES = (".toml", ".txt")
# Beside an installed package lie those of other people, too: their versions are counted instead.
OURS = ("index_builder", "release_format", "searchbar")
FIRST = ROOT / "index_builder" / "build" / "build.py"

_IMPORT = re.compile(
    r"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|.+)|import[ \t]+(.+))"
)
_NAME = re.compile(r"[\w.]+")


def digest_of_optional(path: Path | None) -> str:
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
        {
            "code": {str(p.relative_to(ROOT)): digest_of_file(p) for p in building_code()},
            "locks": locks(),
        }
    )


def building_code() -> list[Path]:
    """Every file that the build reaches by its imports, and the tables of the package.

    A change of any other file leaves a release what it is.
    """
    package = FIRST.parents[1]
    reached, open_ends = {path for path in package.rglob("*") if path.suffix in TABLES}, [FIRST]
    while open_ends:
        path = open_ends.pop()
        if path not in reached:
            reached.add(path)
            open_ends.extend(_imports(path))
    return sorted(reached)


def _imports(path: Path) -> Iterator[Path]:
    # A line of prose that begins like an import names no file of ours; parsing would take ten times
    # as long.
    for module, names, plain in _IMPORT.findall(path.read_text(encoding="utf-8")):
        for name in _NAME.findall(plain):
            yield from _files(name)
        if module:
            yield from _files(module)
            for name in _NAME.findall(names):
                yield from _files(f"{module}.{name}")


def _files(module: str) -> Iterator[Path]:
    names = module.split(".")
    base = ROOT.joinpath(*names)
    if names[0] not in OURS:
        return
    yield from (path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file())


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
