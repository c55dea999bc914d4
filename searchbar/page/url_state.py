"""The state of the page in its address, and the address of every next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from release_format.fields import Field
from searchbar.page.values import RANGE
from searchbar.query.parameters import FIND, FROM, TO, columns, parameter
from searchbar.query.question import MOST_HITS, UNCUT, Question

# The page's own parameters. `at` is where a hit stands whose reasons are asked for.
NAMED = ("q", "like", "sort", "page", "at", "cut")
SIZE = 10
MOST_PAGES = 40
# Further hits than these are found by filters or in another order.
FURTHEST_SHOWN = MOST_PAGES * SIZE


@dataclass(frozen=True)
class UrlState:
    """A question, or an item whose like is wanted, and how to show its answer.

    No question but `browse`, filters or a sort: all items within the filters. `find` are the
    beginnings of values that are looked for, by field. `cut`: `none` where what is less likely is
    shown, too.
    """

    q: str = ""
    like: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    browse: bool = False
    find: Mapping[str, str] = field(default_factory=dict)
    cut: str = ""

    @classmethod
    def read(cls, query: QueryParams, fields: Sequence[str]) -> UrlState:
        """Read an address; what other pages add to it (utm_source, …) is passed over."""
        page, values = query.get("page", ""), columns(query.multi_items(), NAMED)
        q = query.get("q", "")
        return cls(
            q,
            query.get("like", ""),
            {name: values[name] for name in fields if name in values},
            query.get("sort", ""),
            max(1, min(int(page[:9]), MOST_PAGES)) if page.isascii() and page.isdigit() else 1,
            "q" in query and not q.strip(),
            {name: query[FIND + name].strip() for name in fields if query.get(FIND + name)},
            UNCUT if query.get("cut") == UNCUT else "",
        )

    @property
    def home(self) -> bool:
        """Whether nothing is asked: the start page."""
        return not (self.q.strip() or self.like or self.browsing)

    @property
    def browsing(self) -> bool:
        """Whether items are shown without a question."""
        asked = self.browse or self.sort or self.filters
        return bool(asked and not (self.q.strip() or self.like))

    def questions(self) -> list[Question]:
        """The questions whose answers make up all the pages that are shown at once."""
        wanted, text = self.page * SIZE, "" if self.browsing else self.q
        steps = range(0, wanted, MOST_HITS)
        return [
            Question(text, min(MOST_HITS, wanted - at), at, self.filters, self.sort, cut=self.cut)
            for at in steps
        ]

    def href(self) -> str:
        """The address, relative to the page."""
        pairs = [("like", self.like)] if self.like else [("q", self.q)]
        pairs += [
            (parameter(name), value) for name, values in self.filters.items() for value in values
        ]
        pairs += [("sort", self.sort), ("cut", self.cut)]
        pairs += [("page", str(self.page) if self.page > 1 else "")]
        pairs += [(FIND + name, value) for name, value in self.find.items()]
        everything = self.browse and not (self.filters or self.sort)
        given = [pair for pair in pairs if pair[1] or (everything and pair[0] == "q")]
        query = urlencode(given, errors="replace")
        return f"?{query}" if query else "./"

    def to(self, **changes: object) -> str:
        """The address after a change, from its first page, and cut anew."""
        kept = {"page": 1, "find": {}, "cut": "", "browse": not self.home}
        return replace(self, **{**kept, **changes}).href()  # type: ignore[arg-type]

    def without(self, name: str, value: str) -> Mapping[str, Sequence[str]]:
        """The filters, less one."""
        filters = {**self.filters, name: [other for other in self.filters[name] if other != value]}
        return {name: values for name, values in filters.items() if values}

    def entered(self, query: QueryParams, fields: Mapping[str, Field]) -> UrlState | None:
        """The state with the ranges that a form's two inputs say; None where no form was sent."""
        # A column may be called so, too: then it is that column's.
        ranged = [
            name for name, each in fields.items() if each.is_ordered and FROM + name not in fields
        ]
        sent = [name for name in ranged if FROM + name in query or TO + name in query]
        if not sent:
            return None
        filters = dict(self.filters)
        for name in sent:
            low, high = (query.get(end + name, "").strip() for end in (FROM, TO))
            entered = [ranged_text(low, high)] if low or high else []
            filters[name] = [*filters.get(name, ()), *entered]
        return replace(self, filters={name: values for name, values in filters.items() if values})


def ranged_text(low: str, high: str) -> str:
    """A range as a filter has it, its ends in their order."""
    try:
        turned = bool(low and high) and float(low) > float(high)
    except ValueError:
        turned = bool(low and high) and low > high
    return RANGE.join((high, low) if turned else (low, high))
