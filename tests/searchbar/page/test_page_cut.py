"""What fits is shown and counted; what is less likely stands below a line, on demand."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from release_format.items import Item
from tests.searchbar.conftest import MakeRelease

from .conftest import ServeSite, Site, Visit, titles

CURVE = {"steepness": 20, "intercept": -3, "confidence": 6, "drop": 12}
LEVELS = {"version": 2, "no_good_match": {"level": 0.4}, "relevant_set": CURVE}


@pytest.fixture(scope="module")
def lamps(make_release: MakeRelease, serve_site: ServeSite) -> Iterator[Site]:
    """Twelve lamps for a desk among thirty anvils."""
    items = [Item(f"a{n:02}", f"Desk lamp {n:02}", "A lamp.", ("light",)) for n in range(12)]
    items += [Item(f"b{n:02}", f"Anvil {n:02}", "Forged steel.", ("smithy",)) for n in range(30)]
    with serve_site(make_release(items, levels=LEVELS)) as site:
        yield site


def test_less_likely_results_stand_below_a_line_on_demand(lamps: Site, visit: Visit) -> None:
    page = visit(f"{lamps.url}?q=desk+lamp")
    expect(page.locator("#results h1")).to_contain_text("12 results")
    page.get_by_role("button", name="Load more").click()
    expect(page.locator(".hit")).to_have_count(12)
    page.get_by_role("link", name="Show 30 less likely").click()
    expect(page.locator("#less")).to_be_in_viewport()
    expect(page.locator("#results h1")).to_contain_text("12 results")
    expect(page.locator(".hit")).to_have_count(20)
    assert page.url.endswith("?q=desk+lamp&cut=none&page=2")
    expect(page.locator(".less + .hit h2")).to_contain_text("Anvil")
    page.reload()
    expect(page.locator(".hit")).to_have_count(20)
    page.select_option("select", "title")
    expect(page.locator("#less")).to_have_count(0)
    assert set(titles(page)) <= {f"Desk lamp {n:02}" for n in range(12)}, "only what fits is sorted"


def test_it_works_without_javascript(lamps: Site, visit: Visit) -> None:
    page = visit(f"{lamps.url}?q=desk+lamp&page=2", java_script_enabled=False)
    expect(page.locator("#results h1")).to_contain_text("12 results")
    page.get_by_role("link", name="Show 30 less likely").click()
    expect(page.locator("#less h2")).to_have_text("Less likely")
    expect(page.locator("#results h1")).to_contain_text("12 results")
    expect(page.locator(".hit")).to_have_count(20)
    page.get_by_role("link", name="Load more").click()
    expect(page.locator(".hit")).to_have_count(30)


@pytest.mark.proof
def test_with_filters_that_leave_nothing_that_fits_the_others_are_offered(
    lamps: Site, visit: Visit
) -> None:
    for scripts in (True, False):
        page = visit(f"{lamps.url}?q=desk+lamp&topic=smithy", java_script_enabled=scripts)
        expect(page.locator(".ending h1")).to_have_text("Nothing smithy fits")
        page.get_by_role("link", name="Show 30 less likely").click()
        expect(page.locator(".hit")).to_have_count(10)


def test_the_api_says_how_many_are_less_likely(lamps: Site) -> None:
    answer = httpx.get(f"{lamps.url}search", params={"q": "desk lamp"}).json()
    assert (answer["total"], answer["total_text"], answer["less_likely"]) == (12, "12", 30)
    assert answer["facets"]["topic"]["values"] == {"light": 12}
    whole = httpx.get(f"{lamps.url}search", params={"q": "desk lamp", "cut": "none"}).json()
    assert (whole["total"], whole["less_likely"]) == (42, 30)
    assert whole["facets"]["topic"]["values"] == {"smithy": 30, "light": 12}
    facet = httpx.get(f"{lamps.url}facets/topic", params={"q": "desk lamp", "cut": "none"}).json()
    assert facet["values"] == whole["facets"]["topic"]["values"]
    refused = httpx.get(f"{lamps.url}search", params={"q": "desk lamp", "cut": "10"})
    assert refused.status_code == 422
    assert "say 'none'" in refused.json()["detail"]
