"""Here is a visitor with a browser: give me the page, its two files, and what it sends back."""

from __future__ import annotations

import asyncio
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import JSONResponse, Response

from release_format.questions import append
from searchbar.asked import NAMED, SIZE, Asked
from searchbar.errors import SearchError, bad_question
from searchbar.feedback import LARGEST, read_feedback
from searchbar.origins import check_origin, public_address
from searchbar.page_view import BADGES, ENDINGS, SORTS, ending, reasons, view
from searchbar.parameters import parameters
from searchbar.problems import RETRY_AFTER, STATUS, problem
from searchbar.question import MOST_HITS, Question
from searchbar.similar import answer_like

if TYPE_CHECKING:
    from jinja2 import Environment

    from searchbar.app import House

PAGE = Path(__file__).parent / "page"
FILES = {
    "searchbar.js": "text/javascript",
    "searchbar.css": "text/css",
    "icon.svg": "image/svg+xml",
    "admin.css": "text/css",
    "judge.js": "text/javascript",
}
PAGES = (("about", "About"), ("asked", "Asked lately"), ("judge", "Judge"))
router = APIRouter(include_in_schema=False)


def policy(images: str) -> str:
    """The content security policy: only this server's own files run, paint and are asked; images as set."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"img-src 'self' {images}; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def show(house: House, template: str, status: int = 200, **shown: Any) -> Response:
    """A page from its template, with the headers that keep it safe."""
    settings = house.settings
    pages = PAGES if settings.key.reveal() or settings.key_file else PAGES[:1]
    text = templates().get_template(template).render(name=settings.title, stamp=_stamp(), pages=pages, **shown)
    headers = {
        "Content-Security-Policy": policy(settings.images),
        "Cache-Control": "no-cache",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(text, status, headers, media_type="text/html")


@router.get("/")
async def page(request: Request) -> Response:
    """The search box, with its answer already in it: it works without JavaScript."""
    house = _house(request)
    asked = Asked.read(request.query_params, list(house.engine.fields))
    answer, said, status = None, None, 200
    try:
        if not asked.home:
            answer = await _answer(request, house, asked)
            loosest = await _loosest(house, asked) if asked.filters and not answer["hits"] else {}
            said = ending(asked, answer, loosest)
    except SearchError as error:
        status = STATUS.get(error.cause, 500)
        kind = "restarting" if status == 503 else "refused"
        title, sentence = ENDINGS[kind]
        said = {"kind": kind, "title": title, "sentence": sentence or str(error)}
        said |= {"after": RETRY_AFTER.get(error.cause, "0")}
    state = {
        "name": house.settings.title,
        "fields": [[name, parameters(name, NAMED)] for name in house.engine.fields],
        "sorts": SORTS,
        "badges": BADGES,
        "endings": {kind: ENDINGS[kind] for kind in ("nothing", "filtered")},
        "size": SIZE,
        "most": MOST_HITS,
        "feedback": bool(house.settings.questions and house.settings.feedback),
        "answer": answer,
        "ending": said if said and not answer else None,
    }
    heading = asked.q or (f"Like {answer['like']}" if answer and asked.like else "")
    shown: dict[str, Any] = view(asked, answer) if answer else {}
    return show(
        house, "index.html", status, asked=asked, ending=said, home=asked.home, sorts=SORTS,
        title=f"{heading} · {house.settings.title}" if heading else house.settings.title,
        invitation=f"Search {len(house.engine.release.items):,} entries", examples=_examples(house),
        href=lambda **change: Asked(**change).href(), state=_json(state), described=bool(_address(request)), **shown,
    )  # fmt: skip


@router.get("/loosen")
async def loosen(request: Request) -> Response:
    """Nothing with these filters: which one blocks most, and how many results there are without it."""
    house = _house(request)
    return JSONResponse(await _loosest(house, Asked.read(request.query_params, list(house.engine.fields))))


@router.get("/why")
async def why(request: Request, q: str, at: int = 0) -> Response:
    """Why the hit at this place is there, in plain words."""
    house = _house(request)
    asked = Asked.read(request.query_params, list(house.engine.fields))
    answer = (await house.ask(Question(q, 1, at, asked.filters, asked.sort, explain=True))).to_json()
    hits = answer["hits"]
    return JSONResponse({"reasons": reasons(hits[0], answer["explain"]) if hits else []})


@router.post("/feedback", status_code=204)
async def feedback(request: Request) -> Response:
    """What a visitor thought of an answer: logged without address or cookie, or not at all.

    Clicks are learned from: they are taken from our own page and from those that may embed it, from nobody else.
    """
    house = _house(request)
    check_origin(request.headers, house.settings)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise bad_question(f"feedback is at most {LARGEST} bytes.")
    logged = read_feedback(body)
    if house.settings.questions and house.settings.feedback:
        await asyncio.to_thread(append, Path(house.settings.questions), logged)
    return Response(status_code=204)


@router.get("/opensearch.xml")
async def opensearch(request: Request) -> Response:
    """How a browser adds this page to its search engines."""
    settings, base = _house(request).settings, _address(request)
    if not base:
        text = "this server was not told its public address: set SEARCHBAR_ADDRESS and start again."
        return problem(404, "no public address", text)
    made = templates().get_template("opensearch.xml").render(name=settings.title, base=base)
    # Without the setting the answer depends on who asks.
    kept = {} if settings.address else {"Cache-Control": "no-store"}
    return Response(made, headers=kept, media_type="application/opensearchdescription+xml")


@router.get("/opensearch/suggest")
async def opensearch_suggest(request: Request, q: str) -> Response:
    """Suggestions as a browser's address bar wants them."""
    found = await asyncio.to_thread(_house(request).engine.suggest, q, 8)
    return JSONResponse([q, found], media_type="application/x-suggestions+json")


async def file(request: Request) -> Response:
    """One of the page's files; kept for ever when it was asked for by its stamp."""
    name = request.url.path.rpartition("/")[2]
    lasting = request.query_params.get("v") == _stamp()
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        "ETag": f'"{_stamp()}"',
        "X-Content-Type-Options": "nosniff",
        # Pages of other origins are told that they may have it, in a header of its own.
        "Vary": "Origin",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(_bytes(name), headers=headers, media_type=FILES[name])


for name in FILES:
    router.add_api_route(f"/{name}", file)


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


def _address(request: Request) -> str:
    return public_address(_house(request).settings, request.headers, request.scope.get("server"))


async def _answer(request: Request, house: House, asked: Asked) -> dict[str, Any]:
    """All pages of an answer that the address asks for, as one."""
    given = {"request_id": request.state.request_id}
    if asked.like:
        return {**await asyncio.to_thread(answer_like, house.engine, asked.like, SIZE), **given}
    first, *others = asked.questions()
    answer: dict[str, Any] = (await house.ask(first, request.state.request_id)).to_json()
    for question in others:
        if question.offset < answer["total"]:
            answer["hits"] += (await house.ask(question)).to_json()["hits"]
    return {**answer, **given}


async def _loosest(house: House, asked: Asked) -> dict[str, Any]:
    """The filter whose loss gives most results, if there is one."""
    best: dict[str, Any] = {}
    pairs = [(name, value) for name, values in asked.filters.items() for value in values]
    for name, value in pairs[:8]:
        answer = await house.ask(Question(asked.q, 1, filters=asked.without(name, value)))
        if answer.total > best.get("total", 0):
            best = {"field": name, "value": value, "total": answer.total}
    return best


def _examples(house: House) -> list[str]:
    """Questions to begin with: those of the setting, or three that are known to be answered, phrases first."""
    if house.settings.examples:
        return [example.strip() for example in house.settings.examples.split("|")]
    release, hides = house.engine.release, house.engine.finder.hides
    probes = [probe for probe in release.probes if len(probe.question) < 60 and not hides(probe.id)]
    return sorted((probe.question for probe in probes), key=lambda question: question.count(" ") < 2)[:3]


@cache
def templates() -> Environment:
    """The page's templates. What reads them is loaded when they are: a server is ready without."""
    from jinja2 import Environment, FileSystemLoader

    made = Environment(loader=FileSystemLoader(PAGE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.globals["sorts"] = SORTS
    return made


@cache
def _bytes(name: str) -> bytes:
    return (PAGE / name).read_bytes()


@cache
def _stamp() -> str:
    """Changes whenever one of the page's files does."""
    return hashlib.sha256(b"".join(_bytes(name) for name in FILES)).hexdigest()[:12]


def _json(state: dict[str, Any]) -> Markup:
    """JSON that can stand inside a script element: it holds no character that markup has a use for."""
    text = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704
