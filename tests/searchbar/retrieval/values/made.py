"""Values over the columns and facets of a few items: as a release holds them, without vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index_builder.indexing import columns as columns_writer
from index_builder.indexing.documents import Documents
from release_format.fields import Field, FieldType, Schema
from release_format.items import Item, Items, write_items
from searchbar.retrieval.columns import Columns
from searchbar.retrieval.facets import Facets, FacetWriter
from searchbar.retrieval.values.values import Values


def field(name: str, kind: FieldType) -> Field:
    is_text = kind in (FieldType.TEXT, FieldType.URL)
    return Field(name, kind, filter=not is_text, sort=True, facet=not is_text)


SCHEMA = Schema(
    {
        each.name: each
        for each in (
            field("price", FieldType.NUMBER),
            field("stock", FieldType.NUMBER),
            field("sale", FieldType.BOOLEAN),
            field("due", FieldType.DATE),
            field("shelf", FieldType.KEYWORD),
            field("note", FieldType.TEXT),
            Field("weight", FieldType.NUMBER),
        )
    }
)
ITEMS = tuple(
    Item(
        f"a-{n}",
        f"Lamp {n}",
        extra={
            "price": 10.5 * n,
            "stock": n,
            "sale": n % 2 == 0,
            "due": f"2026-0{n + 1}-01",
            "shelf": ["Links", "Rechts"][: n % 3] or "Mitte",
            "note": "fragile",
        },
    )
    for n in range(6)
)


@dataclass(frozen=True)
class Held:
    """What a release holds of items, as far as values are concerned."""

    items: Items
    columns: Columns
    facets: Facets

    def values(self, path: Path | None) -> Values:
        return Values(path, self.items, SCHEMA, self.columns, self.facets)


def held(folder: Path, items: Sequence[Item] = ITEMS) -> Held:
    folder.mkdir(parents=True, exist_ok=True)
    write_items(folder, sorted(items, key=lambda item: item.id))
    opened = Items(folder)
    columns_writer.write(folder / "columns", opened, SCHEMA)
    writer, documents = FacetWriter(), Documents(SCHEMA)
    for item in opened:
        writer.add(documents.filter_values(item))
    writer.write(folder)
    return Held(opened, Columns.open(folder / "columns", len(opened)), Facets.open(folder))
