"""Pictures of the page for the documentation: of the bundled catalogue, and of a shop."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from release_format.release import Release
from release_format.store.folder import Folder
from tests.browser import chromium
from tests.conftest import CHOICES, SHARED_STORE, last_line, run_line
from tests.shop.files import CATALOGUE, PICTURES, write_shop
from tests.shop.products import products

from .conftest import KEY, ROOT, Site, ask, free_port

FOLDER = ROOT / "docs/screenshots"
QUESTION = "edit photos without paying"
DESK: dict[str, Any] = {"viewport": {"width": 1200, "height": 760}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 780},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}


def served(catalogue: str, port: int, *choices: str, **settings: str) -> Site:
    """A server for a catalogue; `choices` are those of its build."""
    snapshot = last_line(
        run_line("data_checks", "admit", catalogue, "--report", tempfile.mkdtemp())
    )
    release = last_line(
        run_line("index_builder", "build", snapshot, *choices, "--report", tempfile.mkdtemp())
    )
    opened = Release.open(Folder(SHARED_STORE).path("release", release))
    return Site(opened, f"http://127.0.0.1:{port}/", port, Path(tempfile.mkdtemp()), settings)


def served_tools() -> Site:
    """A server for the bundled catalogue."""
    examples = (
        "edit photos without paying|keep notes that link to each other|host my own git server at"
        " home"
    )
    titles = {"SEARCHBAR_TITLE": "Open source", "SEARCHBAR_EXAMPLES": examples}
    return served("catalogue", free_port(), *CHOICES, **titles)


def served_shop() -> Site:
    """A server for a small demo shop, and its pictures."""
    folder, port = Path(tempfile.mkdtemp()), free_port()
    address = f"http://127.0.0.1:{port}"
    write_shop(folder, products(400), address)
    pictures = {"SEARCHBAR_PICTURES": str(folder / PICTURES), "SEARCHBAR_IMAGES": address}
    return served(str(folder / CATALOGUE), port, SEARCHBAR_TITLE="Demo shop", **pictures)


def visitor(site: Site, browser: Browser) -> Callable[..., Page]:
    """Opens a path of a site, with its key."""

    def visit(path: str, **context: Any) -> Page:
        page = browser.new_context(**context, extra_http_headers={"X-API-Key": KEY}).new_page()
        page.goto(site.url + path)
        return page

    return visit


def save(page: Page, name: str) -> None:
    """Take a picture of a page when all of it is there."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


def take_shop(site: Site, browser: Browser) -> None:
    """The picture of a shop, of an answer that was asked for before."""
    for _ in range(2):
        page = visitor(site, browser)("?q=jacket&price=50..250", **DESK)
    save(page, "shop")


def take(site: Site, browser: Browser) -> None:
    """Every picture of the bundled catalogue."""
    visit = visitor(site, browser)
    for scheme in ("light", "dark"):
        page = visit("", **DESK, color_scheme=scheme)
        save(page, f"home-{scheme}")
        ask(page, QUESTION)
        save(page, f"results-{scheme}")
    page = visit("", **DESK)
    page.locator("#q").press_sequentially("photo")
    page.wait_for_selector("#suggestions:not([hidden])")
    page.keyboard.press("ArrowDown")
    save(page, "suggestions")
    page = visit(f"?q={QUESTION}", **DESK)
    page.get_by_role("button", name="Why this?").first.click()
    page.wait_for_selector("dl dt")
    save(page, "why")
    save(visit("?q=how long do I boil an egg for a soft yolk", **DESK), "nothing-fits")
    save(visit(f"?q={QUESTION}&topic=graphics", **PHONE), "phone")
    page = visit(f"?q={QUESTION}&topic=graphics", **PHONE)
    page.get_by_role("button", name="Filters").click()
    save(page, "phone-filters")
    save(visit(f"judge?q={QUESTION}", **DESK), "judge")
    save(visit("about", **DESK), "about")


def main() -> int:
    """Take them, and say where they are."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for serve, pictures in ((served_tools, take), (served_shop, take_shop)):
            site = serve()
            site.start()
            try:
                pictures(site, browser)
            finally:
                site.stop()
    print(FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
