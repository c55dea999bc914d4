"""The catalogue's fields as the page knows them: their labels and their sorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from release_format.fields import Field, FieldType
from searchbar.page.locale import Locale
from searchbar.page.values import decimals, plain
from searchbar.query.parameters import order_by, parameters

TITLE, UPDATED = "title", "updated_at"
# What no catalogue declares, since it is ours.
OURS = {
    "topic": Field("topic", FieldType.KEYWORD, filter=True, facet=True),
    "language": Field("language", FieldType.KEYWORD, filter=True, facet=True),
    UPDATED: Field(UPDATED, FieldType.DATE, filter=True),
}
WAYS = (FieldType.NUMBER, FieldType.DATE, FieldType.BOOLEAN)
Fields = Mapping[str, Field]
Sort = tuple[str, str]


@dataclass(frozen=True)
class PageFields:
    """The fields by name, in the order of the filters, and every order to choose, in words.

    `unasked` is what the order without a question is called, empty where it is by title.
    """

    locale: Locale
    fields: Fields
    sorts: Sequence[Sort]
    unasked: str = ""
    group_by: str = ""

    def offered(self, asked: str, *, browsing: bool) -> list[Sort]:
        """The orders to choose from, with the one that is asked for."""
        shown = list(self.sorts)
        if browsing:
            shown[:1] = [("", self.unasked)] if self.unasked else []
        if asked and asked not in dict(shown):
            shown.append((asked, plain(self._in_turn(asked.split(",")))))
        return shown

    def _in_turn(self, keys: Sequence[str]) -> str:
        first, *following = [dict(self.sorts).get(key, key) for key in keys]
        for each in following:
            first = self.locale.text("sort.then", first=first, next=each)
        return first

    def for_script(self, own: Sequence[str]) -> dict[str, Any]:
        """What the page's script begins with; `own` are the page's own parameters."""
        return {
            "locale": self.locale.for_script(),
            "fields": [_scripted(field, own) for field in self.fields.values()],
            "sorts": self.sorts,
            "unasked": self.unasked,
            "group": self.group_by,
        }


def page_fields(locale: Locale, typed: Iterable[Field], filters: Iterable[str]) -> dict[str, Field]:
    """Fields in the order of the filters; a column without a type is one of keywords."""
    ours = {
        name: replace(field, label=locale.text(f"fields.{name}")) for name, field in OURS.items()
    }
    known = {field.name: field for field in typed}
    order = dict.fromkeys(["topic", *known, *filters])
    return {name: ours.get(name) or known.get(name) or _untyped(name) for name in order}


def _untyped(name: str) -> Field:
    label = name[:1].upper() + name[1:]
    return Field(name, FieldType.KEYWORD, filter=True, facet=True, label=label)


def sorts(locale: Locale, fields: Fields, sortable: Iterable[str], *, dated: bool) -> list[Sort]:
    """Every order that can be chosen, in words; `dated`: the items say when they were changed."""
    orders = [
        ("", locale.text("sort.best")),
        (TITLE, locale.text("sort.title")),
        (f"-{TITLE}", locale.text("sort.title_reversed")),
    ]
    if dated:
        orders.append((f"-{UPDATED}", locale.text("sort.newest")))
    for name in (name for name in fields if name in set(sortable)):
        field, order = fields[name], order_by(name)
        way, heading = field.type if field.type in WAYS else "text", plain(field.heading)
        if field.sort:
            reverse = locale.text(f"sort.{way}_reversed", field=heading)
            orders += [(order, locale.text(f"sort.{way}", field=heading)), (f"-{order}", reverse)]
    return orders


def _scripted(field: Field, own: Sequence[str]) -> dict[str, Any]:
    return {
        "name": field.name,
        "names": parameters(field.name, own) if field.filter else [],
        "type": field.type,
        "label": plain(field.heading),
        "unit": plain(field.unit),
        "decimals": decimals(field.unit),
        "show": field.show,
    }
