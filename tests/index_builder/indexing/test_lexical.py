"""A lexical index that was written beside live's must answer as one that was written whole."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from index_builder.indexing import lexical
from index_builder.indexing.documents import Documents
from index_builder.indexing.lexical import LexicalCounts, LiveLexical
from index_builder.unchanged import CHANGED, places_in_live
from release_format.fields import Field, FieldType, Schema
from release_format.items import Item, Items, write_items
from searchbar.errors import SearchError
from searchbar.query.analysis.languages import Languages
from searchbar.query.analyzers import WORDS
from searchbar.query.filters import read_filters
from searchbar.retrieval import facets
from searchbar.retrieval.words.lexical import Lexical
from searchbar.retrieval.words.lexical_overlay import TERMS

WORDS_OF_ALL = [
    f"{first}{last}"
    for first in ("ba", "co", "di", "fu", "ly", "mo", "ne")
    for last in "bdgklmnrst"
]
TOPICS = ("red", "green", "blue", "rare")
SCHEMA = Schema(
    {
        each.name: each
        for each in (
            Field("size", FieldType.KEYWORD, filter=True),
            Field("brand", FieldType.KEYWORD, search=2.4),
            Field("sku", FieldType.KEYWORD, search=0.5, code=True),
            Field("price", FieldType.NUMBER, search=1, filter=True, facet=True),
            Field("in_stock", FieldType.BOOLEAN, facet=True),
        )
    }
)


def catalogue(count: int = 400) -> list[Item]:
    draw = random.Random(5)
    return [made(draw, f"i{number:04}") for number in range(count)]


def made(draw: random.Random, id: str) -> Item:
    """An item of few words that many items share."""
    title, text = (
        " ".join(draw.choices(WORDS_OF_ALL, k=2)),
        " ".join(draw.choices(WORDS_OF_ALL, k=draw.randint(3, 20))),
    )
    return Item(
        id,
        title,
        text,
        tuple(sorted(draw.sample(TOPICS, draw.randint(0, 2)))),
        extra={
            "size": draw.randint(1, 3),
            "brand": [draw.choice(WORDS_OF_ALL), "zinc works"][: draw.randint(1, 2)],
            "sku": f"F-{draw.randint(0, 99999):05}",
            "price": draw.choice([1.5, 20, 3.0]),
            "in_stock": draw.random() < 0.5,
        },
    )


def days() -> list[list[Item]]:
    """A catalogue day by day: items change, change again and back, come first, last, and go."""
    draw, first = random.Random(6), catalogue()
    second = [
        (
            replace(i, title=f"{i.title} zulu", description="onlyhere")
            if i.id in ("i0007", "i0100", "i0399")
            else i
        )
        for i in first
    ]
    third = [
        made(draw, i.id) if i.id in ("i0100", "i0200") else i for i in second if i.id != "i0300"
    ]
    third = [Item("a-first", "Brand new"), *third, Item("z-last", "yonder", "onlyonce")]
    fourth = [first[7] if i.id == "i0007" else i for i in third if i.id not in ("z-last", "i0001")]
    return [first, second, third, fourth]


def written(
    folder: Path,
    items: Sequence[Item],
    live: Path | None = None,
    fields: Schema | None = SCHEMA,
) -> tuple[Path, LexicalCounts]:
    write_items(folder, items)
    read = Items(folder)
    if live is None:
        return folder, lexical.write(folder / "lexical", read, None, fields)
    places = places_in_live(read, Items(live))
    base = LiveLexical(live / "lexical", Items(live), places)
    return folder, lexical.write(folder / "lexical", read, base, fields)


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Path, list[Item]]]:
    """Of every day, the index beside the day before, the one written whole, and the items."""
    folder, chains = tmp_path_factory.mktemp("days"), []
    live = None
    for number, items in enumerate(days()):
        live, counts = written(folder / f"beside{number}", items, live)
        assert counts.written == (len(items) if number == 0 else [0, 3, 6, 5][number])
        assert counts.written + counts.from_live == len(items)
        chains.append(
            (live / "lexical", written(folder / f"whole{number}", items)[0] / "lexical", items)
        )
    return chains


def test_an_item_is_the_same_one_only_letter_by_letter(tmp_path: Path) -> None:
    for (number, before), (_, after) in pairwise(enumerate(days())):
        write_items(tmp_path / f"{number}", before)
        write_items(tmp_path / f"{number}-after", after)
        there = places_in_live(Items(tmp_path / f"{number}-after"), Items(tmp_path / f"{number}"))
        by_id = {item.id: (place, item) for place, item in enumerate(before)}
        assert there.tolist() == [
            by_id[item.id][0] if item.id in by_id and by_id[item.id][1] == item else CHANGED
            for item in after
        ]


@pytest.mark.parametrize("day", range(4))
def test_it_counts_only_what_is_there(
    chains: list[tuple[Path, Path, list[Item]]], day: int
) -> None:
    beside, whole = (Lexical.open(path) for path in chains[day][:2])
    assert len(beside) == len(whole) == len(chains[day][2])
    assert beside.vocabulary() == whole.vocabulary()
    assert beside.fields() == whole.fields()
    for word, count in whole.vocabulary():
        assert beside.occurs(word) == count
        assert [beside.idf(stem) for stem in beside.stems(word)] == [
            whole.idf(stem) for stem in whole.stems(word)
        ]
    assert (beside.occurs("onlyhere"), beside.occurs("onlyonce")) == [
        (0, 0),
        (3, 0),
        (2, 1),
        (1, 0),
    ][day]
    for file in (facets.VALUES, facets.OFFSETS, facets.NUMBERS):
        assert (chains[day][0] / file).read_bytes() == (chains[day][1] / file).read_bytes(), file


@pytest.mark.parametrize("day", range(4))
def test_it_finds_what_one_written_whole_finds(
    chains: list[tuple[Path, Path, list[Item]]], day: int
) -> None:
    items = chains[day][2]
    beside, whole = (Lexical.open(path) for path in chains[day][:2])
    draw = random.Random(day)
    for _ in range(100):
        stems = beside.stems(
            " ".join([*draw.sample(WORDS_OF_ALL, 3), draw.choice(["onlyhere", "zulu", "onlyonce"])])
        )
        mine, theirs = (
            dict(zip(*index.search(dict.fromkeys(stems, 1.0), len(items)), strict=True))
            for index in (beside, whole)
        )
        assert mine.keys() == theirs.keys()
        # Of the mean length of all documents, those that are gone are still a part.
        assert [mine[position] for position in theirs] == pytest.approx(
            list(theirs.values()), rel=0.01
        )
    for asked in (
        {},
        {"topic": ["red"]},
        {"topic": ["rare", "!blue"], "size": ["2"], "in_stock": ["true"]},
    ):
        demands = read_filters(asked, {}).choices
        np.testing.assert_array_equal(beside.within(demands, ()), whole.within(demands, ()))
    phrase = " ".join(items[7].description.split()[:2])
    np.testing.assert_array_equal(beside.within({}, (phrase,)), whole.within({}, (phrase,)))


@pytest.mark.parametrize("day", range(4))
def test_it_knows_the_names_of_what_is_there(
    chains: list[tuple[Path, Path, list[Item]]], day: int
) -> None:
    items = chains[day][2]
    beside, whole = (Lexical.open(path) for path in chains[day][:2])
    for item in [*items[::40], *catalogue()[7:301:1], Item("z-last", "yonder")]:
        for text in (item.id, item.title, *Documents(SCHEMA).names(item)):
            for mine, theirs in zip(beside.named(text), whole.named(text), strict=True):
                np.testing.assert_array_equal(mine, theirs)
    assert beside.names() == whole.names()
    for start in ("", "b", "co", "f-0", "i00", "i0300", "yon"):
        np.testing.assert_array_equal(beside.beginning(start, 5), whole.beginning(start, 5))
        assert set(beside.holding(start, len(items))) == set(whole.holding(start, len(items)))
    assert beside.topics == whole.topics


LETTERS = [*"abcXYZ  .-_\t\n\x1f", *"ßéİŉ日本語नीอำ가🎬\u0301\u200d\u2028ﬁ"]


def hostile(draw: random.Random, id: str) -> Item:
    """An item of any letters, some words of it longer than the index keeps."""
    long, *several = ("".join(draw.choices(LETTERS, k=draw.randint(1, 90))) for _ in range(4))
    extra = {"kind\x1f": [True, 3, long], "größe": several[0]}
    return Item(
        id,
        several[1],
        " ".join([*several, "x" * 80]),
        tuple(sorted({several[2], long})),
        extra=extra,
    )


@pytest.mark.parametrize(
    "fields",
    [
        None,
        Schema(
            {
                "kind\x1f": Field("kind\x1f", FieldType.KEYWORD, search=99, facet=True),
                "größe": Field("größe", FieldType.TEXT, code=True),
                "none has it": Field("none has it", FieldType.TEXT, search=1, code=True),
            }
        ),
    ],
)
def test_it_counts_right_whatever_the_texts_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: Schema | None
) -> None:
    monkeypatch.setattr(lexical, "MOST_CHANGED", 0.9)
    draw = random.Random(7)
    items = [hostile(draw, f"i{number:03}") for number in range(150)]
    live, _ = written(tmp_path / "live", items, None, fields)
    for day in range(3):
        items = [
            hostile(draw, item.id) if draw.random() < 0.1 else item
            for item in items
            if draw.random() > 0.03
        ]
        live, counts = written(tmp_path / f"beside{day}", items, live, fields)
        assert 0 < counts.written < len(items)
        beside, whole = (
            Lexical.open(folder / "lexical")
            for folder in (live, written(tmp_path / f"whole{day}", items, None, fields)[0])
        )
        assert beside.vocabulary() == whole.vocabulary()
        assert beside.fields() == whole.fields()
        assert beside.names() == whole.names()
        assert beside.topics == whole.topics
        stems = {stem for word, _ in whole.vocabulary() for stem in whole.stems(word)}
        assert [beside.idf(stem) for stem in stems] == [whole.idf(stem) for stem in stems]


def test_live_keeps_its_own_files_and_its_segment_is_shared(tmp_path: Path) -> None:
    first, second, *_ = days()
    live, _ = written(tmp_path / "live", first)
    before = {
        path.name: (path.stat().st_ino, path.read_bytes()) for path in (live / "lexical").iterdir()
    }
    beside, _ = written(tmp_path / "beside", second, live)
    assert {
        path.name: (path.stat().st_ino, path.read_bytes()) for path in (live / "lexical").iterdir()
    } == before
    shared = {
        path.name
        for path in (beside / "lexical").iterdir()
        if path.stat().st_ino == before.get(path.name, (0,))[0]
    }
    assert shared == {name for name in before if "." in name and len(name.partition(".")[0]) == 32}
    assert not [path for path in (beside / "lexical").iterdir() if path.suffix == ".lock"]


def test_nothing_changed_nothing_is_indexed(tmp_path: Path) -> None:
    items = catalogue()
    live, _ = written(tmp_path / "live", items)
    beside, counts = written(tmp_path / "beside", items, live)
    assert counts == LexicalCounts(0, len(items))
    found, _ = Lexical.open(beside / "lexical").search({"bab": 1.0}, 5)
    assert len(found) == 5


def test_much_that_changed_is_written_whole(tmp_path: Path) -> None:
    items = catalogue()
    live, _ = written(tmp_path / "live", items)
    several = [
        replace(item, description="another") if n % 30 == 0 else item
        for n, item in enumerate(items)
    ]
    whole, counts = written(tmp_path / "whole", several, live)
    assert counts == LexicalCounts(len(items), 0)
    assert not (whole / "lexical" / TERMS).exists()


def test_a_damaged_overlay_is_refused(tmp_path: Path) -> None:
    first, second, *_ = days()
    beside, _ = written(tmp_path / "beside", second, written(tmp_path / "live", first)[0])
    (beside / "lexical" / TERMS).write_text("{}", encoding="utf-8")
    with pytest.raises(SearchError, match="lexical index"):
        Lexical.open(beside / "lexical")


def test_what_is_counted_off_is_what_was_counted() -> None:
    item = Item(
        "C++ Über",
        "The Editors’ über-Editor",
        "word " * 3 + "x" * 70,
        ("a b",),
        extra={"n": [1, True, "y"]},
    )
    gone = lexical._add_gone({WORDS: {"word": 2}}, [item], Documents())
    assert gone[WORDS]["word"] == 3
    assert "editor" in gone[WORDS]
    assert "x" * 70 not in gone[WORDS]


def test_languages_are_counted_from_day_to_day(tmp_path: Path) -> None:
    said = {"de": "Für die Küche und den Herd", "en": "For the desk that is in the room"}
    first = [Item(f"i{n:03}", "Lampe", said["de"]) for n in range(60)]
    first += [Item("j", "Phở", language="vi"), Item("k", "鍵盤", language="zh")]
    second = [item for item in first if item.id != "j"]
    second[0] = replace(first[0], title="Lamps", description=said["en"], language="en")
    live, _ = written(tmp_path / "live", first)
    beside, counts = written(tmp_path / "beside", second, live)
    whole, _ = written(tmp_path / "whole", second)
    assert counts.from_live == len(second) - 1
    told = Languages.open(beside / "lexical")
    assert (
        told == Languages.open(whole / "lexical") == Languages({"de": 59, "en": 1, "zh": 1}, "de")
    )
    # Where another language is the usual one, items that tell none are read otherwise.
    third = [replace(item, description=said["en"]) for item in second[:40]] + second[40:]
    _, counts = written(tmp_path / "third", third, live)
    assert counts.from_live == 0
