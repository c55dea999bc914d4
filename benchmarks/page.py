"""What the page weighs, how soon it is there, and what a visitor who types asks of the server.

    python benchmarks/page.py [--visits N]

The bundled catalogue is served, and visited by Chromium, each time without a cache; medians.
Typing: three questions, a letter each so many milliseconds, and Enter. Bytes are those of HTML, CSS
and JS as a router sends them (gzip), without the messages of the one language that goes with them.
"""

from __future__ import annotations

import gzip
import statistics
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import Browser, Page

from benchmarks.recorded import add_options, tell
from release_format.cli import run_program
from release_format.exit_codes import YES
from searchbar.http.rendering import PAGE
from tests.browser import chromium
from tests.searchbar.page.screenshots import served_tools

QUESTION = "edit photos without paying"
TYPED = (QUESTION, "keep notes that link to each other", "host my own git server at home")
PACES = (80, 150, 300)
SENT = ("index.html", "hit.html", "facet.html", "searchbar.css", "searchbar.js")
VITALS = """() => new Promise((done) => {
    const seen = { cls: 0, lcp: 0, tbt: 0 };
    const each = (act) => new PerformanceObserver((list) => list.getEntries().forEach(act));
    each((e) => { seen.cls += e.hadRecentInput ? 0 : e.value; })
        .observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => list.getEntries().forEach((e) => { seen.lcp = e.startTime; }))
        .observe({ type: "largest-contentful-paint", buffered: true });
    each((e) => { seen.tbt += Math.max(0, e.duration - 50); })
        .observe({ type: "longtask", buffered: true });
    setTimeout(() => done(seen), 500);
})"""
# From the moment the answer is there to the frame that shows its first result.
PAINTED = """() => new Promise((done) => {
    const read = Response.prototype.text;
    Response.prototype.text = async function () {
        const text = await read.call(this); window.there = performance.now(); return text; };
    new MutationObserver((_, watch) => { if (document.querySelector(".hit")) { watch.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - window.there))); } })
        .observe(document.querySelector("#results"), { childList: true });
    document.querySelector("#q").value = "edit photos";
    document.querySelector("#ask").requestSubmit();
})"""


def weight() -> int:
    """Bytes of HTML, CSS and JS, each compressed by itself."""
    return sum(len(gzip.compress((PAGE / name).read_bytes())) for name in SENT)


def measure(visits: int) -> dict[str, Any]:
    """Milliseconds and bytes of the page, and requests by how fast somebody types."""
    site = served_tools()
    site.start()
    try:
        with chromium() as browser:
            seen = [_vitals(browser, site.url) for _ in range(visits)]
            typing = [_typed(browser, site.url, pace) for pace in PACES]
    finally:
        site.stop()
    middle = {name: statistics.median(each[name] for each in seen) for name in seen[0]}
    return {"bytes": weight(), "visits": visits, **middle, "typing": typing}


def table(measured: dict[str, Any]) -> str:
    """What is printed."""
    rows = [
        f"| {by['pace']} ms | {by['letters']} | {by['typeahead']} | {by['search']} |"
        for by in measured["typing"]
    ]
    first = (
        f"{measured['bytes']:,} bytes; largest contentful paint {measured['lcp']:.0f} ms, blocked"
        f" {measured['tbt']:.0f} ms, moved {measured['cls']:.3f}; first result"
        f" {measured['painted']:.0f} ms after its answer."
    )
    return "\n".join(
        [first, "", "| a letter | letters | typeahead | /search |", "|---|--:|--:|--:|", *rows]
    )


def _vitals(browser: Browser, url: str) -> dict[str, float]:
    with _visit(browser, f"{url}?q={QUESTION}") as page:
        vitals: dict[str, float] = page.evaluate(VITALS)
    with _visit(browser, url) as page:
        return {**vitals, "painted": float(page.evaluate(PAINTED))}


def _typed(browser: Browser, url: str, pace: int) -> dict[str, int]:
    """How many requests of a kind three questions need."""
    asked: Counter[str] = Counter()
    with _visit(browser, url) as page:
        page.on("request", lambda request: asked.update([urlsplit(request.url).path]))
        for question in TYPED:
            page.fill("#q", "")
            page.locator("#q").press_sequentially(question, delay=pace)
            with page.expect_response(lambda response: "/search?" in response.url):
                page.press("#q", "Enter")
    letters = sum(map(len, TYPED))
    kinds = {kind: asked[f"/{kind}"] for kind in ("typeahead", "search")}
    return {"pace": pace, "letters": letters, **kinds}


@contextmanager
def _visit(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def main(arguments: Sequence[str]) -> int:
    """Measure, and tell it."""
    parser = ArgumentParser(
        "benchmarks/page.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=9, metavar="N", help="visits to measure")
    add_options(parser)
    options = parser.parse_args(arguments)
    measured = measure(options.visits)
    tell("page", parser, options, measured, table(measured))
    return YES


if __name__ == "__main__":
    sys.exit(run_program("benchmarks/page.py", main))
