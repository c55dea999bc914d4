"""The routes for whoever runs the search: what is live, what was asked, and judging."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from release_format.release import SNAPSHOT, VERDICT
from release_format.seal import FormatError
from release_format.verdict import Verdict
from searchbar.errors import Cause, SearchError, bad_question
from searchbar.feedback.judging import GRADES, Judgment, grades_of, judged, keep, pool
from searchbar.feedback.query_log import summarise_recent
from searchbar.http.origins import from_our_page
from searchbar.http.page_routes import show
from searchbar.http.state import AppState, app_state_of

ROUND = 10
LARGEST = 65_536
router = APIRouter(include_in_schema=False)


@router.get("/about")
async def about(request: Request) -> Response:
    """What is live here, from what it was made, and what its gates saw."""
    app_state = app_state_of(request)
    release = app_state.engine.release
    paths = (release.path / VERDICT, release.path / SNAPSHOT / VERDICT)
    gates = [gate for gate in map(_verdict, paths) if gate]
    facts = [fact for gate in gates for fact in _flat(gate.facts)]
    texts = next(filter(None, map(_texts, gates)), "")
    return show(
        app_state,
        "about.html",
        release=release,
        image=app_state.settings.image,
        gates=gates,
        facts=facts,
        texts=texts,
    )


@router.get("/asked")
async def query_log(request: Request) -> Response:
    """What was asked most in the last days, and what was not answered."""
    app_state = app_state_of(request)
    path = app_state.settings.questions
    summary = await asyncio.to_thread(summarise_recent, Path(path)) if path else None
    return show(app_state, "asked.html", lately=summary)


@router.get("/judge")
async def judge(request: Request, q: str = "") -> Response:
    """A question with what each leg finds for it, shuffled; or questions to choose from."""
    app_state = app_state_of(request)
    path = _judgments(app_state)
    judged_questions = {row["question"] for row in judged(path)}
    waiting = await asyncio.to_thread(_waiting, app_state, judged_questions)
    items = await asyncio.to_thread(pool, app_state.engine, q) if q.strip() else []
    return show(
        app_state,
        "judge.html",
        q=q.strip(),
        items=items,
        grades=GRADES,
        waiting=waiting,
        done=len(judged_questions),
        round=ROUND,
        place=len(judged_questions) % ROUND,
    )


@router.post("/judge")
async def save(request: Request) -> Response:
    """Keep the grades of one question, and go on to the next."""
    app_state = app_state_of(request)
    # A program that brings the key names no page; a browser always names the one that a form was
    # sent from.
    names_page = "origin" in request.headers or "sec-fetch-site" in request.headers
    if names_page and not from_our_page(request.headers, app_state.settings):
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
    path = _judgments(app_state)
    async with _one_writer:
        await asyncio.to_thread(keep, path, Judgment(question, grades_of(form)))
    judged_questions = {row["question"] for row in judged(path)}
    waiting = await asyncio.to_thread(_waiting, app_state, judged_questions)
    goes_on = waiting and len(judged_questions) % ROUND
    next_url = f"judge?{urlencode({'q': waiting[0][0]})}" if goes_on else "judge"
    return RedirectResponse(next_url, 303)


@router.get("/judge/judgments.jsonl")
async def lines(request: Request) -> Response:
    """The judged lines, ready for catalogue/judgments.jsonl."""
    path = _judgments(app_state_of(request))
    return PlainTextResponse(path.read_text(encoding="utf-8") if path.exists() else "")


_one_writer = asyncio.Lock()


def _judgments(app_state: AppState) -> Path:
    if not app_state.settings.judgments:
        text = "there is no file to save judgments to: set SEARCHBAR_JUDGMENTS and start again."
        raise SearchError(Cause.NOT_READY, text)
    return Path(app_state.settings.judgments)


def _waiting(app_state: AppState, judged_questions: set[str]) -> list[tuple[str, int]]:
    """Logged questions that nobody judged yet, most asked first."""
    if not app_state.settings.questions:
        return []
    top = summarise_recent(Path(app_state.settings.questions)).top
    return [(text, times) for text, times in top if text not in judged_questions][:ROUND]


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
