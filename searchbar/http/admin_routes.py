"""The routes for whoever runs the search: what is live, what was asked, and judging."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from release_format.release import SNAPSHOT, VERDICT, Release
from release_format.seal import FormatError, is_sealed, read_manifest
from release_format.verdict import Verdict
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError, bad_question
from searchbar.feedback.judging import GRADES, Judgment, grades_of, judged, keep, pool
from searchbar.feedback.query_log import summarise_recent
from searchbar.http.auth import require_key
from searchbar.http.origins import from_our_page
from searchbar.http.page_routes import fields_of
from searchbar.http.rendering import locale_of, show
from searchbar.http.schemas import problems
from searchbar.http.state import AppState, app_state_of, body_of, one_of_few
from searchbar.page.details import uses
from searchbar.page.locale import Locale
from searchbar.page.release_facts import flat, languages_of, texts_said, weaknesses
from searchbar.page.values import date
from searchbar.page.view_model import bdi
from searchbar.replay.log_row import is_partial
from searchbar.replay.logged_request import LoggedRequest, logged_request, reaction
from searchbar.replay.replay import outside, replay
from searchbar.replay.side_by_side import columns, figure_lines, lines

ROUND = 10
LARGEST = 65_536
T = TypeVar("T")
UNREADABLE = (
    "The query log cannot be read ({}). Let the user of the server read the file of"
    " SEARCHBAR_QUESTIONS and its folder, or name another and start again."
)
# Not 503: that is what a full queue answers, and it counts as busy.
BROKEN = 500
Form = dict[str, list[str]]
# Closed to whoever has no key: a page that anybody may see goes to another router.
router = APIRouter(dependencies=[Depends(require_key)])
about = APIRouter(include_in_schema=False)
_one_writer = threading.Lock()
# The place is free again as soon as the answer is there, however slowly it is read.
_ONE_OF_FEW = Depends(one_of_few, scope="function")


@about.get("/about")
def show_about(request: Request) -> Response:
    """What stands behind the answers here, for those who ask."""
    app_state, locale = app_state_of(request), locale_of(request)
    release = app_state.engine.release
    languages, gate = app_state.engine.retriever.lexical.languages, _verdict(release.path / VERDICT)
    quality = gate.facts.get("quality") if gate else {}
    return show(
        app_state,
        locale,
        "about.html",
        items=len(release.items),
        as_of=_moment(locale, _admitted(release)),
        languages=languages_of(locale, languages.items if languages else {}),
        weaknesses=weaknesses(
            locale,
            quality if isinstance(quality, Mapping) else {},
            languages.meaning if languages else {},
        ),
    )


@about.get("/gates")
def show_gates(request: Request) -> Response:
    """What is live here, from what it was made, and what its gates saw: for those who run it."""
    app_state, locale = app_state_of(request), locale_of(request)
    release = app_state.engine.release
    paths = (release.path / VERDICT, release.path / SNAPSHOT / VERDICT)
    gates = [gate for gate in map(_verdict, paths) if gate]
    return show(
        app_state,
        locale,
        "gates.html",
        release=release,
        image=app_state.settings.image,
        built=_moment(locale, release.manifest.created_at),
        bdi=bdi,
        gates=gates,
        facts=[fact for gate in gates for fact in flat(gate.facts)],
        texts=next(filter(None, map(texts_said, gates)), ""),
        fits=str(release.levels.get("said", "")),
        fields=[
            (field, ", ".join(uses(locale, field)))
            for field in fields_of(app_state, locale).fields.values()
        ],
        schema=app_state.engine.release.schema,
    )


@router.get("/asked", include_in_schema=False, dependencies=[_ONE_OF_FEW])
def query_log(request: Request) -> Response:
    """What was asked most in the last days, and what was not answered."""
    app_state = app_state_of(request)
    summary, problem = _of_log(app_state, summarise_recent)
    english, status = app_state.locales.default, BROKEN if problem else 200
    return show(app_state, english, "asked.html", status, lately=summary, problem=problem)


@router.get("/replay", include_in_schema=False, dependencies=[_ONE_OF_FEW])
def show_replay(request: Request, id: str = "") -> Response:
    """A logged request beside the answer of now; or a form that asks which."""
    app_state, id = app_state_of(request), id.strip()
    found, problem = _of_log(app_state, lambda log: logged_request(log, id) if id else None)
    shown = _replayed(app_state.engine, found) if found else {}
    english, is_logged = app_state.locales.default, bool(app_state.settings.questions)
    status = BROKEN if problem else 404 if id and not found else 200
    return show(
        app_state,
        english,
        "replay.html",
        status,
        id=id,
        is_logged=is_logged,
        problem=problem,
        **shown,
    )


@router.get("/judge", include_in_schema=False, dependencies=[_ONE_OF_FEW])
def judge(request: Request, q: str = "") -> Response:
    """A question with what each leg finds for it, shuffled; or questions to choose from."""
    app_state = app_state_of(request)
    path = _judgments(app_state)
    judged_questions = {row["question"] for row in judged(path)}
    waiting, problem = _waiting(app_state, judged_questions)
    items = pool(app_state.engine, q) if q.strip() else []
    return show(
        app_state,
        app_state.locales.default,
        "judge.html",
        q=q.strip(),
        items=items,
        grades=GRADES,
        waiting=waiting,
        problem=problem,
        done=len(judged_questions),
        round=ROUND,
        place=len(judged_questions) % ROUND,
    )


async def form_of(request: Request) -> Form:
    """The form that our own page sent, or a program with the key.

    Raises:
        SearchError: another page sent it, or it is too large.
    """
    # A program that brings the key names no page; a browser always names the one that a form was
    # sent from.
    names_page = "origin" in request.headers or "sec-fetch-site" in request.headers
    if names_page and not from_our_page(request.headers, app_state_of(request).settings):
        raise bad_question("judgments come from this server's own page; open /judge.")
    body = await body_of(request, LARGEST, "judgments are")
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)


@router.post("/judge", include_in_schema=False)
def save(
    request: Request, form: Annotated[Form, Depends(form_of)], _: Annotated[None, _ONE_OF_FEW]
) -> Response:
    """Keep the grades of one question, and go on to the next."""
    app_state = app_state_of(request)
    question = form.get("q", [""])[0].strip()
    if not question:
        raise bad_question("there is no question to judge; open /judge and choose one.")
    path = _judgments(app_state)
    with _one_writer:
        keep(path, Judgment(question, grades_of(form)))
    judged_questions = {row["question"] for row in judged(path)}
    waiting = _waiting(app_state, judged_questions)[0]
    goes_on = waiting and len(judged_questions) % ROUND
    next_url = f"judge?{urlencode({'q': waiting[0][0]})}" if goes_on else "judge"
    return RedirectResponse(next_url, 303)


@router.get(
    "/judge/judgments.jsonl",
    response_class=PlainTextResponse,
    responses=problems(401, 404, 429, 503),
    dependencies=[_ONE_OF_FEW],
)
def judgments(request: Request) -> Response:
    """The judged lines, ready for catalogue/judgments.jsonl."""
    path = _judgments(app_state_of(request))
    return PlainTextResponse(path.read_text(encoding="utf-8") if path.exists() else "")


def _replayed(engine: Engine, request: LoggedRequest) -> dict[str, Any]:
    """A logged request beside the answer of now, as the page shows it."""
    on_live = replay(engine, request.asked)
    several = columns(request, [on_live])
    return {
        "request": request,
        "live": on_live,
        "is_own": on_live.release == request.asked.release,
        "is_partial": is_partial(request.asked),
        "lines": lines(several),
        "figures": figure_lines(several),
        "reactions": [(each.at, reaction(each)) for each in request.reactions],
        "outside": outside(engine),
    }


def _judgments(app_state: AppState) -> Path:
    if not app_state.settings.judgments:
        text = "there is no file to save judgments to: set SEARCHBAR_JUDGMENTS and start again."
        raise SearchError(Cause.NOT_OFFERED, text)
    return Path(app_state.settings.judgments)


def _waiting(app_state: AppState, judged_questions: set[str]) -> tuple[list[tuple[str, int]], str]:
    """Logged questions that nobody judged yet, most asked first; or why the log cannot be read."""
    usage, problem = _of_log(app_state, summarise_recent)
    top = usage.top if usage else []
    return [(text, times) for text, times in top if text not in judged_questions][:ROUND], problem


def _of_log(app_state: AppState, read: Callable[[Path], T | None]) -> tuple[T | None, str]:
    """What the query log says, and a sentence where it cannot be read; None where there is none."""
    if not app_state.settings.questions:
        return None, ""
    try:
        return read(Path(app_state.settings.questions)), ""
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, UNREADABLE.format(error.strerror)


def _moment(locale: Locale, at: str) -> str:
    """A moment of a manifest, in words."""
    day, _, clock = at.partition("T")
    return locale.text("about.at", day=date(locale, day), time=clock.rstrip("Z"))


def _admitted(release: Release) -> str:
    """When the catalogue was admitted as it is; when the release was built, where nobody knows."""
    snapshot = release.path / SNAPSHOT
    return (read_manifest(snapshot) if is_sealed(snapshot) else release.manifest).created_at


def _verdict(path: Path) -> Verdict | None:
    try:
        return Verdict.from_json(path.read_bytes(), path)
    except (OSError, FormatError):
        return None
