"""How many cores there are, as a container's limit has it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from searchbar.cores import cores


@pytest.mark.parametrize(
    ("limit", "most"), [("50000 100000", 1), ("150000 100000", 2), ("99900000 100000", 999)]
)
def test_a_container_may_use_what_its_limit_pays_for(tmp_path: Path, limit: str, most: int) -> None:
    (tmp_path / "cpu.max").write_text(f"{limit}\n")
    assert cores(tmp_path / "cpu.max") == min(most, len(os.sched_getaffinity(0)))


@pytest.mark.parametrize("text", ["max 100000\n", "", "nonsense"])
def test_without_a_limit_it_is_what_the_scheduler_allows(tmp_path: Path, text: str) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert (
        cores(tmp_path / "cpu.max") == cores(tmp_path / "missing") == len(os.sched_getaffinity(0))
    )
