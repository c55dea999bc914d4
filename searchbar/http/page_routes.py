"""The routes of the page: its HTML, its files, and what its script asks for besides answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from searchbar.errors import SearchError
from searchbar.http.origins import public_address
from searchbar.http.problems import RETRY_AFTER, STATUS, problem
from searchbar.http.rendering import (
    FILES,
    bytes_of,
    language_headers,
    locale_of,
    show,
    stamp,
    templates,
)
from searchbar.http.state import AppState, app_state_of
from searchbar.page.examples import MOST, examples
from searchbar.page.locale import DEFAULT, Locale
from searchbar.page.page_fields import UPDATED, PageFields, page_fields, sorts
from searchbar.page.reasons import reasons
from searchbar.page.url_state import FURTHEST_SHOWN, NAMED, SIZE, UrlState
from searchbar.page.view_model import bdi, ending, heading, view
from searchbar.query.parameters import columns
from searchbar.query.question import MOST_HITS, Question

# What a page of another origin that embeds the box must be able to load, and holds nothing of the
# catalogue.
OPEN_FILES = ("embed.js", "searchbar.js", "searchbar.css", "icon.svg")
COMPRESSED = ("/", *(f"/{name}" for name in FILES))
router, files = APIRouter(include_in_schema=False), APIRouter(include_in_schema=False)


# Fields of which values are looked for at once.
MOST_SOUGHT = 4


def fields_of(app_state: AppState, locale: Locale) -> PageFields:
    """The fields that shown items of the release have, named in a language."""
    table, schema = app_state.engine.table, app_state.engine.release.schema
    visible = {row["name"] for row in table.described()}
    typed = [each for each in schema or () if each.name in visible]
    fields = page_fields(locale, typed, table.filters)
    # Older releases do not tell whether their items have dates.
    dated = UPDATED in table.filters or (
        table.columns.values(UPDATED) is None and app_state.has_dates
    )
    unasked = locale.text("sort.recommended") if schema and schema.rank else ""
    orders = sorts(locale, fields, table.sorts, dated=dated)
    return PageFields(locale, fields, orders, unasked, table.group_by)


@router.get("/")
async def page(request: Request) -> Response:
    """The search box, with its answer already in it: it works without JavaScript."""
    app_state, locale = app_state_of(request), locale_of(request)
    engine, name = app_state.engine, app_state.settings.title
    known = fields_of(app_state, locale)
    url_state = UrlState.read(request.query_params, list(engine.fields))
    if entered := url_state.entered(request.query_params, known.fields):
        return Response(status_code=303, headers={"Location": entered.href()})
    answer, note, status = None, None, 200
    try:
        if not url_state.home:
            answer = await _answer(request, app_state, url_state)
            blocked = url_state.filters and not answer["hits"]
            loosest = await _loosest(app_state, url_state) if blocked else {}
            note = ending(url_state, answer, loosest, known)
    except SearchError as error:
        status, note = STATUS.get(error.cause, 500), _refusal(locale, error)
    about = "" if url_state.home else heading(url_state, answer, known)
    shown: dict[str, Any] = view(url_state, answer, known) if answer else {}
    return show(
        app_state,
        locale,
        "index.html",
        status,
        asked=url_state,
        ending=note,
        home=url_state.home,
        orders=known.offered(url_state.sort, browsing=url_state.browsing),
        title=f"{about} · {name}" if about else name,
        invitation=locale.text("box.invitation", count=len(engine.release.items)),
        examples=_examples(app_state, locale),
        bdi=bdi,
        href=lambda **change: UrlState(**change).href(),
        state=_script_state(app_state, known, answer, note),
        described=bool(_address(request)),
        **shown,
    )


def _refusal(locale: Locale, error: SearchError) -> dict[str, str]:
    """What the page says in place of an answer."""
    kind = "restarting" if STATUS.get(error.cause, 500) == 503 else "refused"
    after = RETRY_AFTER.get(error.cause, "0")
    note = {"kind": kind, "title": locale.text(f"endings.{kind}"), "after": after}
    if kind == "restarting":
        return {**note, "sentence": locale.text("endings.restarting_later")}
    # What is wrong with a question is said in English, as to programs.
    return {**note, "sentence": str(error), "lang": DEFAULT}


def _script_state(
    app_state: AppState,
    known: PageFields,
    answer: dict[str, Any] | None,
    note: dict[str, str] | None,
) -> dict[str, Any]:
    """What the page's script begins with."""
    settings = app_state.settings
    return {
        "name": settings.title,
        **known.for_script(NAMED),
        "size": SIZE,
        "most": MOST_HITS,
        "furthest": FURTHEST_SHOWN,
        "typing": settings.typing,
        "feedback": bool(settings.questions and settings.feedback),
        "answer": answer,
        "ending": note if note and not answer else None,
    }


@router.get("/loosen")
async def loosen(request: Request) -> Response:
    """Nothing with these filters: the one that blocks most, and what there is without it."""
    app_state = app_state_of(request)
    url_state = UrlState.read(request.query_params, list(app_state.engine.fields))
    return JSONResponse(await _loosest(app_state, url_state))


@router.get("/why")
async def why(request: Request, q: str, at: int = 0) -> Response:
    """Why the hit at this place is there, in plain words."""
    app_state = app_state_of(request)
    url_state = UrlState.read(request.query_params, list(app_state.engine.fields))
    question = Question(
        q, 1, at, url_state.filters, url_state.sort, explain=True, cut=url_state.cut
    )
    answer = (await app_state.ask(question)).to_json()
    hits, locale = answer["hits"], locale_of(request)
    rows = reasons(locale, hits[0], answer["explain"]) if hits else []
    return JSONResponse({"reasons": rows}, headers=language_headers(app_state, locale))


@router.get("/typeahead")
async def typeahead(request: Request, q: str) -> Response:
    """What there is for what is typed so far, within the filters of the page."""
    filters = columns(request.query_params.multi_items(), ("q",))
    return JSONResponse(await app_state_of(request).typeahead.of(q, filters))


@router.get("/opensearch.xml")
async def opensearch(request: Request) -> Response:
    """How a browser adds this page to its search engines."""
    settings, base = app_state_of(request).settings, _address(request)
    if not base:
        text = "this server was not told its public address: set SEARCHBAR_ADDRESS and start again."
        return problem(404, "no public address", text)
    text = templates().get_template("opensearch.xml").render(name=settings.title, base=base)
    # Without the setting the answer depends on who asks.
    headers = {} if settings.address else {"Cache-Control": "no-store"}
    return Response(text, headers=headers, media_type="application/opensearchdescription+xml")


@router.get("/opensearch/suggest")
async def opensearch_suggest(request: Request, q: str) -> Response:
    """Suggestions as a browser's address bar wants them."""
    suggestions = await asyncio.to_thread(app_state_of(request).engine.suggest, q, 8)
    return JSONResponse([q, suggestions], media_type="application/x-suggestions+json")


async def file(request: Request) -> Response:
    """One of the page's files; kept for ever when it was asked for by its stamp."""
    name = request.url.path.rpartition("/")[2]
    lasting = request.query_params.get("v") == stamp()
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        "ETag": f'"{stamp()}"',
        "X-Content-Type-Options": "nosniff",
        # Pages of other origins are told that they may have it, in a header of its own.
        "Vary": "Origin",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(bytes_of(name), headers=headers, media_type=FILES[name])


for name in FILES:
    (files if name in OPEN_FILES else router).add_api_route(f"/{name}", file)


def _address(request: Request) -> str:
    return public_address(
        app_state_of(request).settings, request.headers, request.scope.get("server")
    )


async def _answer(request: Request, app_state: AppState, url_state: UrlState) -> dict[str, Any]:
    """All pages of an answer that the address asks for, as one."""
    request_id = request.state.request_id
    if url_state.like:
        return {**await app_state.similar(url_state.like, SIZE), "request_id": request_id}
    first, *following = url_state.questions()
    answer: dict[str, Any] = (await app_state.ask(first, request_id)).to_json()
    for question in following:
        if question.offset < answer["total"]:
            answer["hits"] += (await app_state.ask(question)).to_json()["hits"]
    return {
        **answer,
        "facets": answer["facets"] | await _found(app_state, url_state, answer["facets"]),
        "request_id": request_id,
    }


async def _found(
    app_state: AppState, url_state: UrlState, facets: Mapping[str, Any]
) -> dict[str, Any]:
    """The facets whose values are looked for, with those that begin so."""
    found = {}
    for name, find in list(url_state.find.items())[:MOST_SOUGHT]:
        if "values" in facets.get(name, {}):
            # Other values may be chosen beside those that are.
            filters = {each: on for each, on in url_state.filters.items() if each != name}
            question = Question(url_state.q, filters=filters, cut=url_state.cut)
            ask = app_state.engine.facet_values
            values, total = await asyncio.to_thread(ask, name, question, find)
            found[name] = {"values": values, "total_values": total, "find": find}
    return found


async def _loosest(app_state: AppState, url_state: UrlState) -> dict[str, Any]:
    """The filter whose loss gives most results, if there is one."""
    best: dict[str, Any] = {}
    pairs = [(name, value) for name, values in url_state.filters.items() for value in values]
    for name, value in pairs[:8]:
        filters = url_state.without(name, value)
        answer = await app_state.ask(Question(url_state.q, 1, filters=filters))
        if answer.total > best.get("total", 0):
            best = {"field": name, "value": value, "total": answer.total}
    return best


def _examples(app_state: AppState, locale: Locale) -> list[str]:
    """Questions to begin with: those of the setting, or some that the release answers."""
    if app_state.settings.examples:
        return [example.strip() for example in app_state.settings.examples.split("|")]
    release, hides = app_state.engine.release, app_state.engine.retriever.hides
    probes = (probe for probe in release.probes if not hides(probe.id))
    popular = app_state.typeahead.popular.first(MOST)
    return examples(popular, probes, release.items, partial(locale.text, "home.something_like"))
