"""A Parquet file without rows that have a name, or without anything."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from data_checks.errors import CatalogueError
from data_checks.sources.parquet import rows
from data_checks.sources.row import ReadOptions


def test_an_empty_file_and_one_without_the_id_column_are_wrong_usage(tmp_path: Path) -> None:
    path = str(tmp_path / "shop.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"sku": ["a"], "title": ["Anvil"]}), path)
    told = r"has no column 'id'; it has 'sku', 'title'\. Say --columns id=NAME"
    with pytest.raises(CatalogueError, match=told) as refused:
        list(rows(path))
    assert refused.value.exit_code == 2
    (tmp_path / "empty.parquet").touch()
    with pytest.raises(CatalogueError, match=r"is empty\. Export it again") as refused:
        list(rows(str(tmp_path / "empty.parquet")))
    assert refused.value.exit_code == 2
    (row,) = rows(path, ReadOptions({"id": "sku"}))
    assert row.values == {"sku": "a", "title": "Anvil"}
