"""JSON lines that never end."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_checks.errors import CatalogueError
from data_checks.sources import jsonl


def test_a_line_that_does_not_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 100)
    (path := tmp_path / "c.jsonl").write_text('{"id": "a"}\n{"id": "' + "b" * 200)
    with pytest.raises(CatalogueError, match=r"line 2 of .* Export it again") as refused:
        list(jsonl.rows(str(path)))
    assert refused.value.exit_code == 3
