"""Question, hit and answer: what the engine is asked, and what it says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from searchbar.errors import bad_question

LONGEST, MOST_HITS, FURTHEST, MOST_FILTERS = 1000, 100, 1_000_000, 64
# What a question says to be answered with all that was found, less likely or not.
UNCUT = "none"
_ALLOWED_CONTROLS = "\t\n\r"
_UNREAD = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")
_HALF = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Question:
    """One question; one without a text is about all items within its filters.

    Filters: values of one field mean or, several fields mean and, `!value` means not. Sort: fields
    with a comma between them, `-` before one for the reverse. Cut: `none` for all that was found,
    empty for what of it fits.
    """

    text: str
    k: int = 10
    offset: int = 0
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sort: str = ""
    explain: bool = False
    cut: str = ""

    def check(self) -> None:
        """Refuse what cannot be answered.

        Raises:
            SearchError: with the sentence that tells the asker what to change.
        """
        check_text(self.text, may_be_empty=True)
        if not 1 <= self.k <= MOST_HITS:
            raise bad_question(f"k is {self.k}; ask for 1 to {MOST_HITS} hits.")
        if not 0 <= self.offset <= FURTHEST:
            text = f"offset is {self.offset}; give 0 to {FURTHEST:,}"
            raise bad_question(f"{text}, and filters to see what lies further.")
        if self.cut not in ("", UNCUT):
            known = f"say {UNCUT!r} for all that was found, or leave it out for what fits"
            raise bad_question(f"the cut is {self.cut[:64]!a}; {known}.")
        if sum(map(len, self.filters.values())) > MOST_FILTERS:
            raise bad_question(f"these are more than {MOST_FILTERS} filter values; give fewer.")
        for name, values in self.filters.items():
            for value in (name, *values):
                if not is_text(value):
                    raise bad_question(
                        f"the filter {name!a} holds characters that are not text; type it again."
                    )


def check_text(text: str, *, may_be_empty: bool = False) -> None:
    """Refuse a question that is too long, not text, or empty where it may not be."""
    if _HALF.search(text):
        raise bad_question("the question holds characters that are not text; type it again.")
    if len(text) > LONGEST:
        raise bad_question(
            f"the question has {len(text):,} characters; ask with at most {LONGEST:,}."
        )
    if not text.strip() and not may_be_empty:
        raise bad_question("the question is empty; type what you are looking for.")


def as_text(text: str) -> str:
    """A question with a space for every control and every broken character: who pastes from a
    document does not see them."""
    return text if text.isprintable() and "\ufffd" not in text else _UNREAD.sub(" ", text)


def is_text(text: str) -> bool:
    """Whether this came from a person: no control character, half or broken character."""
    if text.isprintable():  # Most texts are, and then have no such characters but perhaps the last.
        return "\ufffd" not in text
    return not any(
        c == "\ufffd" or (unicodedata.category(c) in ("Cc", "Cs") and c not in _ALLOWED_CONTROLS)
        for c in text
    )


@dataclass(frozen=True)
class Hit:
    """One item of an answer.

    `fields` are the catalogue's own, with the types of their values; `extra` is the same, and goes
    with the next version. `variants` is how many items of its group the question found, itself
    included. `matched` is empty where nothing was looked for. `snippet` and `title_marked` are
    HTML: text escaped, matching words in <mark>; nothing else.
    """

    id: str
    title: str
    title_marked: str
    url: str
    image_url: str
    topics: Sequence[str]
    language: str
    updated_at: str
    fields: Mapping[str, Any]
    extra: Mapping[str, Any]
    snippet: str
    score: float
    matched: str
    variants: int = 1
    explain: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The hit as the server writes it; `explain` only where it was asked for."""
        names = (name for name in self.__dataclass_fields__ if name != "explain")
        table = {name: getattr(self, name) for name in names}
        return table if self.explain is None else {**table, "explain": self.explain}


@dataclass(frozen=True)
class Answer:
    """The answer to one question: one page of its relevant set, and what is true of the whole set.

    `less_likely` hits were found besides those that fit; the total counts them only where they were
    asked for. Where nothing fits (`no_good_match`), the nearest are shown all the same.
    `read` is what the query language read of the question, and which phrases nothing holds.
    `confidence` is that of the best hit, for the metrics; it is not written.
    """

    query: str
    release: str
    total: int
    total_text: str
    less_likely: int
    offset: int
    no_good_match: bool
    did_you_mean: str
    read: Mapping[str, Any]
    hits: Sequence[Hit]
    facets: Mapping[str, Mapping[str, Any]]
    took_ms: Mapping[str, float]
    values: Mapping[str, Any] | None = None
    explain: Mapping[str, Any] | None = None
    confidence: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer as the server writes it; `values` and `explain` only where there are any."""
        table = {name: getattr(self, name) for name in self.__dataclass_fields__}
        table["hits"] = [hit.to_json() for hit in self.hits]
        absent = [name for name in ("values", "explain") if table[name] is None]
        left_out = (*absent, "confidence")
        return {name: value for name, value in table.items() if name not in left_out}
