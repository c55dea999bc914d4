"""Names as people write them."""

from __future__ import annotations

from searchbar.query.normalize import fold, loose


def test_names_are_folded_as_people_write_them() -> None:
    assert fold("  Café\u00a0 BAR ") == "café bar"
    assert fold(" A\x1fB\t\r\n C\x00 ") == "a b c\x00"
    assert loose("Python3_NumPy") == loose("python3-numpy") == "python3 numpy"
    assert loose("C++") == "c++"
    assert loose("C#") != loose("C")
    assert loose("Café") == "cafe"
