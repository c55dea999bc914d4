"""Here is somebody who runs this search: give me what is live, what was asked, and questions to judge."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from release_format.release import SNAPSHOT, VERDICT
from release_format.seal import FormatError
from release_format.verdict import Verdict
from searchbar.errors import Cause, SearchError, bad_question
from searchbar.judging import GRADES, Judgment, grades_of, judged, keep, pool
from searchbar.log_of_questions import asked_lately
from searchbar.origins import from_our_page
from searchbar.page_routes import show

if TYPE_CHECKING:
    from searchbar.app import House

ROUND = 10
LARGEST = 65_536
router = APIRouter(include_in_schema=False)


@router.get("/about")
async def about(request: Request) -> Response:
    """What is live here, from what it was made, and what its gates saw."""
    house = _house(request)
    release = house.engine.release
    gates = [gate for gate in (_verdict(release.path / VERDICT), _verdict(release.path / SNAPSHOT / VERDICT)) if gate]
    facts = [fact for gate in gates for fact in _flat(gate.facts)]
    texts = next((said for gate in gates if (said := _texts(gate))), "")
    return show(
        house, "about.html", release=release, image=house.settings.image, gates=gates, facts=facts, texts=texts
    )  # fmt: skip


@router.get("/asked")
async def asked(request: Request) -> Response:
    """What was asked most in the last days, and what was not answered."""
    house = _house(request)
    lately = (
        await asyncio.to_thread(asked_lately, Path(house.settings.questions)) if house.settings.questions else None
    )
    return show(house, "asked.html", lately=lately)


@router.get("/judge")
async def judge(request: Request, q: str = "") -> Response:
    """A question with what each leg finds for it, shuffled; or questions to choose from."""
    house = _house(request)
    path = _judgments(house)
    done = {row["question"] for row in judged(path)}
    waiting = await asyncio.to_thread(_waiting, house, done)
    items = []
    if q.strip():
        items = await asyncio.to_thread(pool, house.engine, q)
    return show(
        house, "judge.html", q=q.strip(), items=items, grades=GRADES, waiting=waiting, done=len(done),
        round=ROUND, place=len(done) % ROUND,
    )  # fmt: skip


@router.post("/judge")
async def save(request: Request) -> Response:
    """Keep the grades of one question, and go on to the next."""
    house = _house(request)
    # A program that brings the key names no page; a browser always names the one that a form was sent from.
    names_page = "origin" in request.headers or "sec-fetch-site" in request.headers
    if names_page and not from_our_page(request.headers, house.settings):
        raise bad_question("judgments come from this server's own page; open /judge.")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise bad_question(f"judgments are at most {LARGEST} bytes.")
    form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    question = form.get("q", [""])[0].strip()
    if not question:
        raise bad_question("there is no question to judge; open /judge and choose one.")
    path = _judgments(house)
    async with _one_writer:
        await asyncio.to_thread(keep, path, Judgment(question, grades_of(form)))
    done = {row["question"] for row in judged(path)}
    following = await asyncio.to_thread(_waiting, house, done)
    onward = f"judge?{urlencode({'q': following[0][0]})}" if following and len(done) % ROUND else "judge"
    return RedirectResponse(onward, 303)


@router.get("/judge/judgments.jsonl")
async def lines(request: Request) -> Response:
    """The judged lines, ready for catalogue/judgments.jsonl."""
    path = _judgments(_house(request))
    return PlainTextResponse(path.read_text(encoding="utf-8") if path.exists() else "")


_one_writer = asyncio.Lock()


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


def _judgments(house: House) -> Path:
    if not house.settings.judgments:
        text = "there is no file to save judgments to: set SEARCHBAR_JUDGMENTS and start again."
        raise SearchError(Cause.NOT_READY, text)
    return Path(house.settings.judgments)


def _waiting(house: House, done: set[str]) -> list[tuple[str, int]]:
    """Logged questions that nobody judged yet, most asked first."""
    if not house.settings.questions:
        return []
    lately = asked_lately(Path(house.settings.questions))
    return [(question, times) for question, times in lately.top if question not in done][:ROUND]


def _verdict(path: Path) -> Verdict | None:
    try:
        return Verdict.from_json(path.read_bytes(), path)
    except (OSError, FormatError):
        return None


def _texts(gate: Verdict) -> str:
    """What a gate counted of the items' texts, in a few sentences."""
    quality = gate.facts.get("quality")
    texts = quality.get("texts") if isinstance(quality, Mapping) else None
    return str(texts.get("said", "")) if isinstance(texts, Mapping) else ""


def _flat(facts: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Facts as rows; what is not a number or a short text is passed over."""
    rows: list[tuple[str, str]] = []
    for name, value in facts.items():
        label = f"{before}{name.replace('_', ' ').replace('-', ' ')}"
        if isinstance(value, Mapping):
            rows += _flat(value, f"{label}: ")
        elif isinstance(value, bool | int) or (isinstance(value, str) and value):
            rows.append((label, f"{value:,}" if type(value) is int else str(value)[:200]))
        elif isinstance(value, float):
            rows.append((label, f"{value:,.4g}"))
    return rows
