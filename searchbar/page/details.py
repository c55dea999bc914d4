"""Details: what is shown of a hit besides its texts, and what fields are for, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from release_format.fields import Field, FieldType
from searchbar.page.page_fields import Fields
from searchbar.page.values import date, decimals, number, plain

LONGEST_SHOWN = 160


def web(url: str) -> str:
    """The address if it is one of the web, or nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def site(url: str) -> str:
    """The host of an address, without who signs in there."""
    return urlsplit(url).netloc.rpartition("@")[2]


def uses(field: Field) -> list[str]:
    """What a field is for, in words."""
    stated = {
        f"searched, weight {field.search:g}": field.search > 0,
        "names an item": field.code,
        "filtered": field.filter,
        "counted": field.facet,
        "sorted": field.sort,
        f"shown, place {field.show}": field.show > 0,
    }
    return [use for use, holds in stated.items() if holds]


def picture(fields: Fields, hit: Mapping[str, Any]) -> str:
    """The address of a hit's picture: its own, or the first that a field of pictures holds."""
    values = hit.get("fields") or {}
    named = [values.get(name) for name in fields if fields[name].type is FieldType.IMAGE]
    found = [hit.get("image_url", ""), *(text for value in named for text in texts(value))]
    return next(filter(None, map(web, found)), "")


def shown(fields: Fields, hit: Mapping[str, Any]) -> list[dict[str, str]]:
    """The fields of a hit that are to be shown and have a value, as people read them."""
    values = hit.get("fields") or {}
    order = sorted((f for f in fields.values() if f.show), key=lambda field: field.show)
    rows = [_row(field, values[field.name]) for field in order if field.name in values]
    return [row for row in rows if row["text"]]


def _row(field: Field, value: Any) -> dict[str, str]:
    label, write = plain(field.heading), _WRITERS.get(field.type, _keywords)
    row = {"label": label, "text": plain(write(field, value)), "kind": field.type, "href": ""}
    if field.type is FieldType.NUMBER and decimals(field.unit):
        row["kind"] = "money"
    if field.type is FieldType.URL:
        row["href"] = next(filter(None, map(web, texts(value))), "")
    if field.type is FieldType.DATE:
        row["href"] = str(value)
    return row


def texts(value: Any) -> list[str]:
    """A value that may be a list as its texts."""
    several = value if isinstance(value, list) else [value]
    return [text for text in several if isinstance(text, str) and text]


def _number(field: Field, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return number(value, field.unit, decimals(field.unit))


def _truth(_: Field, value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else ""


def _keywords(_: Field, value: Any) -> str:
    text = ", ".join(texts(value))
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


_WRITERS: Mapping[FieldType, Callable[[Field, Any], str]] = {
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _truth,
    FieldType.DATE: lambda _, value: date(value) if isinstance(value, str) else "",
    FieldType.URL: lambda _, value: next((site(u) for u in map(web, texts(value)) if u), ""),
    FieldType.IMAGE: lambda _, __: "",
}
