"""Typing: the combobox pattern to the letter, and a late answer never overwrites a newer one."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Error, Page, Route, expect

from .conftest import Site, Visit, ask, settled, titles, until_held


@pytest.fixture
def page(site: Site, visit: Visit) -> Page:
    return visit(site.url)


def offer(page: Page, typed: str) -> None:
    """Type in one go, and wait for what is offered: letter by letter, a slow machine is offered
    something for each."""
    page.locator("#q").focus()
    page.keyboard.insert_text(typed)
    whole = re.compile(re.escape(page.locator("#q").input_value()), re.IGNORECASE)
    expect(page.locator("#option-0")).to_have_attribute("data-text", whole)
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


def test_enter_takes_the_option_and_a_click_too(page: Page) -> None:
    offer(page, "vid")
    page.keyboard.press("ArrowDown")
    wanted = page.locator("#option-0").get_attribute("data-text")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")
    expect(page.locator("#q")).to_have_value(str(wanted))
    page.fill("#q", "")
    offer(page, "aud")
    expect(page.locator("#option-0")).to_have_attribute(
        "data-text", re.compile("^aud", re.IGNORECASE)
    )
    wanted = page.locator("#option-0").get_attribute("data-text")
    page.click("#option-0")
    page.wait_for_url(lambda url: unquote_plus(url).endswith(f"/?q={wanted}"))
    expect(page.locator("#suggestions")).to_be_hidden()


def test_fast_typing_asks_once(page: Page) -> None:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    # In one turn of the browser: however slow the machine, no key comes late.
    page.locator("#q").evaluate(
        """q => { q.focus(); for (const typed of ["v", "vi", "vid", "vide", "video"]) {
            q.value = typed; q.dispatchEvent(new InputEvent("input", {bubbles: true})) } }"""
    )
    page.wait_for_selector("#suggestions:not([hidden])")
    assert [url.partition("q=")[2] for url in urls if "/suggest" in url] == ["video"]


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
    page.route(re.compile(r"suggest\?q=vi?$"), lambda route: held.append(route))
    page.locator("#q").press_sequentially("vi")
    until_held(page, held)
    offer(page, "deo")
    expect(page.get_by_role("option").first).to_have_text("video")
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
