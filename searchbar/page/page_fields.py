"""The catalogue's fields as the page knows them: their labels and their sorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from release_format.fields import Field, FieldType
from searchbar.page.values import decimals, plain
from searchbar.query.parameters import order_by, parameters

TITLE, UPDATED = "title", "updated_at"
# What no catalogue declares, since it is ours.
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
Fields = Mapping[str, Field]
Sort = tuple[str, str]


@dataclass(frozen=True)
class PageFields:
    """The fields by name, in the order of the filters, and every order to choose, in words.

    `unasked` is what the order without a question is called, empty where it is by title.
    """

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
            names = dict(self.sorts)
            shown.append((asked, plain(", then ".join(names.get(k, k) for k in asked.split(",")))))
        return shown

    def for_script(self, own: Sequence[str]) -> dict[str, Any]:
        """What the page's script begins with; `own` are the page's own parameters."""
        return {
            "fields": [_scripted(field, own) for field in self.fields.values()],
            "sorts": self.sorts,
            "unasked": self.unasked,
            "group": self.group_by,
        }


def page_fields(typed: Iterable[Field], filters: Iterable[str]) -> dict[str, Field]:
    """Fields in the order of the filters; a column without a type is one of keywords."""
    known = {field.name: field for field in typed}
    order = dict.fromkeys(["topic", *known, *filters])
    return {name: OURS.get(name) or known.get(name) or _untyped(name) for name in order}


def _untyped(name: str) -> Field:
    label = name[:1].upper() + name[1:]
    return Field(name, FieldType.KEYWORD, filter=True, facet=True, label=label)


def sorts(fields: Fields, sortable: Iterable[str], *, dated: bool) -> list[Sort]:
    """Every order that can be chosen, in words; `dated`: the items say when they were changed."""
    orders = [("", "Best match"), (TITLE, "Title, A to Z"), (f"-{TITLE}", "Title, Z to A")]
    if dated:
        orders.append((f"-{UPDATED}", "Newest"))
    for name in (name for name in fields if name in set(sortable)):
        field, order = fields[name], order_by(name)
        up, down = WAYS.get(field.type, ("A to Z", "Z to A"))
        if field.sort:
            heading = plain(field.heading)
            orders += [(order, f"{heading}, {up}"), (f"-{order}", f"{heading}, {down}")]
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
