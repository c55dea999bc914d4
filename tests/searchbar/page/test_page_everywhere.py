"""Anywhere: without JavaScript, on a phone, in every theme, with a hostile catalogue, on a
foreign page; and light."""

from __future__ import annotations

import functools
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from benchmarks.page import PAINTED, VITALS, weight
from release_format import questions
from release_format.items import Item
from tests.searchbar.conftest import MakeRelease

from .conftest import KEY, ServeSite, Site, Visit, ask, becomes, settled, titles, until_held

QUESTION = "edit photos"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SEEN = """() => ({
    hits: [...document.querySelectorAll(".hit")].map((hit) => ({
        id: hit.id, title: hit.querySelector("h2").textContent,
        url: hit.querySelector("h2 a")?.href, from: hit.querySelector(".from").textContent,
        snippet: hit.querySelector(".snippet")?.outerHTML, marks: hit.querySelector("h2").innerHTML
            .match(/<mark>.*?<\\/mark>/g),
        shown: [...hit.querySelectorAll(".shown li")]
            .map((li) => [li.className, li.textContent.trim(), li.querySelector("a")?.href,
                li.querySelector("time")?.dateTime]),
        variants: hit.querySelector(".from :last-child")?.href,
        topics: [...hit.querySelectorAll(".topics a")].map((a) => a.href),
        like: hit.querySelector(".actions a").href,
        image: hit.querySelector("img")?.outerHTML })),
    facets: [...document.querySelectorAll(".panel label")].map((l) => [l.textContent,
        ...["type", "name", "value", "placeholder", "checked", "role"]
            .map((name) => l.querySelector("input")[name])]),
    legends: [...document.querySelectorAll(".panel :is(legend, .few)")].map((e) => e.textContent),
    sought: [...document.querySelectorAll(".panel [type=search]")].map((i) => [i.name, i.value]),
    bars: [...document.querySelectorAll(".histogram")].map((svg) => [svg.ariaLabel,
        svg.getAttribute("viewBox"), svg.innerHTML.replaceAll(/\\s+/g, " ")]),
    sorts: [...document.querySelectorAll(".head option")]
        .map((o) => [o.value, o.label, o.selected]),
    chips: [...document.querySelectorAll(".chips a")]
        .map((a) => [a.textContent, a.href, a.ariaLabel]),
    head: document.querySelector("#results h1").textContent.replace(/ in \\d+ ms/, ""),
    title: document.title, meant: document.querySelector(".meant")?.textContent,
    ending: document.querySelector(".ending p")?.textContent,
})"""
STATES = [
    f"?q={QUESTION}",
    f"?q={QUESTION}&topic=graphics&topic=!video&sort=title&page=2",
    "?q=databse backup",
    "?like=gimp",
    f"?q={QUESTION}&topic=graphics&language=xx",
    "?q=" + "long " * 400,
]


@pytest.mark.parametrize("state", STATES)
def test_without_javascript_the_page_says_the_same(site: Site, visit: Visit, state: str) -> None:
    without = visit(site.url + state, quiet=False, java_script_enabled=False)
    page = visit(site.url + state, quiet=False)
    page.wait_for_selector(".scripted")
    becomes(page, SEEN, without.evaluate(SEEN))


def test_without_javascript_everything_is_a_form_or_a_link(site: Site, visit: Visit) -> None:
    page = visit(site.url, java_script_enabled=False)
    page.fill("#q", QUESTION)
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".hit")).to_have_count(10)
    page.goto(f"{page.url}&cut=none")
    page.get_by_role("link", name="Load more").click()
    expect(page.locator(".hit")).to_have_count(20)
    page.get_by_role("checkbox", name="graphics").check()
    page.get_by_label("Sort").select_option("title")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**sort=title**")
    assert {"topic=graphics", "sort=title", "q=edit+photos"} <= set(
        page.url.partition("?")[2].split("&")
    )
    assert titles(page) == sorted(titles(page), key=str.casefold)
    for name in ("Clear", "Copy link", "Why this?", "Dark colours"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)


Violations = Callable[[Page], list[str]]
# Dark is what a colour fails in first; light is proven.
THEMES = ["dark", pytest.param("light", marks=pytest.mark.proof)]
NASTY = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>'
HOSTILE = [
    Item(
        "n1",
        f"Lamp {NASTY}",
        f"A lamp. {NASTY} <mark>not a mark</mark> &lt;b&gt; &amp;amp;",
        (NASTY, "lamps"),
        "https://good.example/a?b=1&c=2",
    ),
    Item(
        "n2",
        "Lamp of script",
        "A lamp.",
        ("lamps",),
        "javascript:window.hacked=3",
        "javascript:window.hacked=4",
    ),
    Item(
        "n3",
        "Lamp of data",
        "A lamp </script><script>window.hacked=5</script>.",
        (),
        "data:text/html,<script>alert(1)</script>",
    ),
    Item(
        "n4",
        "Lamp \u202egpj.exe\u202c of \u2066isolates",
        "\u202eA lamp that reads backwards\u202c",
        (),
        "https://user:secret@evil.example/",
    ),
    Item(
        "n5", "مصباح lamp للمكتب", "مصباح صغير للمكتب lamp مع ضوء دافئ.", ("إضاءة",), language="ar"
    ),
    Item("n6", "Lamp" + "lamp" * 200, "A lamp " + "w" * 900, ("t" * 200,)),
    Item(
        '"><svg onload=window.hacked=6>', "Lamp with an id", "A lamp.", (), " https://space.example"
    ),
    Item("../../livez?x=#y", "Lamp with a path", "A lamp.", (), "//evil.example"),
]


@pytest.fixture(scope="module")
def hostile(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    with serve_site(make_release(HOSTILE)) as site:
        yield site


@pytest.mark.parametrize("scripted", [True, False])
def test_a_hostile_catalogue_is_text(hostile: Site, visit: Visit, scripted: bool) -> None:
    page = visit(f"{hostile.url}?q=lamp", java_script_enabled=scripted)
    expect(page.locator(".hit")).to_have_count(len(HOSTILE))
    if scripted:
        ask(page, "a lamp")
        page.locator(".hit", has_text="with a path").get_by_role(
            "link", name="More like this"
        ).click()
        expect(page.locator("#results h1")).to_contain_text("Like Lamp with a path")
        page.go_back()
        expect(page.locator(".hit")).to_have_count(len(HOSTILE))
        assert page.evaluate("window.hacked") is None
    assert (
        page.locator(
            "#results :is(img, script, svg:not(.thumbs svg, .chips svg), iframe, b)"
        ).count()
        == 0
    )
    addresses = page.locator("a").evaluate_all("links => links.map((a) => a.href)")
    assert {address.partition(":")[0] for address in addresses} == {"http"} | {"https"}
    outside = {address for address in addresses if not address.startswith(hostile.url)}
    assert outside == {
        "https://good.example/a?b=1&c=2",
        "https://user:secret@evil.example/",
        "https://space.example/",
    }
    assert f"Lamp {NASTY}" in titles(page)
    assert not any("\u202e" in title for title in titles(page))
    expect(page.locator(".from bdi", has_text="evil.example")).to_have_text("evil.example")
    arabic = page.locator(".hit", has_text="مصباح").locator("h2 span")
    assert arabic.evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_the_policy_stops_what_would_slip_through(hostile: Site, visit: Visit) -> None:
    page = visit(hostile.url, quiet=False, errors=True)
    tried = """async () => {
        const image = document.createElement("div");
        try { image.innerHTML = "<img src=x onerror='window.hacked=1'>"; }
        catch (error) { return error.name; }
    }"""
    assert page.evaluate(tried) == "TypeError"
    page.evaluate(
        "() => { const s = document.createElement('script'); s.append('window.hacked=2');"
        " document.body.append(s); }"
    )
    assert page.evaluate("window.hacked") is None


WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize(("width", "zoom"), [(320, 1), (1280, 2), (1280, 4)])
def test_nothing_runs_out_of_the_page(
    hostile: Site, visit: Visit, width: int, zoom: int, direction: str
) -> None:
    page = visit(
        f"{hostile.url}?q=lamp",
        viewport={"width": width // zoom, "height": 900 // zoom},
        device_scale_factor=zoom,
    )
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    for number, name in enumerate(("Why this?", "Poor result")):
        page.get_by_role("button", name="Actions").nth(number).click()
        page.locator(".hit").nth(number).get_by_role("button", name=name).click()
    page.wait_for_selector("dl dt")
    assert page.evaluate(WIDE) <= 0
    page.locator(".brand").click()
    assert page.evaluate(WIDE) <= 0


def test_a_phone_has_its_filters_in_a_sheet(site: Site, visit: Visit) -> None:
    page = visit(f"{site.url}?q={QUESTION}", **PHONE)
    expect(page.locator(".facets")).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("checkbox", name="graphics").check()
    settled(page)
    expect(sheet.get_by_role("checkbox", name="graphics")).to_be_checked()
    page.get_by_role("button", name=re.compile(r"^Show \d+ results?$")).click()
    expect(sheet).to_be_hidden()
    expect(page.locator(".chips li").first).to_have_text("Topic: graphics")
    page.get_by_role("button", name="Filters").click()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("button", name="Filters")).to_be_focused()
    assert page.evaluate(WIDE) <= 0


def test_paper_carries_the_results_and_no_buttons(site: Site, visit: Visit) -> None:
    page = visit(f"{site.url}?q={QUESTION}")
    page.emulate_media(media="print")
    expect(page.locator(".actions").first).to_be_hidden()
    expect(page.locator("footer")).to_be_hidden()
    expect(page.locator(".snippet").first).to_be_visible()
    assert "http" in page.locator("h2 a").first.evaluate(
        "a => getComputedStyle(a, '::after').content"
    )


def test_reduced_motion_moves_nothing(site: Site, visit: Visit) -> None:
    page = visit(f"{site.url}?q={QUESTION}", reduced_motion="reduce")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.progress')).animationName")
        == "none"
    )
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.hits')).transitionDuration")
        == "0s"
    )


EMBEDDING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><h1>Shop</h1>
<style>search-bar {{ --searchbar-accent: rgb(160, 0, 80); --searchbar-font: serif; }}
a {{ color: lime; }}</style>
<script src="{0}searchbar.js"></script><search-bar src="{0}" {1}></search-bar></html>"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    """A foreign origin."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(quiet, directory=str(tmp_path))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


FOCUSED = "document.querySelector('search-bar').shadowRoot.activeElement.tagName"


def test_the_box_works_on_a_foreign_page(
    site: Site, shop: str, tmp_path: Path, serve_site: ServeSite, visit: Visit
) -> None:
    with serve_site(site.release, SEARCHBAR_ORIGINS=shop) as embedded:
        (tmp_path / "index.html").write_text(EMBEDDING.format(embedded.url, ""))
        (tmp_path / "favicon.ico").write_bytes(b"")
        page = visit(shop, also=embedded.url)
        page.locator("#q").press_sequentially("vid")
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("Escape")
        ask(page, QUESTION)
        expect(page.locator(".hit")).to_have_count(10)
        assert (
            page.locator("h2 a").first.evaluate("a => getComputedStyle(a).color")
            == "rgb(160, 0, 80)"
        )
        assert page.locator("h2 a").first.evaluate("a => getComputedStyle(a).fontFamily") == "serif"
        page.get_by_role("checkbox", name="graphics").check()
        expect(page.locator(".chips li").first).to_have_text("Topic: graphics")
        expect(page.get_by_role("link", name="More like this").first).to_have_attribute(
            "href", re.compile(re.escape(embedded.url) + r"\?like=")
        )
        with page.expect_event("requestfinished", lambda request: "feedback" in request.url):
            page.get_by_role("button", name="Good result").first.click()
        assert page.url == shop
        page.get_by_role("link", name="Tools").click()
        page.locator(".examples a").first.click()
        expect(page.locator(".hit").first).to_be_visible()
        assert page.url == shop
        assert page.locator("footer a").get_attribute("href") == f"{embedded.url}about"
        assert page.evaluate(FOCUSED) == "H1"
        page.keyboard.press("/")
        assert page.evaluate(FOCUSED) == "H1", "the shop's keys are the shop's"


def test_the_box_brings_its_key_wherever_it_asks(
    site: Site, shop: str, tmp_path: Path, serve_site: ServeSite, visit: Visit
) -> None:
    with serve_site(site.release, SEARCHBAR_ORIGINS=shop, SEARCHBAR_KEY_FOR="all") as closed:
        (tmp_path / "index.html").write_text(EMBEDDING.format(closed.url, f'key="{KEY}"'))
        (tmp_path / "favicon.ico").write_bytes(b"")
        page = visit(shop, also=closed.url)
        ask(page, QUESTION)
        expect(page.locator(".hit")).to_have_count(10)
        with page.expect_event(
            "requestfinished", lambda request: request.url.endswith("feedback")
        ) as sent:
            page.get_by_role("button", name="Good result").first.click()
        reply = sent.value.response()
        assert reply is not None
        assert (sent.value.method, reply.status) == ("POST", 204)
        assert [
            line.feedback["kind"] for line in questions.read(closed.questions) if line.feedback
        ] == ["good"]


def test_a_foreign_page_is_refused_without_the_setting(
    site: Site, shop: str, tmp_path: Path, visit: Visit
) -> None:
    (tmp_path / "index.html").write_text(EMBEDDING.format(site.url, ""))
    page = visit(shop, quiet=False, also=site.url, errors=True)
    refused = "url => fetch(url).then(() => false, () => true)"
    assert page.evaluate(refused, site.url)
    assert page.evaluate(refused, f"{site.url}searchbar.css")
    expect(page.locator("#q")).to_have_count(0)
    answer = site.get("search?q=x", headers={"Origin": shop.rstrip("/")})
    assert "access-control-allow-origin" not in answer.headers


def test_the_accessibility_check_can_fail(site: Site, visit: Visit, violations: Violations) -> None:
    page = visit(site.url, bypass_csp=True)
    page.evaluate("document.querySelector('footer').append(new Image())")
    page.add_style_tag(content=".home p { color: #ccc !important; }")
    assert {line.partition(":")[0] for line in violations(page)} == {"image-alt", "color-contrast"}


@pytest.mark.parametrize("scheme", THEMES)
def test_every_state_is_accessible(
    site: Site, visit: Visit, violations: Violations, scheme: str
) -> None:
    by_state: dict[str, list[str]] = {}

    def look(state: str) -> None:
        by_state[state] = violations(page)

    page = visit(site.url, quiet=False, color_scheme=scheme, bypass_csp=True)
    look("home")
    page.locator("#q").press_sequentially("vid")
    page.wait_for_selector("#suggestions:not([hidden])")
    page.keyboard.press("ArrowDown")
    look("suggestions")
    ask(page, QUESTION)
    look("results")
    page.get_by_role("button", name="Why this?").first.click()
    page.wait_for_selector("dl dt")
    page.get_by_role("button", name="Poor result").first.click()
    page.get_by_role("button", name="Something is missing?").click()
    look("why and feedback")
    page.locator(".panel [type=checkbox]").first.check()
    page.wait_for_url("**topic=**")
    settled(page)
    ask(page, "edit photso")
    look("filtered, did you mean")
    held: list[Route] = []
    page.route("**/search?*", lambda route: held.append(route))
    page.fill("#q", "slow")
    page.keyboard.press("Enter")
    page.wait_for_selector(".progress:not([hidden])")
    until_held(page, held)
    look("waiting")
    held[0].fulfill(status=503, headers={"Retry-After": "60"}, body="")
    page.wait_for_selector(".ending")
    look("restarting")
    page.unroute_all()
    page.goto(f"{site.url}?q={QUESTION}&topic=graphics&language=xx")
    page.wait_for_selector(".ending .button")
    look("nothing with these filters")
    page.goto(site.url)
    look("home with recent searches")
    assert {state: wrong for state, wrong in by_state.items() if wrong} == {}


@pytest.mark.parametrize("scheme", THEMES)
def test_the_phone_and_the_other_pages_are_accessible(
    hostile: Site, site: Site, visit: Visit, violations: Violations, scheme: str
) -> None:
    by_state: dict[str, list[str]] = {}
    choices: dict[str, Any] = {"quiet": False, "color_scheme": scheme, "bypass_csp": True}
    page = visit(f"{site.url}?q={QUESTION}", **choices, **PHONE)
    by_state["phone"] = violations(page)
    page.get_by_role("button", name="Filters").click()
    by_state["sheet"] = violations(page)
    page = visit(f"{hostile.url}?q=lamp", **choices, extra_http_headers={"X-API-Key": KEY})
    by_state["hostile"] = violations(page)
    *_, asked = questions.read(hostile.questions)
    replays = ("replay", "replay?id=nowhere", f"replay?id={asked.request_id}")
    for path in ("about", "gates", "asked", "judge", "judge?q=lamp", *replays):
        page.goto(hostile.url + path)
        by_state[path] = violations(page)
    page = visit(f"{site.url}?q=zzzz", **choices, **PHONE)
    by_state["nothing"] = violations(page)
    assert {state: wrong for state, wrong in by_state.items() if wrong} == {}


@pytest.mark.parametrize("choices", [{}, PHONE], ids=["wide", "phone"])
def test_nothing_moves_when_the_rest_of_the_header_comes(
    site: Site, visit: Visit, choices: dict[str, Any]
) -> None:
    """A busy browser paints the name before it has read the form beside it."""
    page = visit(f"{site.url}?q={QUESTION}", **choices)
    places = """() => [document.querySelector(".brand"), document.querySelector("#ask")].map(
        (node) => node && JSON.stringify(node.getBoundingClientRect().toJSON()))"""
    brand, form = page.evaluate(places)
    page.evaluate("document.querySelector('.theme').remove()")
    assert page.evaluate(places) == [brand, form]
    page.evaluate("document.querySelector('#ask').replaceChildren()")
    assert page.evaluate(places)[0] == brand
    page.evaluate("document.querySelector('#ask').remove()")
    assert page.evaluate(places)[0] == brand


def test_the_page_is_light_and_quick(site: Site, visit: Visit) -> None:
    page = visit(f"{site.url}?q={QUESTION}")
    seen, painted = [page.evaluate(VITALS)], [visit(site.url).evaluate(PAINTED)]
    # The machine is busy with other tests: what counts is what the page needs when it is let.
    while (min(v["tbt"] for v in seen) >= 200 or min(painted) >= 100) and len(seen) < 8:
        seen.append(visit(f"{site.url}?q={QUESTION}").evaluate(VITALS))
        painted.append(visit(site.url).evaluate(PAINTED))
    best = {name: min(v[name] for v in seen) for name in ("lcp", "tbt")} | {"painted": min(painted)}
    print("milliseconds:", best)
    assert [v["cls"] for v in seen] == [0] * len(seen)
    assert best["lcp"] < 2500
    assert best["tbt"] < 200
    assert best["painted"] < 100
    size = weight()
    print("bytes, compressed:", size)
    assert size <= 25_000
    sources = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert all(source.startswith(site.url) for source in sources)
    assert len([source for source in sources if not source.endswith("icon.svg")]) == 2
