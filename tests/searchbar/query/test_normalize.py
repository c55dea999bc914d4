"""Names as people write them, and phrases that are quoted."""

from __future__ import annotations

from searchbar.query.normalize import fold, loose, parts


def test_names_are_folded_as_people_write_them() -> None:
    assert fold("  Café\u00a0 BAR ") == "café bar"
    assert fold(" A\x1fB\t\r\n C\x00 ") == "a b c\x00"
    assert loose("Python3_NumPy") == loose("python3-numpy") == "python3 numpy"
    assert loose("C++") == "c++"
    assert loose("C#") != loose("C")
    assert loose("Café") == "cafe"
    assert parts('find "exact words" and “others too” ""').phrases == ("exact words", "others too")
    prose = 'Is there a way to disable the "did you mean" feature and have my query taken literally'
    assert parts(prose).phrases == (), "prose mentions what it quotes"


def test_a_mark_after_a_digit_is_an_inch() -> None:
    assert parts('screen 22" or 29"').phrases == ()
    assert parts('screen 22" "matt glass"').phrases == ("matt glass",)
    assert parts('"bolt M6 x 20" steel').phrases == ("bolt M6 x 20",), "it ends what was begun"
