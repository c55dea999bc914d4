"""What makes two schemas index the same item alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from index_builder.unchanged import indexes_alike
from release_format.fields import Field, FieldType, Rank, Schema

BRAND = Field("brand", FieldType.KEYWORD, search=1, filter=True, show=1, label="Brand", unit="x")
SCHEMA = Schema({"brand": BRAND}, group_by="brand", rank=Rank("-sales"))


@pytest.mark.parametrize("shown", [{"show": 0}, {"label": "Marke"}, {"unit": "€"}, {"inferred": 0}])
def test_what_only_shows_differently_is_indexed_alike(shown: dict[str, Any]) -> None:
    assert indexes_alike(SCHEMA, replace(SCHEMA, fields={"brand": replace(BRAND, **shown)}))
    assert indexes_alike(None, None)


@pytest.mark.parametrize(
    "uses",
    [
        {"type": FieldType.TEXT},
        {"search": 2},
        {"code": True},
        {"filter": False},
        {"sort": True},
        {"facet": True},
    ],
)
def test_another_use_of_a_field_is_another_index(uses: dict[str, Any]) -> None:
    assert not indexes_alike(SCHEMA, replace(SCHEMA, fields={"brand": replace(BRAND, **uses)}))


@pytest.mark.parametrize(
    "other",
    [
        None,
        Schema(),
        replace(SCHEMA, group_by=""),
        replace(SCHEMA, rank=None),
        replace(SCHEMA, fields={}),
        replace(SCHEMA, fields={"brand": BRAND, "size": Field("size", FieldType.NUMBER)}),
    ],
)
def test_other_fields_are_another_index(other: Schema | None) -> None:
    assert not indexes_alike(SCHEMA, other)
    assert not indexes_alike(other, SCHEMA)
