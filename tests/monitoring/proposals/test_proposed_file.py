"""The proposed file: what was merged stays byte for byte, what is new is one more line."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.errors import MonitoringError
from monitoring.proposals.proposals import ProposedJudgment
from monitoring.proposals.proposed_file import JudgedFiles

MERGED = '{"id":"asked-5",   "question": "Edit Photos", "kind": "clicked", "relevant": {"gimp": 2}}'
REFUSED = '{"id": "asked-6", "question": "spam", "kind": "refused", "relevant": {"spam": 3}}'


def test_what_was_merged_or_refused_stays_as_it_stands_and_is_not_proposed_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "judgments.jsonl").write_text(
        '{"id": "q1", "question": "ｖｉｍ", "relevant": {}}\n'
    )
    (tmp_path / "judgments.proposed.jsonl").write_text(f"{MERGED}\n\n{REFUSED}\n")
    files = JudgedFiles.read(tmp_path / "judgments.jsonl")
    assert set(files.questions) == {"vim", "edit photos", "spam"}
    new = [ProposedJudgment("plots", "clicked", {"gnuplot": 3}, {})]
    lines = files.joined(new).splitlines()
    assert [line for line in lines if "asked-5" in line or "asked-6" in line] == [MERGED, REFUSED]
    assert len(lines) == 3
    assert files.joined(new) == files.joined(new[::-1])


def test_files_that_are_not_there_judge_nothing(tmp_path: Path) -> None:
    files = JudgedFiles.read(tmp_path / "judgments.jsonl")
    assert (set(files.questions), files.joined([])) == (set(), "")


@pytest.mark.parametrize("line", ["[1]", '{"id": "x"}', "nonsense", "[" * 5000])
def test_a_line_that_is_no_judgment_is_told_by_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / "judgments.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(MonitoringError, match="line 2 is not a judgment") as raised:
        JudgedFiles.read(tmp_path / "judgments.jsonl")
    assert raised.value.exit_code == 2
