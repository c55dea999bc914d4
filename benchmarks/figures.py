"""The page of figures and the README's six, written from what benchmarks measured: `make figures`.

Each file of benchmarks/results says what was typed, on which machine and day, and what was seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results"
PAGE = Path("docs/figures.md")
README = Path("README.md")
# What a reader of one page should know: file, then the names of its figures.
SIX = (
    ("quality", "mean"),
    ("serve", "latency"),
    ("serve", "memory"),
    ("encode", "encode"),
    ("rebuild", "rebuild"),
    ("rollout", "failed"),
)
EARLIER = "**measured earlier, not by this format**"
MARKS = ("<!-- figures -->\n", "<!-- end of figures -->")


@dataclass(frozen=True)
class Figure:
    """One thing that was measured, in words, and what was seen."""

    name: str
    what: str
    seen: str


@dataclass(frozen=True)
class Table:
    """Figures that only make sense side by side, as they are shown."""

    columns: list[str]
    align: list[str]
    rows: list[list[str]]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in [self.align, *self.rows]):
            raise ValueError("a row of the table is longer or shorter than its columns")


@dataclass(frozen=True)
class Result:
    """What one command measured on one machine on one day.

    The benchmark itself wrote it at a `commit`, or it was carried over from an older `source`.
    """

    title: str
    command: str
    machine: str
    day: str
    figures: list[Figure]
    tables: list[Table] = field(default_factory=list)
    note: str = ""
    commit: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if bool(self.commit) == bool(self.source):
            raise ValueError("either a commit or from says where it comes from")

    def figure(self, name: str) -> Figure:
        """The figure of that name."""
        return next(figure for figure in self.figures if figure.name == name)


def results(folder: Path = RESULTS) -> dict[str, Result]:
    """Every committed result, by the name of its file.

    Raises:
        ValueError: a file is no result; the message names it.
    """
    return {path.stem: _result(path) for path in sorted(folder.glob("*.json"))}


def _result(path: Path) -> Result:
    try:
        entries: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Result(
            source=entries.pop("from", ""),
            figures=[Figure(**figure) for figure in entries.pop("figures")],
            tables=[Table(**table) for table in entries.pop("tables", [])],
            **entries,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path.name} is no result of a benchmark: {error}. Look at a file beside it."
        ) from error


def page(measured: dict[str, Result]) -> str:
    """All figures: a heading, a line of origin and the figures of each result."""
    return "\n".join(_section(name, result) for name, result in measured.items())


def _section(name: str, result: Result) -> str:
    by = f"commit {result.commit}" if result.commit else f"{EARLIER} (from {result.source})"
    origin = f"`{result.command}` · {result.day} · {result.machine} · {by}"
    file = f"[{name}.json](../benchmarks/results/{name}.json)"
    paragraphs = [f"## {result.title}", f"{origin} ({file})"]
    paragraphs += [result.note] if result.note else []
    if result.figures:
        rows = [[figure.what, figure.seen] for figure in result.figures]
        paragraphs.append("\n".join(_lines(Table(["what", "seen"], ["---", "--:"], rows))))
    paragraphs += ["\n".join(_lines(table)) for table in result.tables]
    return "\n\n".join(paragraphs) + "\n"


def six(measured: dict[str, Result]) -> str:
    """The README's table: six figures, each with its day and its command."""
    picked = [(measured[file], measured[file].figure(name)) for file, name in SIX]
    rows = [
        [
            figure.what,
            figure.seen,
            f"{result.day}{'' if result.commit else ', earlier'}: `{result.command}`",
        ]
        for result, figure in picked
    ]
    return "\n".join(_lines(Table(["what", "seen", "by"], ["---", "--:", "---"], rows))) + "\n"


def _lines(table: Table) -> Iterator[str]:
    for row in [table.columns, table.align, *table.rows]:
        yield f"| {' | '.join(row)} |"


def between_marks(text: str, figures: str) -> str:
    """The page with these figures in the place that its two marks enclose.

    Raises:
        ValueError: the page lacks a mark.
    """
    before, opening, rest = text.partition(MARKS[0])
    _, closing, after = rest.partition(MARKS[1])
    if not closing:
        raise ValueError(f"the page has no place for figures. Write {' and '.join(MARKS)}.")
    return f"{before}{opening}{figures}{closing}{after}"


def rendered(root: Path = ROOT) -> dict[Path, str]:
    """Both pages, each as the committed results say that it should be."""
    measured = results(root / "benchmarks/results")
    return {
        path: between_marks((root / path).read_text(encoding="utf-8"), figures)
        for path, figures in ((PAGE, page(measured)), (README, six(measured)))
    }


if __name__ == "__main__":
    for path, text in rendered().items():
        (ROOT / path).write_text(text, encoding="utf-8")
