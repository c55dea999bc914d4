"""What was admitted before takes no time, and only that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = (
    "id,title,description\na,Alpha,The first letter of the alphabet.\nb,Beta,The second letter of"
    " the alphabet.\n"
)


def admit(folder: Path, *more: str) -> tuple[str, str]:
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "data_checks", "admit", str(folder / "rows.csv"),
         "--store", str(folder / "store"), "--report", str(folder / "report"), *more],
        cwd=ROOT, text=True, capture_output=True, check=True,
    )  # fmt: skip
    return process.stdout.strip(), process.stderr


def test_the_same_again_is_answered_without_pandas(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    first, stderr = admit(tmp_path)
    assert "pandas" in stderr
    second, stderr = admit(tmp_path)
    assert second == first
    assert "Admitted before" in stderr
    assert "pandas" not in stderr


@pytest.mark.parametrize("change", ["a row", "the report", "the store", "what is live"])
def test_anything_that_decides_is_looked_at_again(tmp_path: Path, change: str) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    first, _ = admit(tmp_path)
    more: list[str] = []
    match change:
        case "a row":
            (tmp_path / "rows.csv").write_text(ROWS.replace("second", "2nd"))
        case "the report":
            (tmp_path / "report/data-verdict.json").unlink()
        case "the store":
            (tmp_path / "store").rename(tmp_path / "elsewhere")
        case "what is live":
            more = ["--live", first]
    second, stderr = admit(tmp_path, *more)
    assert "Admitted before" not in stderr
    assert (second == first) is (change != "a row")
