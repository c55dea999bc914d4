"""axe-core, as npm brings it at the locked version, and what is wrong with a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser import chromium_in_thread
from tests.npm import npm_packages


@cache
def axe_source() -> str:
    packages = npm_packages(Path(__file__).parent / "searchbar/page", "node")
    return (packages / "axe-core/axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Everything that axe-core finds wrong with a page as it stands."""
    page.evaluate(f"() => {{ if (!window.axe) {{ {axe_source()} }} }}")
    violated = page.evaluate(
        "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
    )
    return [
        f"{v['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for v in violated
        for node in v["nodes"]
    ]


# Boxes that scroll sideways, and what of them the keyboard or a screen reader lacks.
_BOXES = """() => [...document.querySelectorAll('main *')]
  .filter(box => /auto|scroll/.test(getComputedStyle(box).overflowX) && box.tagName !== 'SVG')
  .filter(box => box.tabIndex !== 0 || (box.tagName !== 'PRE' && !box.getAttribute('role')))
  .map(box => 'no keyboard, or no role: ' + box.outerHTML.slice(0, 120))"""


def faults(browser: Browser, html: str, theme: Any) -> list[str]:
    """What is wrong with a page on a telephone: axe-core's finds, boxes out of the keyboard's
    reach, and a page that is wider than its screen."""
    context = browser.new_context(color_scheme=theme, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.set_content(html)
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    found = [*violations(page), *page.evaluate(_BOXES)]
    if page.locator("main").count() != 1:
        found.append("no <main>")
    if (width := page.evaluate("document.documentElement.scrollWidth")) > 390:
        found.append(f"{width} pixels wide")
    context.close()
    return [f"{theme}: {fault}" for fault in found]


@contextmanager
def page_checker() -> Iterator[Callable[[str], list[str]]]:
    """Tells what is wrong with a page, light and dark."""
    with chromium_in_thread() as call:

        def check(html: str) -> list[str]:
            return [fault for theme in ("light", "dark") for fault in call(faults, html, theme)]

        yield check
