"""Cards: enough of them on a screen, pictures or their room, and things large enough to be hit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from release_format.fields import Field, FieldType, Schema
from release_format.items import Item
from tests.searchbar.conftest import MakeRelease

from .conftest import ServeSite, Site, Visit
from .test_page_everywhere import PHONE

DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
FIELDS = (
    Field("price", FieldType.NUMBER, filter=True, sort=True, facet=True, show=1, unit="€"),
    Field("brand", FieldType.KEYWORD, filter=True, facet=True, show=2),
    Field("in_stock", FieldType.BOOLEAN, filter=True, facet=True, show=3),
)
LONG = "A rain jacket of three layers with a hood that stays in the wind and dries in an hour. " * 5
WHOLE = """() => [...document.querySelectorAll(".hit")].filter((hit) => {
    const box = hit.getBoundingClientRect();
    return box.height && box.top >= 0 && box.bottom <= innerHeight; }).length"""


def jacket(n: int, pictures: str) -> Item:
    """The n-th of twenty; every fourth without a picture, one in Arabic."""
    image = f"{pictures}{'icon.svg' if n % 4 else 'gone.png'}" if n % 4 != 1 else ""
    return Item(
        f"j{n:02}", "سترة المطر jacket" if n == 2 else f"Rain jacket {n:02} for the hills", LONG,
        tuple(f"topic {k}" for k in range(2 + n % 8)), f"https://shop.example/{n}", image,
        "ar" if n == 2 else "en", extra={"price": 50 + n, "brand": "Acme", "in_stock": n % 2 > 0},
    )  # fmt: skip


@pytest.fixture(scope="module")
def jackets(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    with serve_site(make_release([Item("x", "X")])) as other:
        items = [jacket(n, other.url) for n in range(20)]
        schema = Schema({field.name: field for field in FIELDS})
        with serve_site(make_release(items, schema=schema), SEARCHBAR_IMAGES=other.url) as site:
            site.settings["other"] = other.url
            yield site


def shown(jackets: Site, visit: Visit, **context: Any) -> Page:
    url, other = f"{jackets.url}?q=rain+jacket&sort=title", jackets.settings["other"]
    page = visit(url, also=other, quiet=False, **context)
    expect(page.locator(".hit")).to_have_count(10)
    return page


@pytest.mark.parametrize(("context", "least"), [(DESK, 6), (PHONE, 4)], ids=["wide", "phone"])
def test_enough_of_them_are_seen_at_once(
    jackets: Site, site: Site, visit: Visit, context: dict[str, Any], least: int
) -> None:
    page = shown(jackets, visit, **context)
    assert page.evaluate(WHOLE) >= least
    tools = visit(f"{site.url}?q=edit photos", **context)
    assert tools.evaluate(WHOLE) >= least


def test_a_compact_list_shows_more_and_is_remembered(jackets: Site, visit: Visit) -> None:
    page = shown(jackets, visit, **DESK)
    seen = page.evaluate(WHOLE)
    page.get_by_role("button", name="Compact list").click()
    assert page.evaluate(WHOLE) > seen
    page.reload()
    expect(page.get_by_role("button", name="Compact list")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator(".dense .hit").first).to_be_visible()


def test_what_has_no_picture_keeps_its_room(jackets: Site, visit: Visit, site: Site) -> None:
    page = shown(jackets, visit, **DESK)
    gone = page.locator("#hit-j00")
    expect(gone.locator("span.picture")).to_have_text("R")
    lefts = page.locator(".hit:not(#hit-j02) h2").evaluate_all(
        "all => all.map((h2) => Math.round(h2.getBoundingClientRect().left))"
    )
    assert len(set(lefts)) == 1
    sizes = "all => all.map((each) => `${each.offsetWidth} ${each.offsetHeight}`)"
    assert set(page.locator(".picture").evaluate_all(sizes)) == {"88 88"}
    tools = visit(f"{site.url}?q=edit photos")
    expect(tools.locator(".picture").first, "no room where nothing has one").to_be_hidden()


def test_each_says_its_language_and_reads_in_its_direction(jackets: Site, visit: Visit) -> None:
    page = shown(jackets, visit, **DESK)
    arabic = page.locator("#hit-j02")
    page.goto(f"{jackets.url}?q=سترة")
    expect(arabic.locator("h2 a")).to_have_attribute("lang", "ar")
    assert arabic.evaluate("e => getComputedStyle(e).direction") == "rtl"
    english = page.locator("#hit-j03")
    page.goto(f"{jackets.url}?q=rain+jacket+03")
    assert english.evaluate("e => getComputedStyle(e).direction") == "ltr"
    expect(english.locator("h2 a")).to_have_attribute("lang", "en")


def test_five_topics_are_shown_and_the_others_counted(jackets: Site, visit: Visit) -> None:
    page = shown(jackets, visit, **DESK)
    topics = page.locator("#hit-j07 .topics")
    expect(topics.locator("a")).to_have_count(5)
    topics.get_by_role("button", name="4 more topics").click()
    expect(topics.locator("a")).to_have_count(9)
    without = shown(jackets, visit, java_script_enabled=False)
    expect(without.locator("#hit-j07 .topics li").last).to_have_text("+4")


def test_actions_are_seen_where_the_pointer_or_the_focus_is(jackets: Site, visit: Visit) -> None:
    page = shown(jackets, visit, **DESK)
    actions = page.locator("#hit-j03 .actions")
    seen = "e => getComputedStyle(e).opacity"
    assert actions.evaluate(seen) == "0"
    page.locator("#hit-j03").hover()
    assert actions.evaluate(seen) == "1"
    page.locator("#hit-j04 h2 a").focus()
    assert page.locator("#hit-j04 .actions").evaluate(seen) == "1"
    phone = shown(jackets, visit, **PHONE)
    actions = phone.locator("#hit-j03 .actions")
    expect(actions).to_be_hidden()
    menu = phone.locator("#hit-j03").get_by_role("button", name="Actions")
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    expect(actions).to_be_visible()


SMALL = """() => [...document.querySelectorAll("a, button, input, select, summary")].filter((e) => {
    const target = e.matches("[type=checkbox]") ? e.closest("label") : e;
    const box = target.getBoundingClientRect();
    /* Links in a line of text, and what is there for other ways of reading, are exempt. */
    if (!box.width || !e.checkVisibility({ opacityProperty: false })) return false;
    if (e.closest(".unseen, .skip, p, .shown, .from, h2")) return false;
    return box.width < 24 || box.height < 24;
}).map((e) => e.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("context", [DESK, PHONE], ids=["wide", "phone"])
def test_whatever_is_hit_is_large_enough(
    jackets: Site, visit: Visit, context: dict[str, Any]
) -> None:
    page = visit(f"{jackets.url}?q=rain+jacket&brand=Acme", also=jackets.settings["other"],
                 quiet=False, **context)  # fmt: skip
    expect(page.locator(".hit")).to_have_count(10)
    if context is PHONE:
        page.locator(".menu").first.click()
    assert page.evaluate(SMALL) == []
    page.locator(".brand").click()
    assert page.evaluate(SMALL) == []
