"""A list that is cut says so."""

from __future__ import annotations

import pytest

from release_format.listing import listed


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (0, ""),
        (1, "0"),
        (3, "0, 1, 2"),
        (4, "0, 1, 2 and 1 more"),
        (2000, "0, 1, 2 and 1,997 more"),
    ],
)
def test_what_is_left_out_is_counted(count: int, line: str) -> None:
    assert listed([str(n) for n in range(count)], 3) == line
