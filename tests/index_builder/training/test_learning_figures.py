"""benchmarks/learning.py: what it prints, and that shared items make memory look like gain."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks import learning

FOLDER = Path(os.environ.get("SEARCHBAR_JUDGED_SETS", Path(__file__).parents[4] / "shared/data"))


def test_what_was_measured_is_remembered_and_printed(tmp_path: Path) -> None:
    kept = learning.Kept(tmp_path / "kept.jsonl")
    kept.of("one", lambda: ["a", "b"])
    again = learning.Kept(tmp_path / "kept.jsonl")
    again.of("one", lambda: pytest.fail("it is measured again"))
    assert again.table("left", "right") == "| left | right |\n|---|---|\n| a | b |"


@pytest.mark.proof
def test_holding_out_questions_alone_mistakes_memory_for_learning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not FOLDER.is_dir():
        pytest.skip("there are no judged sets: name their folder in SEARCHBAR_JUDGED_SETS")
    monkeypatch.chdir(Path(__file__).parents[3])
    assert (
        learning.main([str(FOLDER), "--ways", "adapter", "--kept", str(tmp_path / "kept.jsonl")])
        == 0
    )
    lines = [
        row.strip("| ").split(" | ")
        for row in capsys.readouterr().out.splitlines()
        if " adapter " in row
    ]
    gains = {(row[0], row[2]): float(row[4].split()[0]) for row in lines}
    assert len(gains) == 2 * len({name for name, _ in gains}) >= 4
    assert gains["stackfaq", learning.BY_QUESTION] > 0 > gains["stackfaq", learning.DISJOINT]
