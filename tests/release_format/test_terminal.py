"""Every verb on a terminal of 80 columns that knows neither colours nor a cursor."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from release_format.cli import Program, run_program
from release_format.store.folder import Folder
from tests.data_checks.library import Row, library, write_jsonl
from tests.hosts.sealed import sealed
from tests.refusals.places import PACKAGES

ROOT = Path(__file__).parents[2]
COLUMNS = 80
DUMB = {"COLUMNS": str(COLUMNS), "TERM": "dumb", "NO_COLOR": "1"}
PROGRAMS = [name for name in PACKAGES if name != "release_format"]
Typed = Callable[..., tuple[int, str]]


def wrong_lines(text: str) -> list[str]:
    """Lines that are too wide, but for a path or an address that fills one alone; and commands."""
    return [
        line
        for line in text.splitlines()
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line)
        or (len(line) > COLUMNS and len(line.split()) > 1)
    ]


def program(name: str) -> Program:
    found = import_module(f"{name}.__main__").PROGRAM
    assert isinstance(found, Program)
    return found


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a line on such a terminal; gives the exit code, and all that was shown."""
    for name, value in DUMB.items():
        monkeypatch.setenv(name, value)

    def run(name: str, *words: str) -> tuple[int, str]:
        code = run_program(name, program(name).main, words)
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_help_fits(name: str, typed: Typed) -> None:
    for words in ([], *([verb] for verb in program(name).verbs)):
        code, shown = typed(name, *words, "--help")
        assert (code, wrong_lines(shown)) == (0, []), words
        assert "example:" in shown or not words


def test_an_admission_fits_and_says_its_headline_last(typed: Typed, tmp_path: Path) -> None:
    store = Folder(tmp_path / "store")
    place = ["--store", str(store.root), "--report", str(tmp_path), "--reviewed", str(tmp_path)]
    rows = library(190)
    code, first = typed("data_checks", "admit", write(tmp_path, rows), *place)
    assert (code, wrong_lines(first)) == (0, [])
    (live,) = store.ids("snapshot")
    for row in rows[:3]:
        row["description"] = f"{row['description']} And one word more."
    code, changed = typed(
        "data_checks", "admit", write(tmp_path, rows[:188]), "--live", live, *place
    )
    assert (code, wrong_lines(changed)) == (0, [])
    told = " ".join(changed.split())
    assert "The data gate says yes: 0 added, 3 changed, 2 removed" in told
    code, refused = typed(
        "data_checks",
        "admit",
        write(tmp_path, [*[{"title": f"x{n}"} for n in range(9)], *rows[:100]]),
        "--live",
        live,
        *place,
    )
    assert (code, wrong_lines(refused)) == (1, [])
    paragraphs = [" ".join(paragraph.split()) for paragraph in refused.split("\n\n")]
    for name in ("quarantined", "removed"):
        assert len([text for text in paragraphs if f"{name}: no —" in text]) == 1
    assert not [text for text in paragraphs if text.count(": no —") > 1]
    code, differ = typed("data_checks", "diff", live, live, "--store", str(store.root))
    assert (code, wrong_lines(differ)) == (0, [])


def write(folder: Path, rows: list[Row]) -> str:
    return str(write_jsonl(folder / "c.jsonl", rows))


def test_releases_and_how_to_go_back_fit(typed: Typed, tmp_path: Path) -> None:
    store = Folder(tmp_path)
    ids = [sealed(store, name) for name in ("one", "two")]
    for channel in ("production-in-the-north", "production-in-the-south"):
        store.switch_channel(channel, release=ids[1], image="sha256:1", hold=[ids[0]])
    code, shown = typed("searchbar", "releases", "--store", str(tmp_path))
    assert (code, wrong_lines(shown)) == (0, [])
    assert f"make up RELEASE={ids[0][:12]}" in shown


def test_wrong_usage_and_refusals_fit(typed: Typed, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.toml"
    hosts.write_text('[stage]\n[[stage.hosts]]\nname = "h"\naddress = "192.0.2.1"\n')
    place = ["--environment", "stage", "--hosts", str(hosts), "--store", str(tmp_path)]
    for words in (
        ["unhold", "abcdef", *place],
        ["rollback", *place, "--only", "g"],
        ["freeze", *place],
        ["status", "--environment", "nowhere", "--hosts", str(hosts)],
        ["status", "--nonsense"],
    ):
        code, shown = typed("deployer", *words)
        assert (code, wrong_lines(shown)) == (2, []), words


def test_the_verbs_of_make_stand_in_groups_and_fit() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        env={**os.environ, **DUMB},
        capture_output=True,
        text=True,
        check=True,
    )
    assert wrong_lines(done.stdout) == []
    groups = done.stdout.rstrip().split("\n\n")
    assert len(groups) > 5
    for group in groups:
        title, *verbs = group.splitlines()
        assert not title.startswith(" ")
        assert verbs[0].startswith("  make ")
    declared = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^  make ([a-z-]+)", done.stdout, re.MULTILINE) == declared
