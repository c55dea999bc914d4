"""A shop on the page: fields on every result, ranges, switches, values to look for, all items."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.searchbar.conftest import MakeRelease

from .conftest import ServeSite, Site, Visit, ask, becomes, settled, titles
from .shop import BRANDS, NASTY, SHOP_SCHEMA, lamps
from .test_page_everywhere import PHONE, SEEN, WIDE, Violations


@pytest.fixture(scope="module")
def shop(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    """The shop, whose pictures are another server's files."""
    release = make_release(lamps()[:1])
    with serve_site(release) as pictures:
        items = lamps(pictures.url)
        release = make_release(items, schema=SHOP_SCHEMA)
        with serve_site(release, SEARCHBAR_IMAGES=pictures.url) as site:
            site.settings["pictures"] = pictures.url
            yield site


Browse = Callable[..., Page]


@pytest.fixture
def browse(shop: Site, visit: Visit) -> Browse:
    """`browse(query, …)`: a visitor of the shop; a picture that is not there is no surprise."""

    def go(query: str = "?q=", **context: Any) -> Page:
        pictures = shop.settings["pictures"]
        return visit(shop.url + query, also=pictures, quiet=False, **context)

    return go


def asked_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def facet(page: Page, label: str) -> Locator:
    return page.locator(".panel fieldset", has=page.get_by_text(label, exact=True))


def price(page: Page, end: str) -> Locator:
    """One of the two inputs of the price."""
    return page.get_by_role("spinbutton", name=f"Price {end}")


STATES = [
    "?q=reading+lamp",
    "?q=lamp&price=20..90&brand=!Bolt+A&in_stock=true&sort=price,-released",
    "?q=&f.page=1&f.q=5..25&f.release=true&constructor=-30..",
    "?q=&find.brand=caf",
]
MORE_STATES = [
    "?q=",
    "?q=&page=3",
    "?price=..40&released=2021-03..2023&tags=!!!loud&tags=desk",
    "?q=lamp&brand=acme+e&in_stock=false&in_stock=!true",
    "?q=&price=1..2&price=!9&released=2019",
    "?like=lamp03",
    "?q=&style=style+3",
    "?q=lamp&price=cheap",
    "?sort=-weight",
]
PROVEN = [pytest.param(state, marks=pytest.mark.proof) for state in MORE_STATES]


@pytest.mark.parametrize("state", [*STATES, *PROVEN])
def test_without_javascript_the_shop_says_the_same(browse: Browse, state: str) -> None:
    without = browse(state, java_script_enabled=False)
    page = browse(state)
    page.wait_for_selector(".scripted")
    becomes(page, SEEN, without.evaluate(SEEN))


def test_a_result_shows_its_fields_in_their_order(browse: Browse) -> None:
    page = browse("?q=Lamp+1+for+the+desk&page=4")
    rows = page.locator("#hit-lamp01 .shown li")
    expect(rows).to_have_text(
        [
            "price 17.50\u00a0€",
            "brand Acme B",
            "✓ In stock: yes",
            "Released 2 Feb 2021",
            "Tags !loud, reading",
            "Net weight 1e-7\u00a0kg",
            "Maker maker.example",
            re.compile(re.escape(f"Note {NASTY} {NASTY} long") + ".*…$"),
            "Constructor -$1.50",
        ],
        ignore_case=True,
    )
    assert page.locator("#hit-lamp02 .shown li.url").count() == 0, "no link but into the web"
    assert page.locator("#hit-lamp06 .shown li.money").count() == 0, "nothing where it has none"
    expect(page.locator("#hit-lamp01 h2 mark").first).to_have_text("Lamp")
    assert page.locator("#hit-lamp01 h2").inner_text() == "Lamp 1 for the desk & <b>"
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("scripted", [True, False])
def test_pictures_keep_their_place_and_broken_ones_vanish(browse: Browse, scripted: bool) -> None:
    page = browse("?q=&sort=title&page=2", java_script_enabled=scripted)
    there = page.locator("#hit-lamp01 img")
    expect(there).to_have_js_property("complete", True)
    box = there.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (88, 88)
    assert there.get_attribute("loading") == "lazy"
    expect(page.locator("#hit-lamp02 img"), "a field of pictures").to_be_visible()
    broken = page.locator("#hit-lamp00 img")
    if scripted:
        expect(broken).to_have_count(0)
    else:
        paint = "image => [getComputedStyle(image).backgroundColor, image.alt]"
        assert broken.evaluate(paint) == ["rgba(0, 0, 0, 0)", ""], "nothing of it is seen"


def test_a_range_is_typed_and_chipped_and_removed(shop: Site, browse: Browse) -> None:
    page = browse("?q=")
    least = price(page, "from")
    expect(least).to_have_attribute("placeholder", "17.5")
    least.fill("50")
    least.press("Enter")
    page.wait_for_url("**price=50..")
    settled(page)
    expect(page.locator(".chips li").first).to_have_text("Price from 50\u00a0€")
    expect(least).to_be_focused()
    price(page, "to").fill("20")
    price(page, "to").press("Tab")
    page.wait_for_url("**price=20..50")
    settled(page)
    expect(price(page, "from")).to_have_value("20")
    total = shop.get("?q=&price=20..50").text
    assert re.search(r"<h1>(\d+ items)", total)[1] in page.locator("#results h1").inner_text()  # type: ignore[index]
    page.get_by_role("link", name="Remove the filter Price 20–50\u00a0€").click()
    expect(page.locator(".chips")).to_have_count(0)
    expect(price(page, "from")).to_have_value("")
    page.get_by_label("Released from").fill("2022-01-01")
    page.wait_for_url("**released=2022-01-01..")
    settled(page)
    expect(page.locator(".chips li").first).to_have_text("Released from 1 Jan 2022")


def test_a_histogram_counts_all_and_says_it(browse: Browse) -> None:
    page = browse("?q=")
    bars = facet(page, "Price").get_by_role("img")
    said = bars.get_attribute("aria-label") or ""
    counts = [int(count) for count in re.findall(r": (\d+)(?:;|$)", said)]
    with_price = [item for item in lamps() if "price" in item.extra]
    groups = {item.extra["style"] for item in with_price}
    assert len(groups) <= sum(counts) <= len(with_price)
    assert 1 < len(counts) <= 12
    assert bars.locator("rect").count() == len(counts)
    assert bars.locator("rect title").all_text_contents()[0] in said


def test_a_switch_is_yes_or_any(browse: Browse) -> None:
    page = browse("?q=")
    switch = page.get_by_role("switch", name="In stock")
    every = page.locator("#results h1").inner_text().split()[0]
    expect(switch).not_to_be_checked()
    switch.check()
    page.wait_for_url("**in_stock=true")
    settled(page)
    expect(page.locator(".chips li").first).to_have_text("In stock: yes")
    assert page.locator("#results h1").inner_text().split()[0] != every
    expect(page.locator(".shown .boolean b").first).to_have_text("✓")
    page.get_by_role("switch", name="In stock").uncheck()
    page.wait_for_url("**/?q=")


def test_a_value_is_looked_for_by_its_beginning(browse: Browse) -> None:
    page = browse("?q=")
    brands = facet(page, "Brand")
    expect(brands.locator("[type=checkbox]")).to_have_count(len(BRANDS))
    assert page.get_by_role("searchbox").count() == 1, "a dozen values need no looking for"
    box = page.get_by_label("Find in Brand")
    box.press_sequentially("CAFÉ")
    expect(brands.get_by_role("checkbox")).to_have_count(5)
    expect(box).to_be_focused()
    box.fill("nobody")
    expect(brands).to_contain_text("Nothing begins so.")
    box.fill("")
    expect(brands.locator("[type=checkbox]")).to_have_count(len(BRANDS))
    box.fill("bolt")
    expect(brands.get_by_role("checkbox")).to_have_count(5)
    brands.get_by_role("checkbox", name="Bolt C").check()
    expect(page.locator(".chips li").first).to_have_text("Brand: Bolt C")
    assert asked_of(page) == {"brand": ["Bolt C"]}


def test_without_javascript_the_filters_are_one_form(browse: Browse) -> None:
    page = browse("?q=lamp&tags=!desk", java_script_enabled=False)
    price(page, "from").fill("20")
    page.get_by_role("switch", name="In stock").check()
    page.get_by_label("Find in Brand").fill("acme")
    page.get_by_label("Sort").select_option(label="Price, high to low")
    page.get_by_role("button", name="Apply").click()
    asked = asked_of(page)
    assert asked == {
        "q": ["lamp"], "tags": ["!desk"], "price": ["20.."], "in_stock": ["true"],
        "find.brand": ["acme"], "sort": ["-price"],
    }  # fmt: skip
    expect(page.locator(".chips li")).to_have_text(
        ["Price from 20\u00a0€", "In stock: yes", "Tags: not desk", "Clear all"]
    )
    assert all(
        "acme" in text.lower() for text in facet(page, "Brand").locator("bdi").all_inner_texts()
    )
    page.get_by_label("Find in Brand").fill("")
    price(page, "from").fill("")
    page.get_by_role("switch", name="In stock").uncheck()
    page.get_by_role("button", name="Apply").click()
    assert asked_of(page) == {"q": ["lamp"], "tags": ["!desk"], "sort": ["-price"]}


def test_every_sortable_field_sorts_both_ways(browse: Browse) -> None:
    page = browse("?q=lamp")
    offered = page.get_by_label("Sort").locator("option").all_inner_texts()
    assert offered[0] == "Best match"
    wanted = {"Newest", "Title, A to Z", "Price, low to high", "Net weight, high to low",
              "Released, newest first", "In stock, yes first", "Brand, Z to A"}  # fmt: skip
    assert wanted <= set(offered)
    assert len(offered) == len(set(offered))
    page.get_by_label("Sort").select_option(label="Quality, low to high")
    page.wait_for_url("**sort=f.q")
    settled(page)
    assert titles(page)[:2] == ["Lamp 0 for the desk & <b>", "Lamp 1 for the desk & <b>"]


@pytest.mark.parametrize("scripted", [True, pytest.param(False, marks=pytest.mark.proof)])
def test_all_items_are_shown_without_a_question(browse: Browse, scripted: bool) -> None:
    page = browse("", java_script_enabled=scripted)
    page.get_by_role("link", name="All items").click()
    expect(page.locator(".hit")).to_have_count(10)
    assert asked_of(page) == {"q": [""]}
    expect(page.locator("#results h1")).to_contain_text("32 items")
    assert page.title() == "All items · Tools"
    expect(page.get_by_label("Sort").locator("option").first).to_have_text("Recommended")
    assert titles(page)[0].startswith("Lamp 3"), "those of the best quality first"
    page.locator(".more .button").click()
    expect(page.locator(".hit")).to_have_count(20)
    assert len(set(titles(page))) == 20
    expect(page.locator(".badge, .thumbs, mark")).to_have_count(0)
    page.locator(".topics a", has_text="room 1").first.click()
    expect(page.locator(".chips li").first).to_have_text("Topic: room 1")
    assert page.title() == "room 1 · Tools"
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator("#results h1")).to_contain_text("32 items")


def test_an_empty_question_shows_all_items_and_a_question_keeps_the_filters(browse: Browse) -> None:
    page = browse("?in_stock=true")
    page.fill("#q", "warm light")
    page.press("#q", "Enter")
    page.wait_for_url("**q=warm+light**")
    settled(page)
    assert asked_of(page) == {"q": ["warm light"], "in_stock": ["true"]}
    page.fill("#q", "")
    page.press("#q", "Enter")
    page.wait_for_url("**/?in_stock=true")
    expect(page.locator("#results h1")).to_contain_text("items")


def test_variants_are_counted_and_lead_to_all_of_them(browse: Browse) -> None:
    page = browse("?q=")
    style = page.get_by_role("group", name="Style")
    expect(style).to_have_count(0)
    link = page.get_by_role("link", name="+1 variant").first
    link.click()
    expect(page.locator(".hit")).to_have_count(2)
    expect(style).to_have_count(1)
    assert list(asked_of(page)) == ["style"]


def test_the_fields_and_their_uses_are_listed(shop: Site, visit: Visit) -> None:
    page = visit(f"{shop.url}gates")
    price = page.locator("tr", has=page.get_by_role("rowheader", name="price", exact=True))
    expect(price.locator("td")).to_have_text(
        ["Price (€)", "number, inferred", "filtered, counted, sorted, shown, place 1"]
    )
    expect(page.get_by_text("Items of the same style are variants")).to_be_visible()
    expect(page.get_by_text("is ranked by -q")).to_be_visible()
    assert NASTY in page.get_by_role("rowheader", name="note").locator("..").inner_text()


def test_a_phone_opens_its_filters_without_a_keyboard(browse: Browse) -> None:
    page = browse("?q=lamp", **PHONE)
    assert page.evaluate(WIDE) <= 0
    page.get_by_role("button", name="Filters").click()
    assert page.evaluate("document.activeElement.localName") != "input"
    price(page, "to").fill("60")
    price(page, "to").press("Enter")
    page.wait_for_url("**price=..60")
    settled(page)
    expect(price(page, "to")).to_have_value("60")
    page.get_by_role("button", name=re.compile(r"^Show \d+ results?$")).click()
    expect(page.locator(".chips li").first).to_have_text("Price up to 60\u00a0€")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.proof)])
def test_the_shop_is_accessible(browse: Browse, violations: Violations, scheme: str) -> None:
    page = browse("?q=lamp&price=20..90&in_stock=true", color_scheme=scheme, bypass_csp=True)
    assert violations(page) == []
    ask(page, "reading")
    assert violations(page) == []
