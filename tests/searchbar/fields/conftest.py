"""A made-up shop of typed fields: 420 products in three colours of each style, many gaps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from release_format.fields import Field, FieldType, Rank, Schema
from release_format.items import Item
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.retrieval.encoder import Encoder
from tests.searchbar.conftest import MakeRelease
from tests.searchbar.retrieval.test_result_set import catalogue

ALL_USES: dict[str, Any] = {"filter": True, "sort": True, "facet": True}
FIELDS = (
    Field("price", FieldType.NUMBER, **ALL_USES, show=1, unit="€"),
    Field("released", FieldType.DATE, **ALL_USES),
    Field("in_stock", FieldType.BOOLEAN, **ALL_USES, label="In stock"),
    Field("brand", FieldType.KEYWORD, **ALL_USES, show=2),
    Field("style", FieldType.KEYWORD, filter=True),
    Field("sold", FieldType.NUMBER, sort=True),
    Field("page", FieldType.NUMBER, filter=True, sort=True),
    Field("note", FieldType.TEXT),
)
BRANDS = ("Bosch", "BOSCH", "Müller", "Ärmel & Co", "!Wow", "")
PLAIN = Schema({each.name: each for each in FIELDS})
GROUPED = replace(PLAIN, group_by="style", rank=Rank("-sold", 0.05))


def extra(number: int) -> dict[str, Any]:
    values: dict[str, Any] = {
        "price": round(3 + (number * 37 % 211) * 0.9, 2) if number % 5 else "",
        "released": released(number) if number % 7 else "",
        "in_stock": number % 3 > 0 if number % 4 else "",
        "brand": BRANDS[number % len(BRANDS)],
        "style": f"Style {number // 3}" if number % 10 else "",
        "sold": (number * 13) % 17 if number % 2 else "",
        "page": number % 6,
        "note": f"Note {number}",
    }
    return {name: value for name, value in values.items() if value != ""}


def released(number: int) -> str:
    day = f"{2019 + number % 8}-{1 + number % 12:02}-{1 + number % 28:02}"
    return f"{day}T{number % 24:02}:30:00Z" if number % 9 == 0 else day


@pytest.fixture(scope="session")
def products(encoder: Encoder) -> tuple[list[Item], Any]:
    items, vectors = catalogue(encoder)
    return [replace(item, extra=extra(n)) for n, item in enumerate(items)], vectors


def shop_of(make_release: MakeRelease, products: Any, schema: Schema) -> Engine:
    items, vectors = products
    release: Release = make_release(items, vectors=vectors, schema=schema)
    return Engine.open(release)


@pytest.fixture(scope="session")
def shop(make_release: MakeRelease, products: Any) -> Engine:
    """Without groups and rank."""
    return shop_of(make_release, products, PLAIN)


@pytest.fixture(scope="session")
def grouped(make_release: MakeRelease, products: Any) -> Engine:
    """Variants of a style are one hit, and what is sold more comes first."""
    return shop_of(make_release, products, GROUPED)
