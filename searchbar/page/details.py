"""Details: what is shown of a hit besides its texts, and what fields are for, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from release_format.fields import Field, FieldType
from searchbar.page.locale import Locale
from searchbar.page.page_fields import Fields, PageFields
from searchbar.page.values import date, decimals, number, plain, truth

LONGEST_SHOWN = 160
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


def web(url: str) -> str:
    """The address if it is one of the web, or nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def language_tag(text: str) -> str:
    """An item's language as HTML names it: `de-AT` of `de_AT`; nothing of what is no such name."""
    return text.replace("_", "-") if _TAG.fullmatch(text) else ""


def site(url: str) -> str:
    """The host of an address, without who signs in there."""
    return urlsplit(url).netloc.rpartition("@")[2]


def uses(locale: Locale, field: Field) -> list[str]:
    """What a field is for, in words."""
    stated = {
        "searched": field.search > 0,
        "code": field.code,
        "filter": field.filter,
        "facet": field.facet,
        "sort": field.sort,
        "show": field.show > 0,
    }
    values: dict[str, str | int] = {"weight": locale.decimal(field.search), "place": field.show}
    return [locale.text(f"about.{use}", **values) for use, holds in stated.items() if holds]


def picture(fields: Fields, hit: Mapping[str, Any]) -> str:
    """The address of a hit's picture: its own, or the first that a field of pictures holds."""
    values = hit.get("fields") or {}
    named = [values.get(name) for name in fields if fields[name].type is FieldType.IMAGE]
    found = [hit.get("image_url", ""), *(text for value in named for text in texts(value))]
    return next(filter(None, map(web, found)), "")


def shown(known: PageFields, hit: Mapping[str, Any]) -> list[dict[str, str]]:
    """The fields of a hit that are to be shown and have a value, as people read them."""
    values = hit.get("fields") or {}
    order = sorted((f for f in known.fields.values() if f.show), key=lambda field: field.show)
    rows = [
        _row(known.locale, field, values[field.name]) for field in order if field.name in values
    ]
    return [row for row in rows if row["text"]]


def _row(locale: Locale, field: Field, value: Any) -> dict[str, str]:
    label, write = plain(field.heading), _WRITERS.get(field.type, _keywords)
    text = plain(write(locale, field, value))
    row = {"label": label, "text": text, "kind": field.type, "href": ""}
    if field.type is FieldType.BOOLEAN:
        row["mark"] = "✓" if value else "–"
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


def _number(locale: Locale, field: Field, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return number(locale, value, field.unit, decimals(field.unit))


def _truth(locale: Locale, _: Field, value: Any) -> str:
    return truth(locale, value) if isinstance(value, bool) else ""


def _date(locale: Locale, _: Field, value: Any) -> str:
    return date(locale, value) if isinstance(value, str) else ""


def _keywords(_: Locale, __: Field, value: Any) -> str:
    text = ", ".join(texts(value))
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


_WRITERS: Mapping[FieldType, Callable[[Locale, Field, Any], str]] = {
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _truth,
    FieldType.DATE: _date,
    FieldType.URL: lambda _, __, value: next((site(u) for u in map(web, texts(value)) if u), ""),
    FieldType.IMAGE: lambda _, __, ___: "",
}
