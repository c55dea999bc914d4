"""What those who do not see are told: the page's tree, as a browser gives it to a reader."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import Site, Visit

RESULTS = """
- link "Skip to the results"
- banner:
  - link "Tools"
  - search:
    - combobox "Search 592 entries": edit photos
    - button "Clear"
    - button "Search"
  - link "Skip to the filters"
  - button "Dark colours"
- status: /\\d+ results? for edit photos, Topic. graphics/
- main:
  - region "Results":
    - heading /\\d+ results in \\d+ ms/ [level=1]
    - button "Compact list"
    - combobox "Sort":
      - option "Best match" [selected]
    - list "Filters in use":
      - listitem:
        - 'link "Remove the filter Topic: graphics"'
      - listitem:
        - link "Clear all"
    - list:
      - listitem:
        - article:
          - heading "GIMP" [level=2]:
            - link "GIMP"
          - paragraph
          - list "Topics":
            - listitem:
              - link "graphics"
          - paragraph
          - link "More like this"
          - button "Copy link"
          - button "Why this?"
          - button "Good result"
          - button "Poor result"
  - complementary "Filters":
    - group "Topic":
      - checkbox /graphics/ [checked]
- contentinfo:
  - link "About these results"
"""
SUGGESTIONS = """
- search:
  - combobox "Search 592 entries" [expanded]: pho
  - listbox "Suggestions":
    - group "Names":
      - option /./ [selected]
    - group /Results for/
    - group "Topics":
      - option "photography"
"""
NOTHING = """
- status: /Nothing nosuch fits/
- main:
  - region "Results":
    - heading "Nothing nosuch fits" [level=1]
    - paragraph
    - paragraph:
      - link /Drop nosuch for \\d+ results/
    - list "Filters in use"
"""


def test_results_are_a_list_in_a_named_region_and_filters_are_groups(
    site: Site, visit: Visit
) -> None:
    page = visit(f"{site.url}?q=edit photos&topic=graphics")
    expect(page.locator("body")).to_match_aria_snapshot(RESULTS)


def test_suggestions_are_grouped_options_of_the_box(site: Site, visit: Visit) -> None:
    page = visit(site.url)
    page.locator("#q").press_sequentially("pho")
    page.wait_for_selector("#suggestions:not([hidden])")
    page.keyboard.press("ArrowDown")
    expect(page.locator("header")).to_match_aria_snapshot(SUGGESTIONS)
    chosen = page.locator("#q").get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"


def test_filters_that_leave_nothing_are_said(site: Site, visit: Visit) -> None:
    page = visit(f"{site.url}?q=edit photos&topic=nosuch")
    expect(page.locator("body")).to_match_aria_snapshot(NOTHING)
