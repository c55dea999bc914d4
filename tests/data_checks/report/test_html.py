"""The page that people read: whole by itself, safe, and readable in both themes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from release_format.verdict import Verdict
from tests.browser import chromium_in_thread
from tests.data_checks.conftest import Admit, Admitted
from tests.data_checks.library import library, write_jsonl

HOSTILE = '<script>document.title = "pwned"</script><img src=x onerror="document.title=1">'


@pytest.fixture
def refused(admit: Admit, small_live: Path, tmp_path: Path) -> Admitted:
    """A catalogue with losses, changes, quarantine, and a title that is a program."""
    rows = library(190)[:165]
    rows[1]["title"] = HOSTILE
    rows[2]["description"] = ""
    rows[3]["url"] = "javascript:alert(1)"
    rows[4]["updated_at"] = "yesterday"
    rows.append({**rows[5], "id": "new @everyone", "title": "[x](https://evil.example) @everyone"})
    return admit(write_jsonl(tmp_path / "c.jsonl", rows), live=small_live)


def test_every_report_says_the_same(refused: Admitted) -> None:
    verdict = Verdict.from_json((refused.reports / "data-verdict.json").read_bytes())
    assert [c.name for c in verdict.refusals()] == ["removed"]
    assert verdict.facts["read"] == 166
    for name in ("data-report.html", "data-report.md", "data-junit.xml"):
        assert "removed" in (refused.reports / name).read_text(encoding="utf-8"), name
    comment = (refused.reports / "data-report.md").read_text(encoding="utf-8")
    assert comment.startswith("### ❌ The data gate says no: removed")
    assert "@everyone" not in comment
    assert "](https://" not in comment
    assert HOSTILE not in comment


def requested_addresses(page: Page) -> list[str]:
    """The addresses that the page fetches, as it fetches them."""
    addresses: list[str] = []

    def note(request: Request) -> None:
        addresses.append(request.url)

    page.on("request", note)
    return addresses


def test_the_page_needs_nothing_and_runs_nothing(refused: Admitted) -> None:
    page_file = (refused.reports / "data-report.html").absolute().as_uri()

    def look(browser: Browser) -> None:
        for theme, paper in (("light", "rgb(251, 250, 247)"), ("dark", "rgb(20, 23, 28)")):
            page = browser.new_page(color_scheme=theme, viewport={"width": 390, "height": 800})  # type: ignore[arg-type]
            addresses = requested_addresses(page)
            page.goto(page_file)
            assert addresses == [page_file], "nothing else is fetched"
            assert page.title().startswith("The data gate says no: removed")
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
            assert page.locator("h1").inner_text().startswith("The data gate says no")
            assert page.locator("h3").all_inner_texts() == [
                "Lost text",
                "Changed",
                "Removed",
                "Added",
            ]
            assert page.locator("del").first.is_visible()
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, "a telephone need not scroll sideways"

    with chromium_in_thread() as call:
        call(look)


def test_everybody_can_read_the_page(
    refused: Admitted, page_faults: Callable[[str], list[str]]
) -> None:
    text = (refused.reports / "data-report.html").read_text(encoding="utf-8")
    assert page_faults(text) == []


def test_what_is_left_out_is_counted(refused: Admitted) -> None:
    page = (refused.reports / "data-report.html").read_text(encoding="utf-8")
    comment = (refused.reports / "data-report.md").read_text(encoding="utf-8")
    verdict = Verdict.from_json((refused.reports / "data-verdict.json").read_bytes())
    removed = verdict.facts["changes"]["removed"]
    assert f"… and {removed - 6} more." in page
    (named,) = re.findall(r"^\*\*Removed\*\*: (.*)$", comment, re.MULTILINE)
    assert named.endswith(f"; {removed - 5} more")
    assert verdict.example("removed").endswith(")")
    assert f"For example: {verdict.example('removed')}." in page


def test_jenkins_shows_the_page_too(refused: Admitted) -> None:
    """Its content security policy takes no script and no style attribute."""
    text = (refused.reports / "data-report.html").read_text(encoding="utf-8")
    assert re.findall(r"<script|<[^>]*\s(?:style|on[a-z]+)=", text) == []


def test_the_package_is_imported_in_half_a_second() -> None:
    program = (
        "import time; t = time.process_time(); import data_checks.__main__, data_checks.admit,"
        " data_checks.report.report_files; import sys; heavy = {'pandas', 'pandera', 'deepchecks',"
        " 'sklearn', 'torch'} & set(sys.modules);print(time.process_time() - t, heavy); assert not"
        " heavy"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert float(process.stdout.split()[0]) < 0.5


def test_every_key_of_the_verdict_is_documented(refused: Admitted) -> None:
    documentation = (Path(__file__).parents[3] / "docs/data_gate.md").read_text(encoding="utf-8")
    verdict = json.loads((refused.reports / "data-verdict.json").read_bytes())
    changes = verdict["facts"]["changes"]
    keys = [
        *verdict,
        *verdict["conditions"][0],
        *verdict["facts"],
        *changes,
        *(p.name for p in refused.reports.iterdir()),
    ]
    assert [key for key in keys if f"`{key}`" not in documentation] == []
