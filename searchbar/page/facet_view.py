"""The column of filters: counted values, ranges with their histogram, and switches."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from typing import Any

from release_format.fields import Field, FieldType
from searchbar.page.locale import Locale
from searchbar.page.page_fields import PageFields
from searchbar.page.url_state import UrlState
from searchbar.page.values import asked, digits, ends, plain, said, span
from searchbar.query.parameters import FIND, FROM, TO, parameter

# From here on a name made of digits is no number to an object of JavaScript.
MOST_INDEX = 2**32 - 1
# More values than these are looked through by typing.
FEW = 12
TALL = 32
Facet = Mapping[str, Any]


def facet_views(
    url_state: UrlState, known: PageFields, facets: Mapping[str, Facet], total: int
) -> list[dict[str, Any]]:
    """What the filters show of an answer's facets, in the order of the fields.

    Each value of the field that makes variants of one thing is one result: it is offered only
    where it is in use.
    """
    views, locale = [], known.locale
    for name, field in known.fields.items():
        on = url_state.filters.get(name, ())
        if name in facets and field.filter and (on or name != known.group_by):
            view: dict[str, Any] | None
            if field.is_ordered:
                view = _range(locale, field, facets[name], list(on))
            elif field.type is FieldType.BOOLEAN:
                view = _switch(locale, facets[name], list(on), total)
            else:
                view = _values(locale, facets[name], list(on))
            if view:
                own = {"field": name, "parameter": parameter(name), "label": plain(field.heading)}
                views.append({**own, "search": FIND + name, **view})
    return views


def kept(url_state: UrlState, views: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The filters in use that no input of the form says, for the form to send them, too."""
    rest = {view["field"]: view["rest"] for view in views}
    return [
        (parameter(name), value)
        for name, values in url_state.filters.items()
        for value in rest.get(name, values)
    ]


def _values(locale: Locale, facet: Facet, on: list[str]) -> dict[str, Any] | None:
    counts, find = facet.get("values") or {}, facet.get("find", "")
    stated = [(value, *said(value)) for value in on]
    chosen = {text.lower(): value for value, denied, text in stated if not denied}
    found = {value.lower() for value in counts}
    gone = [(text, 0) for _, denied, text in stated if not denied and text.lower() not in found]
    values = gone + sorted(counts.items(), key=lambda counted: (-counted[1], place(counted[0])))
    if len(values) < 2 and not on and not find:
        return None
    shown, whole = len(counts), int(facet.get("total_values", 0))
    return {
        "kind": "values",
        "counts": [
            {
                "value": chosen.get(value.lower(), asked(value)),
                "name": plain(value),
                "count": locale.whole(n),
                "on": value.lower() in chosen,
            }
            for value, n in values
        ],
        "sought": bool(find) or len(values) > FEW,
        "find": find,
        "few": locale.text("filters.part", count=shown, whole=whole) if whole > shown else "",
        "rest": [value for value, denied, _ in stated if denied],
    }


def _switch(locale: Locale, facet: Facet, on: list[str], total: int) -> dict[str, Any] | None:
    yes = int((facet.get("values") or {}).get("true", 0))
    sets = [value for value in on if value.lower() in ("true", "yes", "1")]
    if not on and not 0 < yes < total:
        return None
    rest = [value for value in on if value not in sets]
    return {"kind": "switch", "on": bool(sets), "count": locale.whole(yes), "rest": rest}


def _range(locale: Locale, field: Field, facet: Facet, on: list[str]) -> dict[str, Any] | None:
    least, most = facet.get("min"), facet.get("max")
    if not on and (least is None or least == most):
        return None
    low, high = "", ""
    said_ranges = [value for value in on if not value.startswith("!")]
    if len(said_ranges) == 1:
        low, high = ends(said_ranges[0])
    dated = field.type is FieldType.DATE
    if dated:
        low, high = first_day(low)[:10], last_day(high)[:10]
    bars = facet.get("histogram") or []
    return {
        "kind": "range",
        "type": field.type,
        "unit": plain(field.unit),
        "low": low,
        "high": high,
        "least": _bound(least),
        "most": _bound(most),
        # An input for a date has no room to say this.
        "whole": span(locale, field, least, most) if dated and least else "",
        "from": FROM + field.name,
        "to": TO + field.name,
        "bars": _bars(locale, field, bars),
        "rest": [value for value in on if value.startswith("!") or len(said_ranges) > 1],
    }


def _bars(locale: Locale, field: Field, histogram: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The bars of a histogram, in whole parts of its height, with what each says."""
    most = max((int(bar["count"]) for bar in histogram), default=0) or 1
    counts = [int(bar["count"]) for bar in histogram]
    heights = [max((2 * TALL * n + most) // (2 * most), min(n, 1)) for n in counts]
    return [
        {
            "x": 10 * at,
            "y": TALL - tall,
            "height": tall,
            "text": f"{span(locale, field, bar['from'], bar['to'])}: {locale.whole(n)}",
        }
        for at, (bar, tall, n) in enumerate(zip(histogram, heights, counts, strict=True))
    ]


def _bound(value: object) -> str:
    if isinstance(value, int | float):
        return ("-" if value < 0 else "") + digits(abs(value))
    return str(value or "")


def first_day(date: str) -> str:
    """The first day of a year or a month; anything else as it is."""
    if re.fullmatch(r"[0-9]{4}", date):
        return f"{date}-01-01"
    return f"{date}-01" if re.fullmatch(r"[0-9]{4}-[0-9][0-9]", date) else date


def last_day(date: str) -> str:
    """The last day of a year or a month; anything else as it is."""
    if re.fullmatch(r"[0-9]{4}", date):
        return f"{date}-12-31"
    if re.fullmatch(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])", date):
        year, month = map(int, date.split("-"))
        return f"{date}-{calendar.monthrange(year, month)[1]:02}"
    return date


def place(name: str) -> tuple[bool, int]:
    """Numbers first, in their order, as an object of JavaScript has its keys on the other page."""
    number = (
        name.isascii() and name.isdigit() and str(int(name[:10])) == name and int(name) < MOST_INDEX
    )
    return not number, int(name) if number else 0
