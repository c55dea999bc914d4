"""A logged request, shown beside the answer of now to those who run the search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from release_format.items import Item
from release_format.questions import LoggedQuestion, append, read
from release_format.questions.live import finish_now
from tests.searchbar.conftest import MakeRelease

from .conftest import KEY, ServeSite, Site, Visit
from .test_page_everywhere import HOSTILE, NASTY

WITH_KEY = {"X-API-Key": KEY}


@pytest.fixture(scope="module")
def lamps(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    items = [Item(f"n{i:02}", f"Lamp {i}", f"A lamp for the desk, model {i}.") for i in range(14)]
    with serve_site(make_release([*items, *HOSTILE])) as lamps:
        yield lamps


def asked(site: Site, path: str, id: str) -> LoggedQuestion:
    """Ask under an id; the row of it in the log."""
    assert site.get(path, headers={"X-Request-Id": id}).status_code == 200
    [row] = [row for row in read(site.questions) if row.request_id == id]
    return row


def replayed(site: Site, id: str) -> httpx.Response:
    return site.get("replay", params={"id": id}, headers=WITH_KEY)


def test_what_was_asked_lately_leads_to_its_replay(lamps: Site, visit: Visit) -> None:
    row = asked(lamps, "search?q=Desk lamp&k=3&sort=-title", "lately-1")
    sent = {"kind": "click", "id": row.hits[1], "position": 2, "request_id": "lately-1"}
    browser = {"Sec-Fetch-Site": "same-origin"}
    assert httpx.post(f"{lamps.url}feedback", json=sent, headers=browser).status_code == 204
    page = visit(f"{lamps.url}asked", java_script_enabled=False, extra_http_headers=WITH_KEY)
    page.get_by_role("link", name="Replay desk lamp").first.click()
    expect(page.locator("h1")).to_have_text("Desk lamp")
    expect(page.locator(".verdict")).to_contain_text("The same answer.")
    lines = page.locator(".beside tbody").first.locator("tr")
    expect(lines).to_have_count(3)
    for column in (0, 1):
        shown = lines.locator(f"td:nth-of-type({column + 1}) bdi").all_inner_texts()
        assert shown == list(row.hits)
    expect(lines.nth(1).locator(".mark")).to_have_text(["opened", "opened"])
    expect(page.locator("main")).to_contain_text(f"opened: {row.hits[1]}, number 2")
    page.get_by_label("The id of another request").fill("lately-1")
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("h1")).to_have_text("Desk lamp")


def test_the_answer_of_another_release_is_told_apart(lamps: Site) -> None:
    row = asked(lamps, "search?q=desk lamp&k=4&topic=!x", "other-0")
    first, second, third, _ = row.hits
    other = replace(
        row,
        release="r0",
        request_id="other-1",
        hits=["gone-1", second, first, third],
        total=row.total + 2,
        did_you_mean="",
    )
    append(lamps.questions, other)
    text = replayed(lamps, "other-1").text
    for words in (
        "Another answer.",
        "Another release is live than answered then.",
        "1 gone: gone-1",
        "no such item is in this release",
        f"total {row.total}, was {row.total + 2}",
        "python -m monitoring replay other-1",
        "gone since",
        ">new<",
        "nothing is withdrawn",
        ">!x<",
    ):
        assert words in text, words


def test_an_older_row_says_what_it_lacks(lamps: Site) -> None:
    append(lamps.questions, LoggedQuestion("lamp", request_id="old-1", hits=["n01"]))
    text = replayed(lamps, "old-1").text
    assert "not logged by the program of then" in text
    assert "not logged</bdi>" in text


@pytest.mark.parametrize("id", ["nowhere", NASTY, "\u202e", "x" * 2000, '"><svg onload=1>'])
def test_an_id_that_nobody_asked_under_is_said_and_can_be_changed(lamps: Site, id: str) -> None:
    reply = replayed(lamps, id)
    assert reply.status_code == 404
    assert "Nothing was asked as request" in reply.text
    assert '<form action="replay"' in reply.text
    assert "<svg onload" not in reply.text
    assert NASTY not in reply.text


def test_a_form_asks_which_and_without_a_log_it_says_so(lamps: Site, serve_site: ServeSite) -> None:
    for id in ("", "  "):
        reply = replayed(lamps, id)
        assert (reply.status_code, "Nothing was asked" in reply.text) == (200, False)
        assert "Replay a request" in reply.text
    with serve_site(lamps.release, SEARCHBAR_QUESTIONS="") as site:
        assert "Set SEARCHBAR_QUESTIONS to a file" in replayed(site, "x").text
        assert replayed(site, "x").status_code == 404
    with serve_site(lamps.release) as site:
        assert not site.questions.exists()
        assert replayed(site, "x").status_code == 404


@pytest.mark.parametrize("log", ["folder", "below a file", "loop"])
def test_a_log_that_cannot_be_read_is_said(
    lamps: Site, serve_site: ServeSite, tmp_path: Path, log: str
) -> None:
    path = tmp_path / "questions.jsonl"
    if log == "folder":
        path.mkdir()
    elif log == "loop":
        path.symlink_to(path)
    else:
        (tmp_path / "file").touch()
        path = tmp_path / "file/questions.jsonl"
    with serve_site(lamps.release, SEARCHBAR_QUESTIONS=str(path)) as site:
        for page in ("asked", "replay?id=x", "judge"):
            reply = site.get(page, headers=WITH_KEY)
            assert reply.status_code == (200 if page == "judge" else 500)
            assert "The query log cannot be read (" in reply.text
            assert "Let the user of the server read the file of SEARCHBAR_QUESTIONS" in reply.text
        assert site.get("replay", headers=WITH_KEY).status_code == 200, "the form asks for an id"
        counted = site.get("metrics", headers=WITH_KEY).text
        assert 'searchbar_refused_total{reason="busy"} 0.0' in counted
        assert 'searchbar_requests_total{route="/asked",status="500"} 1.0' in counted


def test_what_a_log_holds_is_replayed_when_only_its_parts_are_there(
    lamps: Site, serve_site: ServeSite
) -> None:
    with serve_site(lamps.release) as site:
        asked(site, "search?q=desk lamp", "part-1")
        assert finish_now(site.questions)
        assert not site.questions.exists()
        assert '<h1 dir="auto">desk lamp</h1>' in replayed(site, "part-1").text


def test_whatever_log_and_catalogue_hold_is_text(lamps: Site, visit: Visit) -> None:
    asked(lamps, "search?q=lamp&k=100", "hostile-0")
    append(
        lamps.questions,
        LoggedQuestion(
            f"{NASTY}\u202e \ud800",
            NASTY,
            "hostile-1",
            NASTY,
            filters={NASTY: [NASTY]},
            hits=[NASTY, "\ud800", "n1", '"><svg onload=window.hacked=6>'],
            k=2**62,
            sort=NASTY,
            cut=NASTY,
            did_you_mean=NASTY,
        ),
    )
    bad = {"kind": "bad", "id": NASTY, "reason": f"\ud800{NASTY}", "request_id": "hostile-0"}
    missing = {"kind": "missing", "reason": "\ud800 a torch", "question": "\ud800"}
    for sent in (bad, missing):
        reply = httpx.post(
            f"{lamps.url}feedback",
            content=json.dumps(sent),
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert reply.status_code == 204
    page = visit(f"{lamps.url}replay?id=hostile-0", extra_http_headers=WITH_KEY)
    expect(page.locator(".beside")).to_contain_text(NASTY)
    page.goto(f"{lamps.url}replay?id=hostile-1")
    expect(page.locator(".differences")).to_contain_text("refused")
    page.goto(f"{lamps.url}asked")
    expect(page.locator("main")).to_contain_text("a torch")
    assert page.evaluate("window.hacked") is None
    assert page.locator("main :is(script, img, svg)").count() == 0
