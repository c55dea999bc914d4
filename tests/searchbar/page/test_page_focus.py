"""Focus and words for those who do not see: after every deed there is a focus, and it is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from release_format.items import Item
from tests.searchbar.conftest import MakeRelease

from .conftest import ServeSite, Site, Visit, ask, settled, titles, until_held
from .test_page_cut import LEVELS
from .test_page_everywhere import PHONE, Violations

FOCUSED = """() => { const e = document.activeElement; return e === document.body ? "body"
    : e.id === "q" ? "box" : e.matches("#results h1") ? "heading" : e.matches("select") ? "sort"
    : e.closest(".chips") ? "chips" : e.closest(".panel") ? "filters"
    : e.closest(".hit") ? "hit" : e.id || e.className || e.localName; }"""


@pytest.fixture(scope="module")
def lamps(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    """Twenty lamps of three colours and many topics among thirty anvils."""
    many = tuple(f"topic {n}" for n in range(20))
    items = [
        Item(f"a{n:02}", f"Desk lamp {n:02}", "A lamp.", ("light", *many),
             extra={"colour": ("red", "green", "blue")[n % 3]})
        for n in range(20)
    ]  # fmt: skip
    items += [Item(f"b{n:02}", f"Anvil {n:02}", "Forged steel.", ("smithy",)) for n in range(30)]
    with serve_site(make_release(items, levels=LEVELS)) as site:
        yield site


@pytest.fixture
def page(lamps: Site, visit: Visit) -> Page:
    page = visit(f"{lamps.url}?q=desk+lamp", quiet=False)
    expect(page.locator(".hit")).to_have_count(10)
    return page


def by_keyboard(page: Page, wanted: str) -> None:
    """Put the focus on something, and press Enter."""
    page.locator(wanted).first.focus()
    page.keyboard.press("Enter")
    settled(page)


def filtered(page: Page) -> None:
    page.goto(f"{page.url}&colour=red&topic=light")
    settled(page)


def misspelt(page: Page) -> None:
    ask(page, "dekk lamp lamp")


def broken(page: Page) -> None:
    page.route("**/search?*", lambda route: route.fulfill(status=500, body="{}"))
    page.fill("#q", "lamp of the desk")
    page.keyboard.press("Enter")
    expect(page.locator(".ending")).to_be_visible()
    page.unroute_all()


Before = Callable[[Page], None]
DEEDS: list[tuple[str, Before | None, str, str]] = [
    ("a topic", None, ".topics a", "heading"),
    ("more topics", None, ".topics button", "hit"),
    ("like this", None, ".actions a", "heading"),
    ("why", None, ".actions [aria-expanded]", "hit"),
    ("copy", None, ".actions button:not([aria-expanded])", "hit"),
    ("good", None, ".good", "hit"),
    ("bad", None, ".bad", "hit"),
    ("load more", None, ".more button.button", "hit"),
    ("less likely", None, ".more a.button", "less"),
    ("missing", None, ".more .plain", "input"),
    ("compact", None, ".density", "density"),
    ("show all values", None, ".panel .plain", "filters"),
    ("a chip", filtered, ".chips a", "chips"),
    ("all chips", filtered, ".chips li:last-child a", "heading"),
    ("retry", broken, ".ending button", "heading"),
    ("the box is cleared", None, ".clear", "box"),
    ("dark", None, ".theme", "theme"),
    ("home", None, ".brand", "brand"),
]  # fmt: skip


@pytest.mark.parametrize(("deed", "before", "wanted", "leads_to"), DEEDS, ids=lambda x: str(x)[:20])
def test_the_focus_never_falls_to_the_body(
    page: Page, deed: str, before: Before | None, wanted: str, leads_to: str
) -> None:
    if before:
        before(page)
    by_keyboard(page, wanted)
    page.wait_for_timeout(50)
    focused = page.evaluate(FOCUSED)
    assert focused.split()[0] == leads_to, deed


def test_the_order_is_chosen_with_the_keys_and_the_list_stays(page: Page) -> None:
    page.get_by_label("Sort").focus()
    page.evaluate("window.list = document.querySelector('select')")
    for value in ("title", "-title"):
        page.keyboard.press("ArrowDown")
        page.wait_for_url(f"**sort={value}**")
        settled(page)
        assert page.evaluate("list.isConnected && document.activeElement === list")
    assert titles(page)[0] == "Desk lamp 19"
    by_keyboard(page, ".topics a")
    expect(page.get_by_label("Sort")).to_have_value("-title")


def test_from_home_every_way_leads_to_the_heading(lamps: Site, visit: Visit) -> None:
    page = visit(lamps.url)
    by_keyboard(page, ".all")
    assert page.evaluate(FOCUSED) == "heading"
    ask(page, "desk lamp")
    by_keyboard(page, ".brand")
    by_keyboard(page, ".recent a")
    assert page.evaluate(FOCUSED) == "heading"
    by_keyboard(page, ".brand")
    by_keyboard(page, ".recent button")
    assert page.evaluate(FOCUSED) == "button all"


def test_what_was_meant_and_what_is_dropped_lead_to_the_heading(site: Site, visit: Visit) -> None:
    page = visit(f"{site.url}?q=databse backup")
    by_keyboard(page, ".meant a")
    assert page.evaluate(FOCUSED) == "heading"
    page.goto(f"{site.url}?q=edit photos&topic=graphics&language=xx")
    by_keyboard(page, ".ending .button")
    expect(page.locator(".hit").first).to_be_visible()
    assert page.evaluate(FOCUSED) == "heading"


def test_filters_keep_the_focus_and_show_all_stays_open(page: Page) -> None:
    by_keyboard(page, ".panel .plain")
    labels = page.locator(".panel label")
    box = labels.filter(has=page.get_by_text("topic 12", exact=True)).locator("input")
    box.check()
    expect(page.locator(".chips li").first).to_have_text("Topic: topic 12")
    expect(box).to_be_focused()
    expect(labels.filter(has=page.get_by_text("topic 19", exact=True))).to_be_visible()


def test_answers_are_said_with_their_question_and_filters(page: Page) -> None:
    said = page.locator("#said")
    expect(said).to_have_text("20 results for desk lamp")
    page.get_by_role("checkbox", name="red").check()
    expect(said).to_have_text("7 results for desk lamp, Colour: red")
    held: list[Route] = []
    page.route("**/search?*", lambda route: held.append(route))
    page.get_by_role("checkbox", name="red").uncheck()
    page.get_by_role("checkbox", name="blue").check()
    until_held(page, held)
    expect(said).to_have_text("Searching…")
    held[-1].continue_()
    expect(said).to_have_text(re.compile(r"^\d+ results for desk lamp, Colour: "))


def test_arrow_keys_lead_from_result_to_result_and_back_to_the_box(page: Page) -> None:
    page.locator("#results h1").focus()
    for number in (0, 1, 2):
        page.keyboard.press("ArrowDown")
        expect(page.locator(".hit h2 > *").nth(number)).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()


def test_the_box_is_left_for_the_filters_by_one_key(page: Page) -> None:
    page.focus("#q")
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('to-filters')"):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "filters"


def test_a_question_mark_shows_the_keys(page: Page, violations: Violations) -> None:
    page.locator("#results h1").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("from result to result")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
    assert page.evaluate(FOCUSED) == "heading"
    page.locator("#q").press_sequentially("?")
    expect(page.locator("#q")).to_have_value("?desk lamp")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)


def test_on_a_phone_the_focus_goes_to_what_was_asked(lamps: Site, visit: Visit) -> None:
    page = visit(lamps.url, **PHONE)
    ask(page, "desk lamp")
    assert page.evaluate(FOCUSED) == "heading"
    page.locator(".menu").first.click()
    expect(page.locator(".hit").first.get_by_role("link", name="More like this")).to_be_visible()
    assert page.evaluate(FOCUSED) == "hit"


def test_a_sheet_says_how_much_it_leads_to_and_back_takes_it_away(
    lamps: Site, visit: Visit
) -> None:
    page = visit(f"{lamps.url}?q=desk+lamp", **PHONE)
    sheet = page.get_by_role("dialog", name="Filters")
    page.get_by_role("button", name="Filters").click()
    sheet.get_by_role("checkbox", name="red").check()
    expect(page.get_by_role("button", name="Show 7 results")).to_be_visible()
    page.go_back()
    expect(sheet).to_be_hidden()
    expect(page.locator(".chips li").first).to_have_text("Colour: red")
    page.wait_for_url("**colour=red")
    page.go_back()
    expect(page.locator(".chips")).to_have_count(0)
    page.get_by_role("button", name="Filters").click()
    sheet.get_by_role("checkbox", name="blue").check()
    page.get_by_role("button", name="Show 6 results").click()
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("button", name="Filters")).to_be_focused()
    page.wait_for_url("**colour=blue")
    expect(page.locator(".hit")).to_have_count(6)


def test_forced_colours_leave_nothing_to_colour_alone(
    lamps: Site, visit: Visit, violations: Violations
) -> None:
    page = visit(f"{lamps.url}?q=desk+lamp", forced_colors="active", bypass_csp=True)
    page.get_by_role("button", name="Good result").first.click()
    style = "(e, name) => getComputedStyle(e)[name]"
    assert page.locator(".good").first.evaluate(style, "borderStyle") == "solid"
    assert page.locator(".topics a").first.evaluate(style, "borderStyle") == "solid"
    badges = {kind: page.locator(f".badge.{kind}").first for kind in ("text", "exact", "meaning")}
    fills = [
        badge.evaluate("e => getComputedStyle(e, '::before').backgroundColor")
        for badge in badges.values() if badge.count()
    ]  # fmt: skip
    assert fills
    page.focus("#q")
    assert page.locator("#ask").evaluate(style, "outlineStyle") == "solid"
    page.fill("#q", "")
    page.keyboard.insert_text("ligh")
    expect(page.locator("#suggestions")).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert page.locator("[aria-selected=true]").evaluate(style, "outlineStyle") == "solid"
    assert [line for line in violations(page) if not line.startswith("color-contrast")] == []
