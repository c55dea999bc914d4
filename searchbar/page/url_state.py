"""The state of the page in its address, and the address of every next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from searchbar.query.parameters import columns, parameter
from searchbar.query.question import MOST_HITS, Question

# The page's own parameters. `at` is where a hit stands whose reasons are asked for.
NAMED = ("q", "like", "sort", "page", "at")
SIZE = 10
MOST_PAGES = 40


@dataclass(frozen=True)
class UrlState:
    """A question, or an item whose like is wanted, and how to show its answer."""

    q: str = ""
    like: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1

    @classmethod
    def read(cls, query: QueryParams, fields: Sequence[str]) -> UrlState:
        """Read an address; what other pages add to it (utm_source, …) is passed over."""
        page, values = query.get("page", ""), columns(query.multi_items(), NAMED)
        return cls(
            query.get("q", ""),
            query.get("like", ""),
            {name: values[name] for name in fields if name in values},
            query.get("sort", ""),
            max(1, min(int(page[:9]), MOST_PAGES)) if page.isascii() and page.isdigit() else 1,
        )

    @property
    def home(self) -> bool:
        return not (self.q.strip() or self.like)

    def questions(self) -> list[Question]:
        """The questions whose answers make up all the pages that are shown at once."""
        wanted = self.page * SIZE
        steps = range(0, wanted, MOST_HITS)
        return [
            Question(self.q, min(MOST_HITS, wanted - at), at, self.filters, self.sort)
            for at in steps
        ]

    def href(self) -> str:
        """The address, relative to the page."""
        pairs = [("like", self.like)] if self.like else [("q", self.q)]
        pairs += [
            (parameter(name), value) for name, values in self.filters.items() for value in values
        ]
        pairs += [("sort", self.sort), ("page", str(self.page) if self.page > 1 else "")]
        query = urlencode([(name, value) for name, value in pairs if value], errors="replace")
        return f"?{query}" if query else "./"

    def to(self, **changes: object) -> str:
        """The address after a change, from its first page."""
        return replace(self, **{"page": 1, **changes}).href()  # type: ignore[arg-type]

    def without(self, name: str, value: str) -> Mapping[str, Sequence[str]]:
        """The filters, less one."""
        filters = {**self.filters, name: [other for other in self.filters[name] if other != value]}
        return {name: values for name, values in filters.items() if values}
