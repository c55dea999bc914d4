"""Catalogues that are not ours: each ends with a served release that answers, or with a data
gate's no that is right."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from data_checks.__main__ import main as data_checks
from index_builder.__main__ import main as index_builder
from release_format.cli import run_program
from release_format.exit_codes import NO, YES
from release_format.release import Release
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from release_format.verdict import Verdict
from searchbar.engine import Engine
from tests.index_builder.made_catalogues import ALL, QUICK, Catalogue
from tests.searchbar.http.servers import serving, wait_until_ready

PROOF = Path(__file__).parents[2] / "docs/proofs/made_up_catalogues.md"
HEAD = """# Catalogues that are not ours

Written by `make proof` (tests/index_builder/test_made_catalogues.py): made-up catalogues, the same
on every machine, each admitted, built and served by the real programs, without judgments, and asked
one question. *Threshold* is the confidence below which an answer is called no good match, and what
it is from. The last one has neither titles nor
descriptions: to be refused by the data gate is right.
Words: the [glossary](../glossary.md).
"""
COLUMNS = (
    "| catalogue | rows | ends with | threshold | warnings | asked | first answer | day"
    " |\n|---|--:|---|---|---|---|---|---|\n"
)


@dataclass(frozen=True)
class Ending:
    """What a catalogue ended with: a release, or the data gate's verdict."""

    rows: int
    refusal: Verdict | None
    release: Release | None


class Written(Protocol):
    """A catalogue that can be written as a file."""

    def write(self, folder: Path) -> Path: ...


def bring(catalogue: Written, folder: Path, capsys: pytest.CaptureFixture[str]) -> Ending:
    """Admit and build, as `make up` does."""
    path = catalogue.write(folder)
    store, where = (
        Folder(folder / "store"),
        ["--store", str(folder / "store"), "--report", str(folder / "reports")],
    )
    code = run_program("data_checks", data_checks, ["admit", str(path), *where])
    rows = len(path.read_text(encoding="utf-8").splitlines()) - (path.suffix == ".csv")
    said = capsys.readouterr()
    if code == NO:
        verdict = Verdict.from_json((folder / "reports/data-verdict.json").read_bytes())
        return Ending(rows, verdict, None)
    assert code == YES, said.err
    snapshot = Snapshot.open(store.path("snapshot", said.out.strip().splitlines()[-1]))
    code = run_program("index_builder", index_builder, ["build", snapshot.id, *where])
    said = capsys.readouterr()
    assert code == YES, said.err
    return Ending(
        rows, None, Release.open(store.path("release", said.out.strip().splitlines()[-1]))
    )


def check(catalogue: Catalogue, ending: Ending) -> str:
    """Whether it ended well; returns the first answer's title."""
    if ending.refusal:
        assert [condition.name for condition in ending.refusal.refusals()] == list(
            catalogue.refused_by
        )
        return ""
    assert not catalogue.refused_by
    assert ending.release
    level = ending.release.levels["no_good_match"]
    with serving(Engine.open(ending.release)) as client:
        wait_until_ready(client)
        assert client.get("/release").json()["no_good_match"] == level["level"]
        answer = client.get("/search", params={"q": catalogue.question}).json()
        assert answer["hits"]
        assert not answer["no_good_match"], (
            f"{catalogue.name} holds what {catalogue.question!r} asks for"
        )
        gates = client.get("/gates").text
    assert ending.release.levels["said"].split(" (")[0] in gates
    return str(answer["hits"][0]["title"])


@pytest.mark.parametrize("name", QUICK)
def test_small_catalogues_end_well(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (catalogue,) = [catalogue for catalogue in ALL if catalogue.name == name]
    check(catalogue, bring(catalogue, tmp_path, capsys))


def test_there_are_twenty_and_each_is_the_same_every_time(tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    small = [
        catalogue for catalogue in ALL if catalogue.name not in ("two-thousand-rows", "titles-only")
    ]
    assert len({catalogue.name for catalogue in ALL}) >= 20
    for catalogue in small:
        assert catalogue.write(tmp_path).read_bytes() == catalogue.write(again).read_bytes()


def _write(catalogue: Catalogue, row: str) -> None:
    """Write one row of the table, and leave the others as they are; in the order of the
    catalogues."""
    lines = PROOF.read_text(encoding="utf-8").splitlines(keepends=True) if PROOF.is_file() else []
    rows = {line.split(" | ")[0]: line for line in lines} | {f"| {catalogue.name}": row}
    kept = (rows[name] for each in ALL if (name := f"| {each.name}") in rows)
    PROOF.write_text(f"{HEAD}\n{COLUMNS}{''.join(kept)}", encoding="utf-8")


def _row(catalogue: Catalogue, ending: Ending, first: str) -> str:
    day = time.strftime("%Y-%m-%d", time.gmtime())
    if not ending.release:
        return (
            f"| {catalogue.name} | {ending.rows:,} | no: {', '.join(catalogue.refused_by)} | – | –"
            f" | – | – | {day} |\n"
        )
    told, verdict = ending.release.levels["no_good_match"], ending.release.verdict
    level = f"{told['level']:.3f}, {told['from']}"
    warnings = ", ".join(condition.name for condition in verdict.warnings()) or "–"
    asked = f"{catalogue.question} | {first}"
    return (
        f"| {catalogue.name} | {ending.rows:,} | a release | {level} | {warnings} | {asked} |"
        f" {day} |\n"
    )


@pytest.mark.proof
@pytest.mark.parametrize("catalogue", ALL, ids=lambda catalogue: catalogue.name)
def test_every_catalogue_ends_well(
    catalogue: Catalogue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ending = bring(catalogue, tmp_path, capsys)
    _write(catalogue, _row(catalogue, ending, check(catalogue, ending)))
