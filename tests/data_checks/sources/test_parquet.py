"""A Parquet file that is empty or names a column twice."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from data_checks.errors import CatalogueError
from data_checks.sources.parquet import rows


def test_an_empty_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "empty.parquet").touch()
    with pytest.raises(CatalogueError, match=r"is empty\. Export it again") as refused:
        list(rows(str(tmp_path / "empty.parquet")))
    assert refused.value.exit_code == 2


def test_a_column_twice_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "shop.parquet")
    pyarrow.parquet.write_table(
        pyarrow.Table.from_arrays([pyarrow.array(["a"]), pyarrow.array(["b"])], ["id", "id"]), path
    )
    with pytest.raises(CatalogueError, match="has the column 'id' twice"):
        list(rows(path))
