"""The schemas of the API's answers, as its description has them.

A fuzzed test holds every real answer against them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from searchbar.feedback.feedback import FURTHEST, LONGEST_NAME, LONGEST_REASON
from searchbar.query.question import LONGEST


class AnswerBody(BaseModel):
    """An answer; a field that its schema has not is never answered."""

    model_config = ConfigDict(extra="forbid")


class Problem(AnswerBody):
    """What is wrong (RFC 9457); `detail` is a sentence that ends with what to do."""

    type: str
    title: str
    status: int
    detail: str


class OtherReleaseProblem(Problem):
    """Another release is live than the one that was asked for: this one."""

    release: str


class SearchHit(AnswerBody):
    """One item; of `snippet` and `title_marked`, which are HTML, nothing but <mark> is markup.

    `matched` is empty where nothing was looked for.
    """

    id: str
    title: str
    title_marked: str
    url: str
    image_url: str
    topics: list[str]
    language: str
    updated_at: str
    fields: Annotated[dict[str, Any], Field(description="the catalogue's own, each of its type")]
    extra: Annotated[dict[str, Any], Field(description="as `fields`; goes with the next version")]
    snippet: str
    score: float
    matched: Annotated[
        Literal["exact", "text", "meaning", ""], Field(description="empty without a question")
    ]
    variants: Annotated[
        int, Field(ge=1, description="how many items of its group were found, itself included")
    ]
    explain: dict[str, Any] | None = None


class HistogramBucket(AnswerBody):
    """How many have a value of `from` up to, but not, `to`; of dates, `to` is the last day."""

    first: Annotated[float | str, Field(alias="from")]
    to: float | str
    count: int


class ValueFacet(AnswerBody):
    """A field of words, or true and false: how many have each value, at most 50 of them."""

    values: dict[str, int]


class SpreadFacet(AnswerBody):
    """A number or date: its least and greatest, and at most 12 buckets of round bounds."""

    min: float | str
    max: float | str
    histogram: list[HistogramBucket]


class ReadQuestion(AnswerBody):
    """What the query language read of a question; all else of it is what is looked for.

    `phrases_dropped` are quoted, and nothing within the filters holds them: they were searched
    without their quotation marks. A value of `filters` that begins with `!` is left out.
    """

    phrases: list[str]
    without: list[str]
    filters: dict[str, list[str]]
    phrases_dropped: list[str]


class ValuesNow(AnswerBody):
    """The file whose values this answer has: when it was written, and how long ago."""

    written_at: str
    age_s: float


class SearchResponse(AnswerBody):
    """One page of what fits a question; total, facets: of all of that; `less_likely`: the rest."""

    query: str
    release: str
    request_id: str
    total: int
    total_text: str
    less_likely: int
    offset: int
    no_good_match: bool
    did_you_mean: str
    read: ReadQuestion
    hits: list[SearchHit]
    facets: dict[str, ValueFacet | SpreadFacet]
    took_ms: dict[str, float]
    values: Annotated[
        ValuesNow | None, Field(description="where a file says values that change by the minute")
    ] = None
    explain: dict[str, Any] | None = None


class ItemResponse(AnswerBody):
    """One item as the catalogue has it; empty fields are left out."""

    id: str
    title: str
    description: str = ""
    topics: list[str] = []
    url: str = ""
    image_url: str = ""
    language: str = ""
    updated_at: str = ""
    fields: dict[str, Any] = {}
    extra: Annotated[
        dict[str, Any], Field(description="as `fields`; goes with the next version")
    ] = {}


class SimilarHit(AnswerBody):
    """An item that is like another; its snippet is the beginning of its description."""

    id: str
    title: str
    url: str
    image_url: str
    topics: list[str]
    fields: dict[str, Any]
    snippet: str


class SimilarResponse(AnswerBody):
    """The items nearest to the one of this id, whose title is `like`."""

    id: str
    like: str
    release: str
    request_id: str
    total: int
    hits: list[SimilarHit]
    took_ms: dict[str, float]


class SuggestResponse(AnswerBody):
    """What the beginning of a question may become."""

    query: str
    suggestions: list[str]


class FacetResponse(AnswerBody):
    """The values of one field, at most 50 of them, and how many there are."""

    field: str
    values: dict[str, int]
    total_values: int


class WhyNotResponse(BaseModel):
    """The reason, a sentence, and the figures that belong to it."""

    id: str
    query: str
    release: str
    reason: str
    sentence: str


class Feedback(BaseModel):
    """What a visitor thought of an answer; nothing else that is sent is kept."""

    kind: Literal["click", "good", "bad", "missing"]
    question: Annotated[str, Field(max_length=LONGEST)] = ""
    id: Annotated[str, Field(max_length=LONGEST_NAME)] = ""
    release: Annotated[str, Field(max_length=LONGEST_NAME)] = ""
    request_id: Annotated[str, Field(max_length=LONGEST_NAME)] = ""
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""
    position: Annotated[int | None, Field(ge=1, le=FURTHEST)] = None


class LiveField(AnswerBody):
    """A field of the catalogue's own: its type, and what it is for."""

    name: str
    type: Literal["text", "keyword", "number", "date", "boolean", "url", "image"]
    label: str
    unit: str
    filter: bool
    sort: bool
    facet: bool
    show: Annotated[int, Field(description="place among what is shown, from 1; 0: not shown")]
    search: Annotated[float, Field(description="weight; 0: not searched")]


class LiveRank(AnswerBody):
    """What orders results that fit equally well; `boost` is the most that it adds to a score."""

    by: str
    boost: float


class LiveValues(ValuesNow):
    """The file of values: its ids, those that are none of ours, cells that do not fit their
    columns, lines that are no rows, and columns that no file may change."""

    rows: int
    unknown: int
    left_out: int
    broken: int
    ignored: list[str]


class LiveRelease(AnswerBody):
    """What is live here."""

    release: str
    image: str
    version: Annotated[str, Field(description="of the program that answers")]
    items: int
    created_at: str
    format: int
    made_from: dict[str, str]
    encoder: dict[str, Any]
    no_good_match: float | None
    fields: list[LiveField]
    group_by: Annotated[str, Field(description="variants of equal value are one hit; empty: none")]
    rank: LiveRank | None
    values: LiveValues | None


class Liveness(AnswerBody):
    """The process answers."""

    live: bool


class Readiness(AnswerBody):
    """Whether questions can be sent here, and why not; `warnings` stop nothing."""

    ready: bool
    release: str
    reasons: list[str] | None = None
    warnings: list[str] | None = None


MEANINGS = {
    401: "The key is needed, or another one",
    403: "This is taken from other pages only",
    404: "There is no such thing here; the sentence says why",
    409: "Another release is live",
    415: "Neither JSON nor lines of JSON",
    422: "A bad question",
    429: "Too many requests, or wrong keys, of one client",
    503: "Too many wait, or the server is not ready",
}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
}
HEADERS = {
    401: {"WWW-Authenticate": {"description": "Basic", "schema": {"type": "string"}}},
    429: RETRY_AFTER,
    503: RETRY_AFTER,
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the problems of a route are; the app describes them as what they are sent as."""
    return {
        status: {
            "description": MEANINGS[status],
            "model": OtherReleaseProblem if status == 409 else Problem,
            "headers": HEADERS.get(status, {}),
        }
        for status in statuses
    }
