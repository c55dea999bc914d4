"""The field table: what questions can filter, sort and count by, and how their filters are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from release_format.fields import Field, FieldType, Rank, Schema
from searchbar.errors import SearchError, bad_question
from searchbar.fields.groups import Groups, groups_by
from searchbar.fields.keywords import Keywords
from searchbar.fields.masks import in_ranges
from searchbar.fields.orders import SortKey
from searchbar.fields.rank_signal import graded
from searchbar.query.filters import Conditions, read_filters
from searchbar.query.parameters import order_by, orders_of
from searchbar.query.parser import ColumnNames
from searchbar.retrieval.columns import NUMBERS
from searchbar.retrieval.result_set import Preferences
from searchbar.retrieval.retriever import Retriever
from searchbar.retrieval.values.state import ValuesState
from searchbar.retrieval.within import ALL, Mask, Within
from searchbar.retrieval.words.lexical import FIELDS

TOPIC, LANGUAGE, UPDATED = "topic", "language", "updated_at"
OUR_SORTS = ("title", UPDATED, "id")
MOST_LISTED, LONGEST_LISTED = 50, 64


class FieldTable:
    """The fields that shown items have: of one release, at one state of what changes meanwhile.

    What changes is which items are excluded, and the values.
    """

    def __init__(
        self, schema: Schema | None, retriever: Retriever, values: ValuesState, keywords: Keywords
    ) -> None:
        """Without a schema, as of older releases, every field is a keyword of every use."""
        self.values, self.columns, self._schema = values, values.columns, schema
        self._retriever, self._keywords = retriever, keywords
        self._excluded = retriever.excluded()
        self._own = {each.name: each for each in self._own_fields()}

    def is_of(self, values: ValuesState) -> bool:
        """Whether these are still the excluded items, and the values."""
        return self.values is values and self._retriever.excluded() is self._excluded

    @cached_property
    def filters(self) -> list[str]:
        """The fields to filter by."""
        ours = [TOPIC, LANGUAGE, *([UPDATED] if self._has_numbers(UPDATED) else [])]
        own = [name for name, each in self._own.items() if each.filter]
        return list(dict.fromkeys([*ours, *own]))

    @cached_property
    def sorts(self) -> list[str]:
        """The fields to sort by."""
        own = [name for name, each in self._own.items() if each.sort]
        return list(dict.fromkeys([*OUR_SORTS, *sorted([LANGUAGE, *own])]))

    @cached_property
    def facets(self) -> Mapping[str, FieldType] | None:
        """The fields that answers count, in their order; None: every one, frequent ones first."""
        if self._schema is None:
            return None
        own = {name: each.type for name, each in self._own.items() if each.facet}
        return {TOPIC: FieldType.KEYWORD} | own | {LANGUAGE: FieldType.KEYWORD}

    @cached_property
    def ordered(self) -> Mapping[str, FieldType]:
        """The types of those that ranges can be asked of: numbers, dates and booleans."""
        filters = [each for each in self._own.values() if each.filter]
        own = {each.name: each.type for each in filters if each.type in NUMBERS}
        return own | ({UPDATED: FieldType.DATE} if self._has_numbers(UPDATED) else {})

    @property
    def group_by(self) -> str:
        """The field whose equal values make items variants of one thing; empty where none does."""
        return self._schema.group_by if self._schema else ""

    @property
    def rank(self) -> Rank | None:
        """What orders items that fit equally well, and all of them where nothing is asked."""
        return self._schema.rank if self._schema else None

    def described(self) -> list[dict[str, Any]]:
        """The catalogue's own fields, as the API tells of them."""
        return [
            {
                "name": each.name,
                "type": each.type.value,
                "label": each.heading,
                "unit": each.unit,
                "filter": each.filter,
                "sort": each.sort,
                "facet": each.facet,
                "show": each.show,
                "search": each.search,
            }
            for each in self._own.values()
        ]

    def column_of(self, name: str, value: str) -> str:
        """The field that `name:value` in a question filters by; empty where it is text.

        That is what a value which is none of its field's makes it, too.
        """
        column = self._named(name, value)
        try:
            read_filters({column: [value]}, self.ordered)
        except SearchError:
            return ""
        return column

    @cached_property
    def _named(self) -> ColumnNames:
        return ColumnNames(self.filters, self.filters.__contains__)

    def conditions(self, filters: Mapping[str, Sequence[str]]) -> Conditions:
        """What filters demand.

        Raises:
            SearchError: a value is none of its field's.
        """
        return read_filters(filters, self.ordered)

    def check(self, names: Sequence[str], written: Any) -> None:
        """Refuse filters that there are not; `written` says how whoever asks writes them.

        Raises:
            SearchError: there is no such filter.
        """
        known = self.filters
        if unknown := [name for name in names if name not in known]:
            use = _listed([written(name) for name in sorted(known)])
            raise bad_question(f"there is no filter {written(unknown[0])!r}; use {use}.")

    def sort_keys(self, sort: str) -> tuple[SortKey, ...]:
        """The keys that a sort names.

        Raises:
            SearchError: it cannot be sorted by one of them.
        """
        orders, unknown = orders_of(sort, self.sorts)
        if unknown:
            use = _listed([n if n in OUR_SORTS else order_by(n) for n in self.sorts])
            raise bad_question(
                f"cannot sort by {unknown!r}; use {use}, with - for the reverse, and a comma"
                " between several."
            )
        return tuple(SortKey(name, reverse) for name, reverse in orders)

    @cached_property
    def browsing_keys(self) -> tuple[SortKey, ...]:
        """How all items are ordered where nothing is looked for: by rank, and by title."""
        rank = self.rank
        by = [SortKey(rank.by.removeprefix("-"), rank.by.startswith("-"))] if rank else []
        return (*by, SortKey("title"))

    def within(self, conditions: Conditions) -> Within:
        """What is left of the release by these conditions."""
        if not conditions.choices and not conditions.ranges:
            return ALL
        choices = {
            name: self._keywords.meant(name, choice) for name, choice in conditions.choices.items()
        }
        meant = Conditions(choices, conditions.ranges)
        key = (*sorted(choices.items(), key=_name), *sorted(meant.ranges.items(), key=_name))
        known = {n: choice for n, choice in choices.items() if n not in self.values.keywords}
        # What is left by fields that the index does not know depends on the values.
        others = bool(meant.ranges) or len(known) < len(choices)
        number = self.columns.number if others else 0
        return Within(known, others, partial(self._mask, meant), (key, number))

    def preferences(self, conditions: Conditions) -> Preferences:
        """What the catalogue prefers; who filters by the group wants to see its variants."""
        asked = [of.get(self.group_by) for of in (conditions.choices, conditions.ranges)]
        is_single = any(condition and condition.wanted for condition in asked)
        return self._single if is_single else self._grouped

    @property
    def groups(self) -> Groups | None:
        """The group of every item, (items,), where variants collapse."""
        return self._grouped.groups

    @cached_property
    def _single(self) -> Preferences:
        rank = self.rank
        return Preferences(graded(rank, self.columns), rank.boost) if rank else Preferences()

    @cached_property
    def _grouped(self) -> Preferences:
        if not self.group_by:
            return self._single
        groups = groups_by(self.group_by, self.columns)
        return Preferences(self._single.grades, self._single.boost, groups)

    def _mask(self, conditions: Conditions) -> Mask:
        masks = [self._keywords.mask(*choice) for choice in conditions.choices.items()]
        masks += [in_ranges(self.columns, *ranges) for ranges in conditions.ranges.items()]
        mask: Mask = np.logical_and.reduce(masks)
        return mask

    def _own_fields(self) -> Iterator[Field]:
        retriever = self._retriever
        present = retriever.lexical.fields()
        if self._schema is None:
            for name in present:
                if name not in (TOPIC, LANGUAGE) and retriever.shows(FIELDS, name):
                    yield Field(name, FieldType.KEYWORD, filter=True, sort=True, facet=True)
            return
        for each in self._schema:
            is_number = each.type in NUMBERS and self.columns.values(each.name) is not None
            is_text = each.name in present and retriever.shows(FIELDS, each.name)
            if self._has_numbers(each.name) if is_number else is_text:
                # What is asked of a name of ours is about ours, whatever else is called so.
                is_ours = each.name in (TOPIC, LANGUAGE, UPDATED)
                yield replace(each, filter=False, sort=False, facet=False) if is_ours else each

    def _has_numbers(self, name: str) -> bool:
        """Whether a shown item has a number, date or boolean of this field."""
        values = self.columns.values(name)
        if values is None:
            return False
        is_there = ~np.isnan(values)
        is_there[self._excluded] = False
        return bool(is_there.any())


def _name(entry: tuple[str, Any]) -> str:
    return entry[0]


def _listed(names: Sequence[str]) -> str:
    """Fields as a sentence names them: a catalogue may have thousands, of any length."""
    shown = [
        name if len(name) <= LONGEST_LISTED else f"{name[:LONGEST_LISTED]}…"
        for name in names[:MOST_LISTED]
    ]
    more = len(names) - MOST_LISTED
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
