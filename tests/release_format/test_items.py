"""Items come back as they were written, by position and by id."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_format.items import Item, Items, write_items
from release_format.seal import FormatError

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
VALUE = (
    TEXT
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.lists(TEXT, min_size=1, max_size=3)
)
ITEM = st.builds(
    Item,
    id=TEXT.filter(bool),
    title=TEXT,
    description=TEXT,
    topics=st.lists(TEXT.filter(bool), unique=True, max_size=3).map(lambda t: tuple(sorted(t))),
    extra=st.dictionaries(TEXT, VALUE, max_size=2),
)


@given(st.lists(ITEM, unique_by=lambda item: item.id, max_size=12))
def test_round_trip_by_position_and_id(
    tmp_path_factory: pytest.TempPathFactory, items: list[Item]
) -> None:
    directory = tmp_path_factory.mktemp("items")
    ordered = sorted(items, key=lambda item: item.id)
    assert write_items(directory, ordered) == len(ordered)
    read = Items(directory)
    assert list(read) == ordered
    assert [read.position(item.id) for item in ordered] == list(range(len(ordered)))
    assert [read.id(position) for position in range(len(ordered))] == [item.id for item in ordered]
    assert read.position("\U0010ffff" * 50) is None


@pytest.mark.parametrize("key", ["extra", "fields"])
def test_own_fields_are_read_of_every_format(key: str) -> None:
    line = f'{{"id":"a","title":"A","{key}":{{"price":89.9,"in_stock":true}}}}'
    item = Item.from_json(line)
    assert item == Item("a", "A", extra={"price": 89.9, "in_stock": True})
    assert '"fields":{"in_stock":true,"price":89.9}' in item.to_json(), "written as of today"


def test_disorder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sorted"):
        write_items(tmp_path, [Item("b"), Item("a")])


def test_lines_that_do_not_fit_their_offsets_are_refused(tmp_path: Path) -> None:
    write_items(tmp_path, [Item("a", "A"), Item("b", "B")])
    with (tmp_path / "items.jsonl").open("ab") as file:
        file.write(b"x")
    with pytest.raises(FormatError, match=r"items\.jsonl"):
        Items(tmp_path)


def test_offsets_that_are_cut_short_are_refused(tmp_path: Path) -> None:
    write_items(tmp_path, [Item("a", "A")])
    with (tmp_path / "items.offsets").open("ab") as file:
        file.truncate(9)
    with pytest.raises(FormatError, match=r"is cut short. Fetch or build it again"):
        Items(tmp_path)
