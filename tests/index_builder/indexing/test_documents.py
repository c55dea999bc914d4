"""What is indexed of an item, by what its fields are for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from index_builder.indexing import lexical
from index_builder.indexing.documents import Documents
from release_format.fields import Field, FieldType, Schema
from release_format.items import Item
from searchbar.query.analyzers import PLAIN, WORDS
from searchbar.retrieval.words.lexical import BETWEEN, FIELDS, FILTERS, Lexical

SHELF = Item(
    "f-1",
    "Oak shelf",
    "Holds books.",
    ("wood",),
    language="en",
    extra={
        "brand": ["Hemnes", "Ikea works"],
        "ean": "4006381333931",
        "sku": "AB 12 345",
        "price": 89.0,
        "released": "2026-01-02",
        "in_stock": True,
        "note": "secret",
    },
)


def schema(*fields: Field) -> Schema:
    return Schema({field.name: field for field in fields})


def test_older_snapshots_filter_by_every_short_value_but_no_fraction() -> None:
    values = Documents().filter_values(SHELF)
    assert values == {
        "topic": ["wood"],
        "language": ["en"],
        "brand": ["Hemnes", "Ikea works"],
        "ean": ["4006381333931"],
        "sku": ["AB 12 345"],
        "released": ["2026-01-02"],
        "in_stock": ["true"],
        "note": ["secret"],
    }
    assert Documents().texts(SHELF)[FIELDS] == list(values)


def test_what_filters_or_counts_is_a_word_and_what_has_ranges_is_a_column() -> None:
    fields = schema(
        Field("brand", FieldType.KEYWORD, facet=True),
        Field("price", FieldType.NUMBER, filter=True, facet=True),
        Field("released", FieldType.DATE, filter=True),
        Field("in_stock", FieldType.BOOLEAN, filter=True),
        Field("note", FieldType.TEXT, search=1),
    )
    texts = Documents(fields).texts(SHELF)
    assert texts[FILTERS] == [
        f"{name}{BETWEEN}{value}"
        for name, value in (
            *(("topic", "wood"), ("language", "en")),
            *(("brand", "Hemnes"), ("brand", "Ikea works"), ("in_stock", "true")),
        )
    ]
    assert texts[FIELDS] == ["topic", "language", *SHELF.extra]


@pytest.mark.parametrize(
    ("weight", "times"), [(0, 0), (0.2, 1), (1, 1), (1.5, 2), (2.4, 2), (7, 7), (1e9, 10)]
)
def test_a_searched_field_counts_by_its_weight(weight: float, times: int) -> None:
    fields = schema(Field("brand", FieldType.KEYWORD, search=weight))
    texts = Documents(fields).texts(SHELF)
    assert Counter(" ".join(texts[WORDS]).split())["Hemnes"] == times
    assert texts[PLAIN].count("Ikea works") == min(times, 1)
    assert Counter(" ".join(texts[WORDS]).split())["Oak"] == 3


def test_without_a_declared_search_the_words_are_as_ever() -> None:
    fields = schema(Field("brand", FieldType.KEYWORD, filter=True))
    for field in (WORDS, PLAIN):
        assert Documents(fields).texts(SHELF)[field] == Documents().texts(SHELF)[field]


def test_a_code_names_its_item() -> None:
    fields = schema(
        Field("ean", FieldType.KEYWORD, code=True), Field("sku", FieldType.KEYWORD, code=True)
    )
    assert Documents(fields).names(SHELF) == [
        *("f-1", "oak shelf", "4006381333931", "ab 12 345"),
        *("~f 1", "~oak shelf", "~4006381333931", "~ab 12 345"),
        "ab12345",
    ]
    assert Documents().names(SHELF) == ["f-1", "oak shelf", "~f 1", "~oak shelf"]


def test_a_greater_weight_puts_a_field_before_a_description(tmp_path: Path) -> None:
    """The same word in a brand, and twice in a description of the same length."""
    items = [
        Item("brand", "One", "walnut lamp for desks", extra={"brand": "Lumen"}),
        Item("told", "Two", "lumen lumen walnut lamp"),
        *(Item(f"other{n}", "Three", "walnut lamp for desks") for n in range(8)),
    ]
    first = {}
    for weight in (0, 1, 4):
        folder = tmp_path / f"{weight}"
        fields = schema(Field("brand", FieldType.KEYWORD, search=weight))
        lexical.write(folder, items, None, fields)
        read = Lexical.open(folder)
        positions, scores = read.search({"lumen": 1.0}, 5)
        first[weight] = positions.tolist()
        assert np.all(np.diff(scores) <= 0)
        assert read.occurs("lumen") == (1 if weight == 0 else 2)
        assert set(read.within({}, ("Lumen",)).tolist()) == set(positions.tolist())
    assert first == {0: [1], 1: [1, 0], 4: [0, 1]}
