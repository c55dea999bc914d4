"""Figures are what benchmarks measured: no page says another one than the committed results."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.figures import PAGE, README, SIX, between_marks, page, rendered, results, six
from tests.conftest import ROOT

RESULT = {
    "title": "Walking",
    "command": "python benchmarks/serve.py RELEASE",
    "machine": "two feet",
    "day": "2026-01-02",
    "from": "a walk",
    "figures": [{"name": "steps", "what": "steps a minute", "seen": "101"}],
}


def written(folder: Path, **other: object) -> Path:
    (folder / "walk.json").write_text(json.dumps({**RESULT, **other}), encoding="utf-8")
    return folder


@pytest.mark.parametrize("document", [PAGE, README], ids=str)
def test_a_page_says_what_the_committed_results_say(document: Path) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert rendered()[document] == text, "type `make figures`"


def test_another_measurement_is_another_page(tmp_path: Path) -> None:
    before = page(results(written(tmp_path)))
    figures = [{"name": "steps", "what": "steps a minute", "seen": "102"}]
    assert page(results(written(tmp_path, figures=figures))) == before.replace("101", "102")
    assert "| steps a minute | 101 |" in before
    assert (
        "2026-01-02 · two feet · **measured earlier, not by this format** (from a walk)" in before
    )


def test_what_no_benchmark_wrote_is_never_shown_as_measured() -> None:
    measured = results()
    text = page(measured)
    assert text.count("measured earlier") == sum(not result.commit for result in measured.values())
    for (file, _), row in zip(SIX, six(measured).splitlines()[2:], strict=True):
        assert (", earlier: `" in row) != bool(measured[file].commit), row


def test_the_readme_has_six_figures_each_with_its_command() -> None:
    _, _, *rows = six(results()).splitlines()
    assert len(rows) == len(set(SIX)) == 6
    for row in rows:
        assert re.search(
            r"\| \d{4}-\d\d-\d\d(, earlier)?: `(python benchmarks/\w+\.py|make )", row
        ), row


def test_every_result_names_a_command_that_exists() -> None:
    verbs = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for name, result in results().items():
        program, what = re.split(r"\s+(?:-s )?", result.command, maxsplit=1)
        first = what.split()[0]
        there = first in verbs if program == "make" else (ROOT / first).exists()
        assert there, f"{name}.json was measured by {result.command}, which is not there"


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"figures": [{"name": "steps", "seen": "101"}]}, "what"),
        ({"colour": "red"}, "colour"),
        ({"from": ""}, "commit"),
        ({"commit": "0123456789ab"}, "commit"),
        ({"tables": [{"columns": ["a", "b"], "align": ["-", "-"], "rows": [["1"]]}]}, "longer"),
    ],
)
def test_a_file_that_is_no_result_is_named(
    tmp_path: Path, other: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=rf"walk\.json is no result .*{sentence}"):
        results(written(tmp_path, **other))


def test_a_page_without_a_place_for_figures_is_left_alone() -> None:
    with pytest.raises(ValueError, match="no place for figures"):
        between_marks("# A page\n<!-- figures -->\n", "| 1 |\n")


def test_the_readme_is_one_page() -> None:
    assert len((ROOT / README).read_text(encoding="utf-8").splitlines()) <= 130
