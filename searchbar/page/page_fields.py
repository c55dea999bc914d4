"""The catalogue's fields as the page knows them: their labels, their sorts, and what shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from release_format.fields import Field, FieldType, Schema
from searchbar.page.values import date, decimals, number, plain
from searchbar.query.parameters import order_by, parameters

UPDATED = "updated_at"
# What no catalogue declares, since it is ours; each comes before or after the catalogue's own.
OURS = {
    "topic": Field("topic", FieldType.KEYWORD, filter=True, facet=True),
    "language": Field("language", FieldType.KEYWORD, filter=True, facet=True),
    UPDATED: Field(UPDATED, FieldType.DATE, filter=True, label="Updated"),
}
WAYS = {
    FieldType.NUMBER: ("low to high", "high to low"),
    FieldType.DATE: ("oldest first", "newest first"),
    FieldType.BOOLEAN: ("no first", "yes first"),
}
LONGEST_SHOWN = 160
Fields = Mapping[str, Field]


def page_fields(columns: Iterable[str], schema: Schema | None) -> dict[str, Field]:
    """What can be filtered by or is shown, in the order of the filters; a column without a type is
    one of keywords."""
    typed = {each.name: each for each in schema or ()}
    order = dict.fromkeys(["topic", *typed, *columns])
    return {name: typed.get(name) or OURS.get(name) or _untyped(name) for name in order}


def _untyped(name: str) -> Field:
    label = name[:1].upper() + name[1:]
    return Field(name, FieldType.KEYWORD, filter=True, facet=True, label=label)


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


def sorts(fields: Fields, *, dated: bool) -> list[tuple[str, str]]:
    """Every order that can be chosen, in words; `dated`: the items say when they were changed."""
    orders = [("", "Best match"), ("title", "Title, A to Z"), ("-title", "Title, Z to A")]
    if dated:
        orders.append((f"-{UPDATED}", "Newest"))
    for name, field in fields.items():
        up, down = WAYS.get(field.type, ("A to Z", "Z to A"))
        if field.sort:
            heading, order = plain(field.heading), order_by(name)
            orders += [(order, f"{heading}, {up}"), (f"-{order}", f"{heading}, {down}")]
    return orders


def offered(
    orders: Sequence[tuple[str, str]], asked: str, unasked: str | None
) -> list[tuple[str, str]]:
    """The orders to choose from; `unasked` names the first where nothing is asked, "" drops it."""
    shown = list(orders)
    if unasked is not None:
        shown = [("", unasked), *shown[1:]] if unasked else shown[1:]
    if asked and asked not in dict(shown):
        names = dict(orders)
        shown.append((asked, plain(", then ".join(names.get(k, k) for k in asked.split(",")))))
    return shown


def script_fields(fields: Fields, own: Sequence[str]) -> list[dict[str, Any]]:
    """The fields as the page's script begins with them; `own` are the page's own parameters."""
    return [
        {
            "name": name,
            "names": parameters(name, own),
            "type": field.type,
            "label": plain(field.heading),
            "unit": plain(field.unit),
            "decimals": decimals(field.unit),
            "show": field.show,
        }
        for name, field in fields.items()
    ]


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
