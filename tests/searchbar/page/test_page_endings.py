"""When it goes wrong: each ending has its own sentence, a retry, and the question is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from release_format.items import Item
from tests.searchbar.conftest import MakeRelease

from .conftest import ServeSite, Site, Visit, ask, becomes, settled, titles, until_held

LAMPS = [Item(f"n{i:02}", f"Lamp {i}", f"A lamp for the desk, model {i}.") for i in range(25)]


@pytest.fixture(scope="module")
def lamps(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    with serve_site(make_release(LAMPS)) as lamps:
        yield lamps


@pytest.fixture
def page(lamps: Site, visit: Visit) -> Page:
    return visit(lamps.url, quiet=False)


def test_offline_is_said_and_the_question_asked_again_when_back(page: Page) -> None:
    page.context.set_offline(True)
    becomes(page, "navigator.onLine", False)
    page.fill("#q", "desk lamp")
    page.keyboard.press("Enter")
    expect(page.locator(".ending h1")).to_have_text("You are offline")
    expect(page.locator("#q")).to_have_value("desk lamp")
    page.context.set_offline(False)
    expect(page.locator(".hit")).to_have_count(10)


def test_a_server_that_is_gone_is_said_and_comes_back_by_a_retry(
    make_release: MakeRelease, serve_site: ServeSite, visit: Visit
) -> None:
    with serve_site(make_release(LAMPS[:5])) as site:
        page = visit(site.url, quiet=False)
        ask(page, "desk lamp")
        site.stop()
        page.fill("#q", "lamp")
        page.keyboard.press("Enter")
        expect(page.locator(".ending h1")).to_have_text("The search cannot be reached")
        expect(page.locator("#q")).to_have_value("lamp")
        site.start()
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".hit")).to_have_count(5)


def test_who_is_gone_is_asked_again_by_itself_each_time_a_little_later(page: Page) -> None:
    requests: list[str] = []

    def gone(route: Route) -> None:
        requests.append(route.request.url)
        if len(requests) > 2:
            route.continue_()
        else:
            route.abort()

    page.route("**/search?*", gone)
    stop_the_clock(page)
    page.fill("#q", "desk lamp")
    page.keyboard.press("Enter")
    for tried, seconds in ((1, 2), (2, 4)):
        settled(page)
        expect(page.locator(".ending h1")).to_have_text("The search cannot be reached")
        page.clock.run_for(1000 * seconds - 100)
        assert len(requests) == tried
        page.clock.run_for(200)
    expect(page.locator(".hit")).to_have_count(10)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, "Something between you and the search answered"),
        (403, "Something between you and the search answered"),
        (511, "Something between you and the search answered"),
        (409, "The search is restarting"),
        (502, "The search is restarting"),
    ],
)
def test_what_a_proxy_answers_is_not_a_broken_server(page: Page, status: int, said: str) -> None:
    html = "<!doctype html><h1>Sign in</h1>"
    page.route("**/search?*", lambda route: route.fulfill(status=status, body=html))
    page.fill("#q", "desk lamp")
    page.keyboard.press("Enter")
    expect(page.locator(".ending h1")).to_have_text(said)
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".hit")).to_have_count(10)


def test_a_restart_is_waited_for(page: Page) -> None:
    requests: list[str] = []

    def restarting(route: Route) -> None:
        requests.append(route.request.url)
        if len(requests) > 2:
            route.continue_()
        else:
            route.fulfill(
                status=503, headers={"Retry-After": "1"}, body="<h1>503 Service Unavailable</h1>"
            )

    page.route("**/search?*", restarting)
    stop_the_clock(page)
    page.fill("#q", "desk lamp")
    page.keyboard.press("Enter")
    for tried in (1, 2):
        settled(page)
        expect(page.locator(".ending h1")).to_have_text("The search is restarting")
        assert len(requests) == tried
        page.clock.run_for(1000)
    expect(page.locator(".hit")).to_have_count(10)
    assert len(requests) == 3


@pytest.mark.proof
def test_too_many_questions_are_told_when_to_come_back(
    make_release: MakeRelease, serve_site: ServeSite, visit: Visit
) -> None:
    with serve_site(make_release(LAMPS[:5]), SEARCHBAR_REQUESTS_A_MINUTE="60") as site:
        page = visit(site.url, quiet=False)
        for attempt in range(100):
            for _ in range(1000):
                if site.get("release").status_code == 429:
                    break
            page.fill("#q", f"desk lamp {attempt}")
            page.keyboard.press("Enter")
            settled(page)
            if page.locator(".ending").count():
                break
        expect(page.locator(".ending h1")).to_have_text("Too many questions at once")
        expect(page.locator(".ending p").first).to_contain_text("Wait 1 second, then try again.")
        while page.locator(".ending").count():
            page.wait_for_timeout(1100)
            page.get_by_role("button", name="Try again").click()
            settled(page)
        expect(page.locator(".hit")).to_have_count(5)


def test_a_refused_question_is_explained(page: Page) -> None:
    page.fill("#q", "lamp " * 400)
    page.keyboard.press("Enter")
    expect(page.locator(".ending h1")).to_have_text("This cannot be asked")
    expect(page.locator(".ending p")).to_contain_text("characters")
    expect(page.locator("#q")).to_have_value(("lamp " * 400).strip())


def test_a_broken_server_is_not_the_visitors_fault(page: Page) -> None:
    page.route("**/search?*", lambda route: route.fulfill(status=500, body="Internal Server Error"))
    page.fill("#q", "desk lamp")
    page.keyboard.press("Enter")
    expect(page.locator(".ending h1")).to_have_text("Something broke on the server")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".hit")).to_have_count(10)


def test_slow_answers_dim_the_old_ones_and_nothing_flickers(page: Page) -> None:
    ask(page, "desk lamp")
    held: list[Route] = []
    page.route("**/search?*", lambda route: held.append(route))
    stop_the_clock(page)
    page.fill("#q", "model 7")
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    page.clock.run_for(190)
    expect(page.locator(".progress")).to_be_hidden()
    expect(page.locator(".hit")).to_have_count(10)
    page.clock.run_for(20)
    expect(page.locator(".progress")).to_be_visible()
    assert page.locator(".hits").evaluate("e => getComputedStyle(e).filter") != "none"
    page.clock.run_for(4000)
    expect(page.get_by_text("This takes longer than usual.")).to_be_visible()
    expect(page.locator(".hit")).to_have_count(10)
    until_held(page, held)
    held[0].continue_()
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".progress")).to_be_hidden()
    expect(page.get_by_text("This takes longer than usual.")).to_have_count(0)


def test_a_fast_answer_shows_no_bar_and_no_emptiness(page: Page) -> None:
    page.evaluate(
        """() => { window.seen = [];
        const waits = () => !document.querySelector(".progress").hidden;
        const hits = () => document.querySelectorAll(".hit").length;
        new MutationObserver(() => seen.push([waits(), hits()]))
            .observe(document.querySelector(".searchbar"),
                     { attributes: true, childList: true, subtree: true }); }"""
    )
    stop_the_clock(page)
    ask(page, "desk lamp")
    ask(page, "model 9")
    page.clock.run_for(5000)
    seen = page.evaluate("seen")
    assert not any(bar for bar, _ in seen)
    assert 0 not in [hits for _, hits in seen[[hits for _, hits in seen].index(10) :]], (
        "a flash of emptiness"
    )


def stop_the_clock(page: Page) -> None:
    """The page's own clock, so that a busy machine proves nothing wrong."""
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=1))


def test_more_that_fails_keeps_what_is_there(page: Page) -> None:
    ask(page, "desk lamp")
    page.route("**/search?*offset=*", lambda route: route.abort())
    page.get_by_role("button", name="Load more").click()
    expect(page.locator(".more .notice")).to_contain_text("The search cannot be reached")
    expect(page.locator(".hit")).to_have_count(10)
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".hit")).to_have_count(20)


def test_a_swap_while_paging_is_told_and_never_mixed(
    make_release: MakeRelease, serve_site: ServeSite, visit: Visit
) -> None:
    items = [
        Item(f"m{i:02}", f"Lantern {i}", "A lantern for the desk, and a lamp.") for i in range(25)
    ]
    with serve_site(make_release(LAMPS)) as site:
        page = visit(site.url, quiet=False)
        ask(page, "desk lamp")
        page.get_by_role("button", name="Load more").click()
        expect(page.locator(".hit")).to_have_count(20)
        site.stop()
        site.release = make_release(items)
        site.start()
        page.get_by_role("button", name="Load more").click()
        expect(page.locator(".notice")).to_contain_text(
            "The catalogue changed while you were reading"
        )
        assert len(titles(page)) == 10
        assert all(title.startswith("Lantern") for title in titles(page))
        assert page.url == f"{site.url}?q=desk+lamp"
