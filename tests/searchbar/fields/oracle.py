"""What filters and sorts mean, read off the items one by one: slow, and plain to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from release_format.items import Item

ORDERED = ("price", "page", "sold")


def values_of(item: Item, field: str) -> list[str]:
    own = {"topic": list(item.topics), "language": [item.language]}.get(field)
    if own is None:
        value = item.extra.get(field)
        own = [] if value is None else [str(value)]
    return [value for value in own if value]


def fits(item: Item, filters: Mapping[str, Sequence[str]]) -> bool:
    """Whether an item is within all filters."""
    return all(_fits(item, field, asked) for field, asked in filters.items())


def _fits(item: Item, field: str, asked: Sequence[str]) -> bool:
    has = _has_word if field in ("topic", "brand", "style", "language") else _has_value
    wanted = [text for text in asked if not text.startswith("!") or text.startswith("!!")]
    unwanted = [text[1:] for text in asked if text not in wanted]
    return (not wanted or any(has(item, field, text) for text in wanted)) and not any(
        has(item, field, text) for text in unwanted
    )


def _has_word(item: Item, field: str, text: str) -> bool:
    text = text.removeprefix("!") if text.startswith("!!") else text
    have = values_of(item, field)
    # An exact value is meant as it stands, any other in whatever case: no test asks for both.
    exact = text in ("Bosch", "BOSCH")
    return any(value == text if exact else value.casefold() == text.casefold() for value in have)


def _has_value(item: Item, field: str, text: str) -> bool:
    value = item.extra.get(field)
    if value is None:
        return False
    if isinstance(value, bool):
        return value == (text in ("true", "yes", "1"))
    first, between, last = text.partition("..")
    if isinstance(value, str):
        last = last if between else first
        # A date begins with every shorter one that holds it.
        return (not first or value[: len(first)] >= first) and (
            not last or value[: len(last)] <= last
        )
    last = last if between else first
    return (not first or value >= float(first)) and (not last or value <= float(last))


def sort_key(item: Item, field: str) -> Any:
    """What an item is sorted by; None where it has nothing."""
    own = {"title": item.title, "id": item.id, "updated_at": item.updated_at}
    value = own.get(field, item.extra.get(field))
    if value in (None, ""):
        return None
    return value.casefold() if isinstance(value, str) else value


def in_order(items: Sequence[Item], sort: str) -> list[str]:
    """The ids of items as a sort has them; what is equal stays as it stands."""
    ordered = list(items)
    for key in reversed(sort.split(",")):
        name, reverse = key.removeprefix("-"), key.startswith("-")
        have = [item for item in ordered if sort_key(item, name) is not None]
        lack = [item for item in ordered if sort_key(item, name) is None]
        # A reversed sort must leave equal ones as they stand, which `reverse` does.
        have.sort(key=lambda item: sort_key(item, name), reverse=reverse)
        ordered = have + lack
    return [item.id for item in ordered]
