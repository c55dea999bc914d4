"""Columns called like words of JavaScript or like our own parameters, in a real browser:
searched, filtered, paged."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from release_format.items import Item
from tests.searchbar.conftest import MakeRelease

from .conftest import ServeSite, Site, Visit, ask, becomes, settled, titles
from .test_page_everywhere import SEEN

COLUMNS = (
    "constructor",
    "page",
    "release",
    "q",
    "__proto__",
    "f.page",
    "submit",
    "action",
    "größe & breite",
    "k",
    "like",
)
BY_RELEASE = "?q=old+town&f.release=2021"


def article(n: int) -> Item:
    """The n-th of fifteen; each column has three values, as often as one another, numbers among
    them."""
    of_year = {
        "release": str(2019 + n % 3),
        "page": str(n),
        "constructor": ("toString", "Rossi", "valueOf")[n % 3],
    }
    other_columns = {name: f"{name} {n % 3}" for name in COLUMNS if name not in of_year}
    return Item(
        f"a{n:02}",
        f"Old street {n} of the town",
        "An article of the old town.",
        ("town",),
        extra=of_year | other_columns,
    )


@pytest.fixture(scope="module")
def magazine(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    with serve_site(make_release([article(n) for n in range(15)])) as site:
        yield site


def asked_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def boxes(page: Page, column: str) -> list[str]:
    """The values that a column's facet offers."""
    settled(page)
    return (
        page.locator("fieldset", has=page.get_by_text(column, exact=True))
        .locator("label bdi")
        .all_inner_texts()
    )


def test_they_are_searched_filtered_and_paged(magazine: Site, visit: Visit) -> None:
    page = visit(magazine.url)
    ask(page, "old town")
    expect(page.locator(".hit")).to_have_count(10)
    page.get_by_role("button", name="Load more").click()
    expect(page.locator(".hit")).to_have_count(15)
    assert asked_of(page) == {"q": ["old town"], "page": ["2"]}
    assert boxes(page, "Constructor") == ["toString", "Rossi", "valueOf"]
    for column in COLUMNS[:5]:
        label = column[0].upper() + column[1:]
        page.goto(f"{magazine.url}?q=old+town")
        value = boxes(page, label)[1]
        box = (
            page.locator("fieldset", has=page.get_by_text(label, exact=True))
            .get_by_role("checkbox")
            .nth(1)
        )
        box.click()
        many = 1 if column == "page" else 5
        expect(page.locator(".hit")).to_have_count(many)
        expect(page.locator(".chips li").first).to_have_text(f"{label}: {value}")
        assert [value] in asked_of(page).values()
        page.reload()
        expect(page.locator(".hit")).to_have_count(many)
        page.get_by_role("link", name=f"Remove the filter {label}: {value}").click()
        expect(page.locator(".hit")).to_have_count(10)


def test_a_filter_and_a_page_of_the_same_name_are_two_things(magazine: Site, visit: Visit) -> None:
    page = visit(f"{magazine.url}?q=old+town&f.release=2019&f.release=2020&sort=title&page=1")
    expect(page.locator(".hit")).to_have_count(10)
    expect(page.locator("#results h1")).to_contain_text("10 results")
    page.get_by_role("button", name="Why this?").first.click()
    expect(page.locator("dt").first).to_have_text("Found by")
    page.goto(f"{magazine.url}?q=old+town&page=2")
    assert len(titles(page)) == 15
    page.goto(f"{magazine.url}?q=old+town&f.page=2&f.release=2020")
    expect(page.get_by_role("link", name="Drop 2 for 5 results")).to_be_visible()
    page.get_by_role("link", name="Drop 2 for 5 results").click()
    expect(page.locator(".hit")).to_have_count(5)
    assert asked_of(page) == {"q": ["old town"], "f.release": ["2020"]}
    page.go_back()
    expect(page.locator(".ending h1")).to_have_text("Nothing fits with 2, 2020")


@pytest.mark.parametrize(
    "state", [BY_RELEASE, "?q=old+town", "?q=old+town&k=k+1&f.__proto__=__proto__+1"]
)
def test_without_javascript_the_page_says_the_same_of_them(
    magazine: Site, visit: Visit, state: str
) -> None:
    without = visit(magazine.url + state, java_script_enabled=False)
    page = visit(magazine.url + state)
    page.wait_for_selector(".scripted")
    becomes(page, SEEN, without.evaluate(SEEN))
    assert boxes(page, "Page") == sorted(boxes(page, "Page"), key=int)
