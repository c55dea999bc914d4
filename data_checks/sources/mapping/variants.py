"""Variants of products: exports that write a product's texts on its first row only (Shopify's)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from data_checks.canonical_text import text
from data_checks.sources.mapping.common_names import plain
from data_checks.sources.mapping.made_ids import made_id
from data_checks.sources.row import ReadingNotes, Row

HANDLES = ("handle", "urlhandle")
SIGNS = ("option1value", "variantsku", "variantprice")
NO_CHOICE = "Default Title"
_OPTIONS = ("option1value", "option2value", "option3value")
_IMAGES, _OWN_IMAGES = ("imagesrc", "productimageurl"), ("variantimage", "variantimageurl")
SENTENCE = (
    "Read as rows of variants: a product's texts come from its first row, and ids are made of the"
    " handle and the options; group_by in fields.toml shows the variants of one thing as one hit."
)


def handle_column(names: Sequence[str]) -> str:
    """The column that variants of one product share, or nothing where these are no variants."""
    bare = {plain(name): name for name in names}
    if not any(sign in bare for sign in SIGNS):
        return ""
    return next((bare[handle] for handle in HANDLES if handle in bare), "")


def variants(rows: Iterator[Row], handle: str, notes: ReadingNotes) -> Iterator[Row]:
    """One row a variant, with its product's texts; rows that hold another picture only are none."""
    notes.add(SENTENCE)
    product: Mapping[str, Any] = {}
    for row in rows:
        if row.broken:
            yield row
            continue
        if text(row.values.get(handle)) != text(product.get(handle)):
            product = row.values
            yield replace(row, values=_variant(row.values, product, handle))
        elif _is_variant(row.values):
            yield replace(row, values=_variant(row.values, product, handle))
        else:
            notes.leave_out("row of another picture")


def _is_variant(values: Mapping[str, Any]) -> bool:
    return any(
        text(value)
        for name, value in values.items()
        if plain(name).startswith("variant") or plain(name) in (*_OPTIONS, "sku", "price")
    )


def _variant(values: Mapping[str, Any], product: Mapping[str, Any], handle: str) -> dict[str, Any]:
    own = ("variant", "option", "image", "productimage", "sku", "barcode", "price", "cost")
    filled = {}
    for name, value in values.items():
        is_shared = not plain(name).startswith(own) or plain(name).endswith("name")
        filled[name] = product.get(name) if is_shared and not text(value) else value
    by_plain = {plain(name): name for name in values}
    pictures = [by_plain[name] for name in _OWN_IMAGES if name in by_plain]
    own_picture = next((values[name] for name in pictures if text(values[name])), None)
    for image in (by_plain[name] for name in _IMAGES if name in by_plain):
        filled[image] = own_picture or product.get(image)
    if "id" not in values and text(values.get(handle)):
        options = [text(values.get(by_plain[name])) for name in _OPTIONS if name in by_plain]
        chosen = [option for option in options if option not in ("", NO_CHOICE)]
        filled["id"] = "-".join([text(values[handle]), *map(made_id, chosen)])
    return filled
