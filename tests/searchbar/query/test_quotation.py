"""Quotation marks: their kinds, and names without them."""

from __future__ import annotations

import pytest

from searchbar.query.parser import no_column, parse
from searchbar.query.quotation import MARKS, OPENING, marked_alike, unquoted

WAYS = (
    '""',
    "“”",
    "„“",
    "„”",
    "””",
    "«»",
    "»«",
    "‹›",
    "›‹",
    "「」",
    "『』",
    "｢｣",
    "＂＂",
    "﹁﹂",
    "〝〟",
)


@pytest.mark.parametrize("way", WAYS)
def test_marks_of_every_way_quote_a_phrase_and_leave_a_name(way: str) -> None:
    opening, closing = way[0], way[1]
    read = parse(f"lamp {opening}dark red{closing} desk", no_column)
    assert (read.phrases, read.bare) == (("dark red",), "lamp dark red desk")
    assert parse(f"lamp -{opening}dark red{closing}", no_column).without == ("dark red",)
    assert unquoted(f" {opening} Dark red{closing} ") == "Dark red"


def test_marks_of_one_kind_do_not_end_what_another_one_began() -> None:
    kinds = ('"“„”', "«»", "‹›", "「」", "『』")
    for opening in OPENING:
        (own,) = (kind for kind in kinds if opening in kind)
        for closing in set(MARKS) - set(own):
            assert parse(f"a {opening}b c{closing} d", no_column).phrases == ()


def test_places_stay_where_marks_are_spelt_alike() -> None:
    text = "＂a＂ ｢b｣ 𝒞〝d〟 é"
    assert marked_alike(text) == '"a" 「b」 𝒞“d” é'
    assert unquoted("“”") == unquoted("") == ""
    assert unquoted('27" screen') == '27" screen'
