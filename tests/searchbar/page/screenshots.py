"""Here is the bundled catalogue, served: give me the pictures of the page that the README shows."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from release_format.release import Release
from release_format.store.folder import Folder
from tests.conftest import SHARED_STORE, last_line, run_line

from .conftest import CHROMIUM, KEY, ROOT, Site, ask, free_port

FOLDER = ROOT / "docs/screenshots"
QUESTION = "edit photos without paying"
DESK: dict[str, Any] = {"viewport": {"width": 1200, "height": 760}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 780},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}


def served() -> Site:
    """A server for the bundled catalogue."""
    snapshot = last_line(
        run_line("data_checks", "admit", "catalogue", "--report", tempfile.mkdtemp())
    )
    release = last_line(
        run_line("index_builder", "build", snapshot, "--report", tempfile.mkdtemp())
    )
    port = free_port()
    opened = Release.open(Folder(SHARED_STORE).path("release", release))
    examples = (
        "edit photos without paying|keep notes that link to each other|host my own git server at"
        " home"
    )
    settings = {"SEARCHBAR_TITLE": "Open source", "SEARCHBAR_EXAMPLES": examples}
    return Site(opened, f"http://127.0.0.1:{port}/", port, Path(tempfile.mkdtemp()), settings)


def take(site: Site, browser: Browser) -> None:
    """Every picture."""

    def visit(path: str, **context: Any) -> Page:
        page = browser.new_context(**context, extra_http_headers={"X-API-Key": KEY}).new_page()
        page.goto(site.url + path)
        return page

    def save(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=FOLDER / f"{name}.png")

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
    site = served()
    site.start()
    try:
        with sync_playwright() as playwright:
            take(site, playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]))
    finally:
        site.stop()
    print(FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
