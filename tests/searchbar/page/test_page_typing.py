"""Typing: the combobox pattern to the letter, and a late answer never overwrites a newer one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect

from release_format.items import Item
from tests.searchbar.conftest import MakeRelease

from .conftest import ServeSite, Site, Visit, ask, settled, titles, until_held


@pytest.fixture
def page(site: Site, visit: Visit) -> Page:
    return visit(site.url)


@pytest.fixture(scope="module")
def lamps(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    """Lamps with pictures and pages of their own, and one that has neither."""
    with serve_site(make_release([Item("x", "X")])) as other:
        items = [
            Item(f"n{i}", f"Desk lamp {i}", "A lamp.", ("lamps",), f"{other.url}livez?{i}",
                 f"{other.url}icon.svg")
            for i in range(4)
        ]  # fmt: skip
        items.append(Item("bare", "Bare bulb", "A bulb."))
        with serve_site(make_release(items), SEARCHBAR_IMAGES=other.url) as site:
            site.settings["other"] = other.url
            yield site


def offer(page: Page, typed: str) -> None:
    """Type in one go, and wait for what is offered: letter by letter, a slow machine is offered
    something for each."""
    page.locator("#q").focus()
    page.keyboard.insert_text(typed)
    whole = page.locator("#q").input_value()
    expect(page.locator("#suggestions")).to_have_attribute("data-text", whole)
    expect(page.locator("#suggestions")).to_be_visible()


@pytest.mark.parametrize("keys", ["/", "Control+k", "Meta+k"])
def test_keys_focus_the_box(page: Page, keys: str) -> None:
    page.keyboard.press(keys)
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("")


def test_a_slash_can_be_typed(page: Page) -> None:
    page.locator("#q").press_sequentially("a/b")
    expect(page.locator("#q")).to_have_value("a/b")


def test_focus_stays_in_the_input_while_options_are_gone_through(page: Page) -> None:
    box = page.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "false")
    offer(page, "vid")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_have_attribute("aria-autocomplete", "list")
    assert (
        page.locator("#" + str(box.get_attribute("aria-controls"))).get_attribute("role")
        == "listbox"
    )
    assert box.get_attribute("aria-activedescendant") is None
    count = page.get_by_role("option").count()
    assert count >= 2
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "option-0")
    expect(page.locator("#option-0")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowUp")
    expect(box).to_have_attribute("aria-activedescendant", f"option-{count - 1}")
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") is None
    expect(box).to_be_focused()
    expect(box).to_have_value("vid")


def test_escape_closes_and_then_clears(page: Page) -> None:
    offer(page, "vid")
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(page.locator("#q")).to_have_value("vid")
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_have_value("")
    expect(page.locator("#q")).to_be_focused()


def test_tab_leaves(page: Page) -> None:
    offer(page, "vid")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(page.locator("#q")).not_to_be_focused()
    expect(page.locator("#q")).to_have_value("vid")


def test_editing_keys_edit(page: Page) -> None:
    offer(page, "vide")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    assert page.locator("#q").get_attribute("aria-activedescendant") is None
    page.keyboard.type("a ")
    expect(page.locator("#q")).to_have_value("a vide")
    page.keyboard.press("Shift+End")
    page.keyboard.press("Delete")
    expect(page.locator("#q")).to_have_value("a ")
    page.keyboard.press("Control+a")
    page.keyboard.press("Backspace")
    expect(page.locator("#q")).to_have_value("")


def test_alt_arrow_opens_without_choosing_and_closes(page: Page) -> None:
    offer(page, "vid")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#suggestions")).to_be_hidden()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#suggestions")).to_be_visible()
    assert page.locator("#q").get_attribute("aria-activedescendant") is None


def group(page: Page, name: str) -> Locator:
    """The options of one group of suggestions."""
    return page.get_by_role("group", name=name, exact=True).get_by_role("option")


def test_an_item_is_opened_by_enter_and_by_a_click(lamps: Site, visit: Visit) -> None:
    # A page that is no HTML has no icon of its own: Chromium asks for one, and complains.
    page = visit(lamps.url, also=lamps.settings["other"], quiet=False)
    offer(page, "desk la")
    first = group(page, "Results for “desk lamp”").first
    expect(first.locator("img.picture")).to_be_visible()
    expect(first).to_contain_text("Desk lamp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/livez?*")
    page.go_back()
    offer(page, "bare")
    group(page, "Results").first.click()
    page.wait_for_url("**/?q=Bare+bulb")
    expect(page.locator(".hit").first).to_be_visible()


def test_a_topic_is_a_filter(page: Page) -> None:
    offer(page, "graphi")
    group(page, "Topics").filter(has_text="graphics").click()
    page.wait_for_url("**/?topic=graphics")
    expect(page.locator(".chips li").first).to_have_text("Topic: graphics")
    expect(page.locator("#q")).to_have_value("")


def test_half_a_sentence_brings_something_and_enter_keeps_what_is_seen(page: Page) -> None:
    for typed, name in (
        ("photo edi", "Results for “photo edit"),
        ("how do I edi", "Results for “"),
    ):
        page.fill("#q", "")
        offer(page, typed)
        shown = page.get_by_role("group", name=re.compile(f"^{name}"))
        reads = re.search("“(.*)”", shown.get_attribute("aria-label") or "")
        seen = shown.get_by_role("option").locator("bdi").all_inner_texts()
        assert reads, typed
        assert len(seen) >= 3, typed
        with page.expect_response(lambda response: "/search?" in response.url):
            page.keyboard.press("Enter")
        expect(page.locator("#q")).to_have_value(reads[1])
        assert titles(page)[: len(seen)] == seen


def test_enter_before_anything_is_seen_asks_what_is_typed(page: Page) -> None:
    page.route("**/typeahead?*", lambda _: None)
    page.locator("#q").press_sequentially("photo edi")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=photo+edi")


def test_a_beginning_is_asked_for_once(page: Page) -> None:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    offer(page, "vid")
    offer(page, "eo")
    for _ in range(2):
        page.keyboard.press("Backspace")
    expect(page.locator("#suggestions")).to_have_attribute("data-text", "vid")
    asked = [unquote_plus(url.partition("q=")[2]) for url in urls if "/typeahead" in url]
    assert (asked.count("vid"), asked.count("video")) == (1, 1)


def test_within_filters_what_is_seen_is_within_them(page: Page, site: Site) -> None:
    page.goto(f"{site.url}?topic=graphics")
    with page.expect_request(lambda request: "/typeahead" in request.url) as asked:
        offer(page, "editor")
    assert asked.value.url.endswith("typeahead?q=editor&topic=graphics")


@pytest.mark.parametrize("off", ["a setting", "Save-Data"])
def test_it_is_turned_off(serve_site: ServeSite, site: Site, visit: Visit, off: str) -> None:
    settings = {"SEARCHBAR_TYPING": "no"} if off == "a setting" else {}
    with serve_site(site.release, **settings) as quiet:
        page = visit(quiet.url)
        if off == "Save-Data":
            page.add_init_script(
                "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"
            )
            page.reload()
        ask(page, "video editor")
        urls: list[str] = []
        page.on("request", lambda request: urls.append(request.url))
        page.fill("#q", "")
        offer(page, "vid")
        expect(page.locator("#suggestions [role=option]"), "one's own is kept here").to_have_text(
            ["video editor"]
        )
        assert [url for url in urls if "typeahead" in url] == []


def test_suggestions_that_come_and_go_are_said(page: Page) -> None:
    offer(page, "vid")
    expect(page.locator("#said")).to_have_text(re.compile(r"^\d+ suggestions$"))
    page.keyboard.insert_text("zzqq xxyy")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(page.locator("#said")).to_have_text("No suggestions")


def test_fast_typing_asks_once(page: Page) -> None:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    # In one turn of the browser: however slow the machine, no key comes late.
    page.locator("#q").evaluate(
        """q => { q.focus(); for (const typed of ["v", "vi", "vid", "vide", "video"]) {
            q.value = typed; q.dispatchEvent(new InputEvent("input", {bubbles: true})) } }"""
    )
    page.wait_for_selector("#suggestions:not([hidden])")
    assert [url.partition("q=")[2] for url in urls if "/typeahead" in url] == ["video"]


def test_enter_while_composing_does_not_submit(page: Page) -> None:
    keyboard = page.context.new_cdp_session(page)
    page.focus("#q")
    keyboard.send(
        "Input.imeSetComposition", {"text": "けんさく", "selectionStart": 4, "selectionEnd": 4}
    )
    page.keyboard.press("Enter")
    page.evaluate(
        """() => document.querySelector("#q").dispatchEvent(
            new KeyboardEvent("keydown",
                { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    page.wait_for_timeout(100)
    assert page.url.endswith("/")
    keyboard.send("Input.insertText", {"text": "検索"})
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")


def test_a_late_suggestion_is_not_shown(page: Page) -> None:
    held: list[Route] = []
    page.route(re.compile(r"typeahead\?q=vi?$"), lambda route: held.append(route))
    page.locator("#q").press_sequentially("vi")
    until_held(page, held)
    offer(page, "deo")
    shown = page.get_by_role("option").all_inner_texts()
    let_go(held)
    page.wait_for_timeout(150)
    assert page.get_by_role("option").all_inner_texts() == shown


def test_a_late_answer_never_overwrites_a_newer_one(page: Page, site: Site) -> None:
    held: list[Route] = []
    page.route("**/search?q=music*", lambda route: held.append(route))
    page.fill("#q", "music player")
    page.keyboard.press("Enter")
    until_held(page, held)
    ask(page, "edit photos")
    shown = titles(page)
    let_go(held)
    page.wait_for_timeout(150)
    assert (
        titles(page)
        == shown
        == [hit["title"] for hit in site.get("search?q=edit photos").json()["hits"]]
    )
    assert page.url.endswith("?q=edit+photos")


def test_a_late_answer_is_refused_even_where_nothing_can_be_aborted(
    site: Site, visit: Visit
) -> None:
    page = visit(site.url)
    page.evaluate("AbortController.prototype.abort = () => {}")
    held: list[Route] = []
    page.route("**/search?q=music*", lambda route: held.append(route))
    page.fill("#q", "music player")
    page.keyboard.press("Enter")
    until_held(page, held)
    ask(page, "edit photos")
    shown = titles(page)
    let_go(held)
    page.wait_for_timeout(250)
    assert titles(page) == shown


def let_go(held: list[Route]) -> None:
    for route in held:
        with suppress(Error):  # the page gave it up already
            route.continue_()


def test_recent_searches_are_offered_cleared_and_switched_off(page: Page) -> None:
    ask(page, "edit photos")
    page.click(".brand")
    expect(page.locator(".recent a")).to_have_text(["edit photos"])
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_contain_text("edit photos")
    page.keyboard.press("Escape")
    page.click("text=Clear")
    expect(page.locator(".recent a")).to_have_count(0)
    page.uncheck("footer input")
    ask(page, "music player")
    page.click(".brand")
    expect(page.locator(".recent a")).to_have_count(0)
    recent: Any = page.evaluate("localStorage['searchbar.recent']")
    assert recent == "[]"
    page.reload()
    expect(page.locator("footer input")).not_to_be_checked()


def test_everything_with_the_keyboard_alone(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("edit photos")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = "(e => e.ariaLabel || e.textContent || e.name)(document.activeElement)"
        reached.append(page.evaluate(name).strip())
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or page.evaluate("document.activeElement.id === 'q'"), reached[-1]
    for wanted in (
        "Search",
        "Dark colours",
        "More like this",
        "Copy link",
        "Why this?",
        "Good result",
        "Load more",
    ):
        assert wanted in reached or wanted == "Load more", wanted
    page.goto(f"{page.url}&cut=none")
    settled(page)
    page.locator("text=Load more").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).to_have_count(20)
    expect(page.locator(".hit").nth(10).locator("h2 > *")).to_be_focused()
    page.keyboard.press("Tab")
    page.locator("select").focus()
    page.keyboard.press("t")
    page.wait_for_url("**sort=title**")
    settled(page)
    page.locator(".panel [type=checkbox]").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".chips a").first).to_be_visible()
    expect(page.locator(".panel input:focus")).to_have_count(1)
