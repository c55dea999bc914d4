"""A file may be called anything: what its name looks like decides nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.data_checks.conftest import Admit
from tests.data_checks.library import as_csv, library
from tests.refusals.tried import tried

NAMES = (
    *("a::b.csv", "zip::x.csv", "https:::x.csv", "two\nlines.csv", "a b#c?d%20&e.csv", "-x.csv"),
    *("\udcff.csv", "\u202egnp.csv", "é\u0301.csv", "$(touch x).csv", "'\".csv", "--json.csv"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_may_be_called_anything(name: str, tmp_path: Path, admit: Admit) -> None:
    (path := tmp_path / name).write_text(as_csv(library(20)))
    answer = admit(path)
    assert answer.code == 0, answer.stderr
    assert answer.verdict.facts["read"] == 20
    tried("sources", f"a file called {name!a}", answer.code, answer.stderr)


def test_behind_two_hyphens_a_name_is_no_option(tmp_path: Path) -> None:
    (tmp_path / "-x.csv").write_text(as_csv(library(20)))
    arguments = (sys.executable, "-m", "data_checks", "admit", "--store", "s", "--report", "r")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    as_option, as_name = (
        subprocess.run(
            [*arguments, *typed],
            cwd=tmp_path,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
        for typed in (["-x.csv"], ["--", "-x.csv"])
    )
    assert as_option.returncode == 2
    assert as_option.stderr.strip().endswith("See `python -m data_checks admit --help`.")
    assert as_name.returncode == 0, as_name.stderr
