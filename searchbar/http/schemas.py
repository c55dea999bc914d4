"""The schemas of the API's answers, as its description has them.

A fuzzed test holds every real answer against them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from searchbar.http.problems import PROBLEM_JSON


class Schema(BaseModel):
    """An answer; a field that its schema has not is never answered."""

    model_config = ConfigDict(extra="forbid")


class Problem(Schema):
    """What is wrong (RFC 9457); `detail` is a sentence that ends with what to do."""

    type: str
    title: str
    status: int
    detail: str


class SearchHit(Schema):
    """One item; `snippet` is HTML of which nothing but <mark> is markup."""

    id: str
    title: str
    url: str
    image_url: str
    topics: list[str]
    language: str
    updated_at: str
    extra: dict[str, Any]
    snippet: str
    score: float
    matched: Literal["exact", "text", "meaning"]
    explain: dict[str, Any] | None = None


class SearchResponse(Schema):
    """One page of a question's result set; total, facets and the rest are about the whole set."""

    query: str
    release: str
    request_id: str
    total: int
    total_text: str
    offset: int
    no_good_match: bool
    did_you_mean: str
    hits: list[SearchHit]
    facets: dict[str, dict[str, int]]
    took_ms: dict[str, float]
    explain: dict[str, Any] | None = None


class ItemResponse(Schema):
    """One item as the catalogue has it; empty fields are left out."""

    id: str
    title: str
    description: str = ""
    topics: list[str] = []
    url: str = ""
    image_url: str = ""
    language: str = ""
    updated_at: str = ""
    extra: dict[str, Any] = {}


class SimilarHit(Schema):
    """An item that is like another; its snippet is the beginning of its description."""

    id: str
    title: str
    url: str
    image_url: str
    topics: list[str]
    snippet: str


class SimilarResponse(Schema):
    """The items nearest to the one of this id, whose title is `like`."""

    id: str
    like: str
    release: str
    request_id: str
    total: int
    hits: list[SimilarHit]
    took_ms: dict[str, float]


class SuggestResponse(Schema):
    """What the beginning of a question may become."""

    query: str
    suggestions: list[str]


class WhyNotResponse(BaseModel):
    """The reason, a sentence, and the figures that belong to it."""

    id: str
    query: str
    release: str
    reason: str
    sentence: str


class LiveRelease(Schema):
    """What is live here."""

    release: str
    image: str
    items: int
    created_at: str
    format: int
    made_from: dict[str, str]
    encoder: dict[str, Any]
    no_good_match: float | None


class Liveness(Schema):
    """The process answers."""

    live: bool


class Readiness(Schema):
    """Whether questions can be sent here, and why not; `warnings` stop nothing."""

    ready: bool
    release: str
    reasons: list[str] | None = None
    warnings: list[str] | None = None


MEANINGS = {
    404: "No such item",
    409: "Another release is live",
    422: "A bad question",
    429: "Too many requests of one client",
    503: "Too many questions wait; see Retry-After",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How the problems of a route are described."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": MEANINGS[status], "content": {PROBLEM_JSON: {"schema": schema}}}
        for status in statuses
    }
