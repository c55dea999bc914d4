"""What the server sends and takes for the page: headers, keys, feedback, judging, and what it
tells of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect
from starlette.datastructures import QueryParams

from release_format import questions
from release_format.config.server import ServerSettings
from release_format.items import Item
from release_format.release import Release
from release_format.secrets.secret import Secret
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.feedback.feedback import read_feedback
from searchbar.feedback.judging import Judgment, grades_of, judged, keep, pool
from searchbar.feedback.query_log import summarise_recent
from searchbar.http.auth import key_of
from searchbar.page.details import web
from searchbar.page.url_state import UrlState
from searchbar.page.view_model import snippet
from searchbar.query.question import Question
from tests.searchbar.conftest import MakeRelease

from .conftest import KEY, ServeSite, Site, Visit, shown

WITH_KEY = {"X-API-Key": KEY}


@pytest.fixture(scope="module")
def lamps(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    items = [Item(f"n{i:02}", f"Lamp {i}", f"A lamp for the desk, model {i}.") for i in range(14)]
    with serve_site(make_release(items)) as lamps:
        yield lamps


@pytest.mark.parametrize("path", ["", "?q=lamp", "about", "gates"])
def test_pages_carry_a_strict_policy(lamps: Site, path: str) -> None:
    reply = lamps.get(path)
    policy = dict(
        rule.split(" ", 1) for rule in reply.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "same-origin"
    assert not re.search(
        r"<script(?![^>]*(src=|application/json))|<style|\son\w+=|style=", reply.text
    )


def test_files_are_kept_for_ever_by_their_stamp_and_asked_again_without(lamps: Site) -> None:
    named = re.findall(r'(?:href|src)="(searchbar\.(?:css|js)\?v=\w+)"', lamps.get("").text)
    assert len(named) == 2
    for name in named:
        assert "immutable" in lamps.get(name).headers["cache-control"]
        plain = lamps.get(name.partition("?")[0])
        assert plain.headers["cache-control"] == "no-cache"
        again = lamps.get(name.partition("?")[0], headers={"If-None-Match": plain.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_page_and_its_files_come_compressed_and_answers_do_not(lamps: Site) -> None:
    for path in ("", "?q=lamp", "searchbar.js", "searchbar.css"):
        reply = lamps.get(path, headers={"Accept-Encoding": "gzip"})
        assert reply.headers["content-encoding"] == "gzip", path
        assert "Accept-Encoding" in reply.headers["vary"]
        assert int(reply.headers["content-length"]) < len(reply.content) / 2
        assert "content-encoding" not in lamps.get(path, headers={"Accept-Encoding": "br"}).headers
    assert "content-encoding" not in lamps.get("search?q=lamp&k=14").headers


def from_page(site: Site) -> dict[str, str]:
    """What a browser says of a post of the site's own page."""
    return {"Origin": site.url.rstrip("/")}


def test_a_browser_can_add_it_as_a_search_engine(lamps: Site) -> None:
    described = lamps.get("opensearch.xml")
    assert described.headers["content-type"].startswith("application/opensearchdescription+xml")
    urls = {
        u.get("type"): u.get("template")
        for u in ElementTree.fromstring(described.text)
        if u.tag.endswith("Url")
    }
    assert urls["text/html"] == lamps.url + "?q={searchTerms}"
    assert httpx.get(str(urls["text/html"]).replace("{searchTerms}", "lamp")).status_code == 200
    suggestions = httpx.get(
        str(urls["application/x-suggestions+json"]).replace("{searchTerms}", "lam")
    ).json()
    assert suggestions[0] == "lam"
    assert "Lamp 1" in suggestions[1]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?q=" + "x" * 3000, 422),
        ("?q=lamp&sort=nonsense", 422),
        ("?like=nobody", 404),
        ("?q=%FF%00", 200),
        ("?q=lamp&page=x", 200),
        ("?q=lamp&utm_source=mail", 200),
        ("?q=lamp&page=999999999999", 200),
        ("?q=%20", 200),
        ("?topic=a", 200),
    ],
)
def test_odd_addresses_have_an_answer(lamps: Site, query: str, status: int) -> None:
    reply = lamps.get(query)
    assert reply.status_code == status
    assert '<form role="search"' in reply.text
    assert (status == 200) == ("This cannot be asked" not in shown(reply.text))


def test_a_question_that_is_rendered_here_is_logged_once(lamps: Site) -> None:
    reply = lamps.get("?q=a very special lamp&page=2")
    lines = [
        line for line in questions.read(lamps.questions) if line.question == "a very special lamp"
    ]
    assert [line.request_id for line in lines] == [reply.headers["x-request-id"]]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "one JSON object"),
        (b"[]", "kind"),
        (b'{"kind": "love"}', "kind"),
        (b'{"kind": "good", "question": 3}', "question"),
        (b'{"kind": "bad", "reason": "' + b"x" * 600 + b'"}', "at most 500"),
        (b"x" * 9000, "at most"),
    ],
)
def test_what_is_no_feedback_is_refused_in_a_sentence(lamps: Site, body: bytes, says: str) -> None:
    reply = httpx.post(f"{lamps.url}feedback", content=body, headers=from_page(lamps))
    assert reply.status_code == 422
    assert says in reply.json()["detail"]


def test_feedback_keeps_nothing_that_it_does_not_name() -> None:
    body = {
        "kind": "good",
        "question": "lamp",
        "id": "n1",
        "position": 2,
        "address": "10.0.0.1",
        "cookie": "x",
    }
    logged = read_feedback(json.dumps(body).encode())
    assert (logged.question, logged.feedback) == (
        "lamp",
        {"kind": "good", "id": "n1", "position": 2},
    )
    for wrong in (0, -1, True, "2", 10**9):
        assert (
            "position"
            not in read_feedback(json.dumps({**body, "position": wrong}).encode()).feedback
            or wrong is True
        )


@pytest.mark.parametrize("path", ["judge", "asked", "replay", "judge/judgments.jsonl"])
def test_pages_for_those_who_run_it_need_the_key(lamps: Site, path: str) -> None:
    refused = lamps.get(path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    assert lamps.get(path, headers={"X-API-Key": "wrong"}).status_code == 401
    assert lamps.get(path, auth=("anybody", KEY)).status_code == 200
    assert lamps.get(path, headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    assert lamps.get("search?q=lamp").status_code == 200


def test_a_key_for_all_leaves_only_health_and_files_open(
    lamps: Site, serve_site: ServeSite, visit: Visit, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("a-key-from-a-file\n")
    environment = {"SEARCHBAR_KEY": "", "SEARCHBAR_KEY_FILE": str(file), "SEARCHBAR_KEY_FOR": "all"}
    with serve_site(lamps.release, **environment) as site:
        for path in ("", "search?q=lamp", "suggest?q=l", "judge.js", "metrics", "release", "docs"):
            assert site.get(path).status_code == 401, path
            assert site.get(path, headers={"X-API-Key": "a-key-from-a-file"}).status_code == 200, (
                path
            )
        free = ("livez", "readyz", "searchbar.js", "searchbar.css", "icon.svg")
        assert [site.get(path).status_code for path in free] == [200] * len(free)
        page = visit(site.url, http_credentials={"username": "", "password": "a-key-from-a-file"})
        page.fill("#q", "desk lamp")
        page.keyboard.press("Enter")
        expect(page.locator(".hit")).to_have_count(10)


def test_without_a_key_the_pages_that_need_one_are_closed(
    lamps: Site, serve_site: ServeSite
) -> None:
    with serve_site(lamps.release, SEARCHBAR_KEY="") as site:
        assert site.get("judge").status_code == 404
        assert site.get("judge", headers={"X-API-Key": ""}).status_code == 404
        assert "SEARCHBAR_KEY" in site.get("judge").json()["detail"]
        assert 'href="judge"' not in site.get("about").text


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"key_for": "all"}, "no key"),
        ({"key_file": "/no/such/file"}, "cannot be read"),
    ],
)
def test_wrong_keys_are_told_at_the_start(settings: dict[str, str], says: str) -> None:
    with pytest.raises(SearchError, match=says):
        key_of(ServerSettings(**settings))  # type: ignore[arg-type]


def test_a_key_never_shows_itself() -> None:
    assert "sesame" not in repr(ServerSettings(key=Secret("sesame")))


def test_the_gates_page_tells_what_is_live(bundled_release: Release, site: Site) -> None:
    text = site.get("gates").text
    for sentence in (
        bundled_release.id,
        bundled_release.manifest.created_at[:10],
        f"{len(bundled_release.items):,}",
    ):
        assert sentence in text
    for condition in bundled_release.verdict.conditions:
        assert condition.name.replace("-", " ") in text


def test_what_was_asked_is_shown_to_those_who_run_it(lamps: Site) -> None:
    for _ in range(3):
        lamps.get("search?q=Reading  Lamp")
    missing = {"kind": "missing", "question": "<b>", "reason": "a torch"}
    assert (
        httpx.post(f"{lamps.url}feedback", json=missing, headers=from_page(lamps)).status_code
        == 204
    )
    text = lamps.get("asked", headers=WITH_KEY).text
    assert re.search(r"reading lamp</bdi></a> <small>3×", text)
    usage = summarise_recent(lamps.questions)
    low, high = (100 * bound for bound in usage.click_through.interval)
    for figure in (
        f"<td>{usage.asked:,}</td>",
        f"{low:.1f} to {high:.1f}",
        "Opened",
        "No result",
        "by filters",
    ):
        assert figure in text
    assert "a torch" in text
    assert "&lt;b&gt;" in text


def test_ten_questions_are_judged_by_one_key_each(lamps: Site, visit: Visit) -> None:
    for number in (3, 4):
        lamps.get(f"search?q=model {number}")
    page = visit(f"{lamps.url}judge", extra_http_headers=WITH_KEY)
    page.fill("#q", "desk lamp")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pool .now")
    ids = page.locator(".pool input[value='3']").evaluate_all(
        "all => all.map((i) => i.name.slice(6))"
    )
    assert len(ids) >= 10
    assert ids != sorted(ids), "shuffled"
    page.keyboard.press("3")
    page.keyboard.press("0")
    expect(page.locator("#progress")).to_have_text(f"2 of {len(ids)} results judged")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("2")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("judge\\?q=(?!desk)"))
    wanted = {
        "question": "desk lamp",
        "kind": "judged",
        "relevant": {ids[0]: 3, ids[1]: 2, ids[2]: 1},
    }
    rows = [json.loads(line) for line in lamps.judgments.read_text().splitlines()]
    assert [{name: row[name] for name in wanted} for row in rows] == [wanted]
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{lamps.url}judge")
    expect(page.get_by_text("2 questions judged so far")).to_be_visible()
    lines = page.request.get(f"{lamps.url}judge/judgments.jsonl").text().splitlines()
    assert json.loads(lines[1])["kind"] == "unanswerable"


def test_what_is_judged_is_the_best_of_each_leg_alone(bundled: Engine) -> None:
    question = "shrink photos without losing quality"
    retriever, items = bundled.retriever, bundled.release.items
    plan = retriever.planner.plan([retriever.parse(question)])[0]
    nearest = np.argsort(-retriever.dense.cosines(plan.vector), kind="stable")[:10].tolist()
    worded = retriever.lexical.search(plan.stems, 10)[0].tolist()
    wanted = {items[position].id for position in [*nearest, *worded]}
    assert len(wanted) > 10
    judged = [item.id for item in pool(bundled, question)]
    assert set(judged) == wanted
    assert judged == [item.id for item in pool(bundled, question)], "the same order each time"
    assert judged not in (sorted(wanted), [items[p].id for p in nearest])
    shown = [hit.id for hit in bundled.search(Question(question, k=10)).hits]
    assert wanted - set(shown), "fusion leaves some of them out of its first ten"


def test_what_is_judged_may_be_shown_and_holds_what_is_quoted(tools: Engine) -> None:
    assert "ffmpeg-doc" not in [item.id for item in pool(tools, "documentation of ffmpeg")], (
        "hidden by a rule"
    )
    assert {item.id for item in pool(tools, '"text editor"')} == {"vim", "emacs"}
    with pytest.raises(SearchError):
        pool(tools, "x" * 2000)


def test_judging_again_replaces(tmp_path: Path) -> None:
    path = tmp_path / "made/judgments.jsonl"
    keep(path, Judgment("lamp", {"a": 3}))
    keep(path, Judgment("torch", {}))
    keep(path, Judgment("lamp", {"b": 1}))
    assert [(row["question"], row["relevant"]) for row in judged(path)] == [
        ("torch", {}),
        ("lamp", {"b": 1}),
    ]
    assert grades_of({"grade:a": ["2"], "grade:b": ["0"], "grade:c": ["9"], "q": ["x"]}) == {"a": 2}


def test_judgments_are_not_taken_from_other_sites(lamps: Site) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        forged = httpx.post(f"{lamps.url}judge", content=b"q=x", headers={**WITH_KEY, **headers})
        assert forged.status_code == 422


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://a.example/x", True),
        ("http://a.example", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("ftp://a.example", False),
        ("//a.example", False),
        ("", False),
        ("https://[broken", False),
        ("https:", False),
    ],
)
def test_only_links_into_the_web_are_links(url: str, is_link: bool) -> None:
    assert bool(web(url)) is is_link


def test_a_snippet_keeps_its_marks_and_nothing_else() -> None:
    assert str(snippet("a <mark>b&amp;c</mark> &lt;i&gt;")) == "a <mark>b&amp;c</mark> &lt;i&gt;"
    assert (
        str(snippet("<b>x</b> <mark onclick=y>")) == "&lt;b&gt;x&lt;/b&gt; &lt;mark onclick=y&gt;"
    )


def test_an_address_reads_back_as_what_it_was_made_from() -> None:
    url_state = UrlState("größer & ?=#", filters={"topic": ["a b", "!c"]}, sort="title", page=3)
    assert UrlState.read(QueryParams(url_state.href().removeprefix("?")), ["topic"]) == url_state
    assert UrlState().href() == "./"
