"""The page of a build in a real browser, under the very policy with which Jenkins serves what
builds leave."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from forge.pages.comment_body import DETAILS, Page
from forge.pages.html_page import STYLE, html_page
from forge.reports import Reports
from release_format.verdict import Outcome, Severity
from tests import axe
from tests.browser import chromium_in_thread
from tests.forge.conftest import Forge, commit, condition, git, report, write
from tests.forge.pages.line_reports import safe

POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)><b style='position:fixed'>mine</b>"
Look = Callable[..., dict[str, Any]]
LOOK = """() => ({
  text: document.body.innerText, paper: getComputedStyle(document.body).backgroundColor,
  width: document.documentElement.scrollWidth,
  headings: [...document.querySelectorAll('h1, h2, h3')].map(h => h.innerText),
  cells: [...document.querySelectorAll('td')].map(t => t.innerText),
  code: [...document.querySelectorAll('code')].map(c => c.innerText),
  links: [...document.querySelectorAll('a')].map(a => a.getAttribute('href')),
  folded: [...document.querySelectorAll('main > details')].map(d => d.firstElementChild.innerText),
  active: document.querySelectorAll('script, img, iframe, [style], [onerror]').length,
})"""


class _Jenkins(SimpleHTTPRequestHandler):
    """Serves a folder as Jenkins serves artifacts."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    """`look(folder, address, theme, is_checked)`: what a browser shows of a page of this folder,
    and what axe-core finds wrong with it."""

    def visit(
        folder: Path, address: str, theme: Any = "light", is_checked: bool = False
    ) -> dict[str, Any]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Jenkins, directory=str(folder)))
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/{address}"
            seen: dict[str, Any] = call(_seen, url, theme)
            if is_checked:
                seen["violations"] = call(_violations, (folder / address).as_uri(), theme)
            return seen
        finally:
            server.shutdown()
            server.server_close()

    with chromium_in_thread() as call:
        yield visit


def _violations(browser: Browser, url: str, theme: Any) -> list[str]:
    """What axe-core finds: it is a script, so the page is opened without Jenkins's policy."""
    context = browser.new_context(color_scheme=theme, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(url)
    found = axe.violations(page)
    context.close()
    return found


def _seen(browser: Browser, url: str, theme: Any) -> dict[str, Any]:
    context = browser.new_context(color_scheme=theme, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(url)
    seen: dict[str, Any] = page.evaluate(LOOK)
    context.close()
    return seen


@pytest.fixture
def built(forge: Forge) -> Path:
    """What a build leaves of a change without a forge: verdicts, Markdown, pages of two kinds,
    and its own page."""
    git(forge.tree, "checkout", "--quiet", "-b", "fix/x")
    commit(forge.tree, "Better", catalogue__items=f"{HOSTILE}\n")
    no = condition(
        "removed",
        Outcome.NO,
        seen=f"40 % | {HOSTILE}",
        allowed="at most 10 %",
        why="Run `make admit`.",
    )
    warned = condition(
        "[x](javascript:alert(1))", Outcome.NO, severity=Severity.WARN, seen="</details>"
    )
    report(forge.tree, "data", no, warned)
    folded = (
        "<details><summary>Every condition &#42;</summary>\n\n| | seen |\n|-|-|\n| ✅ |"
        " a\\<b<br><sub>c</sub> |\n\n"
    )
    links = (
        "[near](x.html) [web](https://a.example/) ![p](http://a.example/p.png) [f](ftp://a/)"
        " [j](java&#115;cript:1)"
    )
    write(
        forge.tree,
        "var/reports/data.md",
        f"</details>{HOSTILE}\n\n{folded}</details>\n\n{links} <{HOSTILE}>\n",
    )
    write(
        forge.tree, "var/reports/old.md", "<details><summary>never closed</summary>\n\n<details>\n"
    )
    sample = Path(__file__).parents[2] / "formats/v2/report.html"
    write(forge.tree, "var/reports/report.html", sample.read_text(encoding="utf-8"))
    write(forge.tree, "var/reports/plots.html", "<p>Plots</p><script>alert(1)</script>")
    assert (
        forge("comment", BRANCH_NAME="fix/x", BUILD_URL="http://jenkins.example/1/").returncode == 0
    )
    return forge.tree / "var"


@pytest.mark.parametrize(
    ("theme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 22, 28)")]
)
def test_jenkins_shows_the_page(built: Path, look: Look, theme: str, paper: str) -> None:
    seen = look(built, "pages/comment.html", theme, True)
    assert seen["violations"] == []
    assert seen["paper"] == paper
    assert seen["width"] <= 390, "a telephone need not scroll sideways"
    assert seen["headings"][:4] == ["fix/x → stage", "What to change", "Gates", "Full pages"]
    assert f"Stopped by the data gate: removed: 40 % | {HOSTILE}"[:90] in seen["text"]
    assert "❌ Data gate: no (1 refused, 1 with a warning)" in seen["text"]
    assert "make admit" in seen["code"]
    assert "**" not in seen["text"]
    assert seen["folded"] == ["Report: data", "Report: old", DETAILS]


def test_nothing_of_a_report_becomes_active(built: Path, look: Look) -> None:
    seen = look(built, "pages/comment.html")
    assert seen["active"] == 0
    assert HOSTILE in seen["text"]
    allowed = ["http://jenkins.example/1/", "http://jenkins.example/1/artifact/var/reports/"]
    assert seen["links"][:2] == allowed
    assert seen["links"][-3:] == ["x.html", "https://a.example/", "http://a.example/p.png"]
    assert not any(link.startswith(("java", "ftp")) for link in seen["links"])


def test_no_report_opens_or_swallows_what_is_around_it() -> None:
    texts = {
        "a.md": "</details>\n\nfree",
        "b.md": "<details>\n\n<summary>x\n\nin it",
        "c.md": "last",
    }
    page = html_page(Page("t"), Reports((), texts), {})
    assert re.findall("</?details>|Report: [abc]", page) == [
        "<details>",
        "Report: a",
        "</details>",
        "<details>",
        "Report: b",
        "<details>",
        "</details>",
        "</details>",
        "<details>",
        "Report: c",
        "</details>",
        "<details>",  # what was built
        "</details>",
    ]
    assert page.index("</summary></details></details>") < page.index("Report: c")


def test_every_report_is_on_the_page_however_many_there_are(forge: Forge) -> None:
    """A forge cuts a comment; a page need not be."""
    git(forge.tree, "checkout", "--quiet", "-b", "fix/x")
    for n in range(9):
        write(forge.tree, f"var/reports/part{n}.md", f"part {n} " + "word " * 3_000)
    page = (forge.tree / forge("comment", BRANCH_NAME="fix/x").stdout.strip()).read_text()
    assert [n for n in range(9) if f"part {n} word" in page] == list(range(9))


def test_the_gates_pages_are_readable_too_or_say_why_not(built: Path, look: Look) -> None:
    seen = look(built, "pages/comment.html")
    assert {"../reports/plots.html", "../reports/report.html"} <= set(seen["links"])
    assert (
        "Report: plots (needs scripts, which Jenkins forbids: save it and open it from your disk)"
        in seen["text"]
    )
    assert "the release's report (" not in seen["text"]
    for theme, paper in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 22, 28)")):
        assert look(built, "reports/report.html", theme)["paper"] == paper
    assert (built / "reports/plots.html").read_text() == "<p>Plots</p><script>alert(1)</script>"
    again = (built / "reports/report.html").read_text()
    assert again.count("<link ") == 1
    assert "<style>" in again, "alone, on a disk, it is whole"


def test_a_page_that_was_published_before_stays_as_it_is(forge: Forge, built: Path) -> None:
    before = (built / "reports/report.html").read_bytes()
    assert forge("comment", BRANCH_NAME="fix/x").returncode == 0
    assert (built / "reports/report.html").read_bytes() == before


def test_a_whole_change_is_shown_to_everybody(
    look: Look, tmp_path: Path, page_faults: Callable[[str], list[str]]
) -> None:
    page = Page("a → stage", outcome="It reaches the hosts.", details=["592 vectors."])
    texts = {"compare.md": "## Diff\n\n| | seen |\n|-|-:|\n| ✅ | 1 |\n\n### Losers\n\n```\nx\n```"}
    (tmp_path / "page.html").write_text(html_page(page, safe(**texts), {}), encoding="utf-8")
    shutil.copy(STYLE, tmp_path)
    seen = look(tmp_path, "page.html", "dark", True)
    assert (seen["violations"], seen["active"]) == ([], 0)
    assert seen["width"] <= 390
    assert "+6 −6 ~20 rows · 89 of 165 answers change" in seen["text"]
    assert seen["headings"][:4] == ["a → stage", "Rows", "Answers", "Gates"]
    styled = (tmp_path / "page.html").read_text(encoding="utf-8")
    link = f'<link rel="stylesheet" href="{STYLE.name}">'
    assert link in styled
    assert page_faults(styled.replace(link, f"<style>{STYLE.read_text()}</style>")) == []
