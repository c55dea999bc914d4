"""Nested values: objects flattened by one level, lists of objects as the list of their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What only wraps the columns of a row: answers of Elasticsearch, Airtable, npm, GeoJSON, GraphQL.
WRAPPERS = ("_source", "fields", "attributes", "properties", "node", "package", "document", "item")
NAMES, ADDRESSES = ("name", "title", "label"), ("src", "url", "href")


def flattened(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with `price.amount` for {"price": {"amount": …}}, and names for lists of objects.

    The columns of a wrapper come to stand beside it; a column that is there already stays.
    """
    if not any(isinstance(value, dict | list) for value in values.values()):
        return values
    flat: dict[str, Any] = {}
    for name, value in _unwrapped(values).items():
        if isinstance(value, dict) and value:
            inner = {f"{name}.{key}": entry for key, entry in value.items()}
            flat |= {place: _named(entry) for place, entry in inner.items() if place not in values}
        else:
            flat[name] = _named(value)
    return flat


def _unwrapped(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if name in WRAPPERS and isinstance(value, dict):
            own = {key: entry for key, entry in value.items() if key not in values}
            rest = {key: entry for key, entry in value.items() if key in values}
            flat |= own | ({name: rest} if rest else {})
        else:
            flat[name] = value
    return flat


def _named(value: Any) -> Any:
    """A list of objects as the list of their names, or of their addresses; all else as it is."""
    if not isinstance(value, list) or not value:
        return value
    if not all(isinstance(entry, dict) for entry in value):
        return value
    for word in (*NAMES, *ADDRESSES):
        if all(isinstance(entry.get(word), str) for entry in value):
            return [entry[word] for entry in value]
    return value
