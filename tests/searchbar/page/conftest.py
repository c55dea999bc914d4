"""A real server, a real Chromium, and axe-core, for the tests of the page."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Route,
    expect,
)

from release_format.config.registry import read_settings
from release_format.config.server import ServerSettings
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.http.app import create_app
from searchbar.page.locale import MESSAGES
from tests import axe, browser

ROOT = Path(__file__).parents[3]
KEY = "open-sesame-and-close-again"
# A busy machine is no reason to give up: what is expected to come is waited for.
expect.set_options(timeout=20_000)


@dataclass
class Site:
    """A real server, on a thread of its own."""

    release: Release
    url: str
    port: int
    folder: Path
    settings: dict[str, str]
    messages: Path = MESSAGES
    server: uvicorn.Server | None = None
    thread: threading.Thread | None = None

    @property
    def questions(self) -> Path:
        return self.folder / "questions.jsonl"

    @property
    def judgments(self) -> Path:
        return self.folder / "judgments.jsonl"

    def start(self) -> None:
        """Start, and wait until it is ready."""
        environment = {
            "SEARCHBAR_QUESTIONS": str(self.questions), "SEARCHBAR_JUDGMENTS": str(self.judgments),
            "SEARCHBAR_KEY": KEY, "SEARCHBAR_TITLE": "Tools", **self.settings,
        }  # fmt: skip
        settings = read_settings(ServerSettings, environment)
        app = create_app(Engine.open(self.release), settings, self.messages)
        self.server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"{self.url} never became ready")

    def stop(self) -> None:
        if self.server and self.thread:
            self.server.should_exit = True
            self.thread.join(timeout=5)
            self.server.force_exit = True
            # A browser that holds its end open is no reason to wait without end.
            self.thread.join(timeout=30)

    def get(self, path: str, **choices: Any) -> httpx.Response:
        return httpx.get(self.url + path, **choices)


ServeSite = Callable[..., Any]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def serve_site(tmp_path_factory: pytest.TempPathFactory) -> ServeSite:
    """`with serve_site(release, SEARCHBAR_…=…) as site`: a server of one's own; `messages` are
    the page's in place of its own."""

    @contextmanager
    def serve(release: Release, messages: Path = MESSAGES, **settings: str) -> Iterator[Site]:
        port, folder = free_port(), tmp_path_factory.mktemp("site")
        site = Site(release, f"http://127.0.0.1:{port}/", port, folder, settings, messages)
        site.start()
        try:
            yield site
        finally:
            site.stop()

    return serve


@pytest.fixture(scope="session")
def site(bundled_release: Release, serve_site: ServeSite) -> Iterator[Site]:
    """The bundled catalogue, served."""
    with serve_site(bundled_release) as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as opened:
        yield opened


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """`visit(url, **context)`: a visitor in a browser of its own.

    In the end it must have asked nobody but the page's own server, and no error may stand in the
    console.
    """
    contexts: list[BrowserContext] = []
    heard: list[str] = []

    def go(
        url: str, *, quiet: bool = True, also: str = "", errors: bool = False, **context: Any
    ) -> Page:
        opened = chromium.new_context(**{"viewport": {"width": 1280, "height": 860}, **context})
        opened.set_default_timeout(20_000)
        contexts.append(opened)
        page = opened.new_page()
        own = {address.split("/")[2] for address in (url, also) if address}

        def on_request(request: Request) -> None:
            if request.url.startswith("http") and request.url.split("/")[2] not in own:
                heard.append(request.url)

        def failed(error: Error) -> None:
            if not errors:
                heard.append(str(error))

        def on_console(message: ConsoleMessage) -> None:
            if quiet and message.type in ("error", "warning"):
                heard.append(message.text)

        page.on("request", on_request)
        page.on("pageerror", failed)
        page.on("console", on_console)
        page.goto(url)
        return page

    yield go
    for context in contexts:
        context.close()
    assert heard == []


@pytest.fixture
def violations() -> Callable[[Page], list[str]]:
    """Everything that axe-core finds wrong with a page as it stands."""
    return axe.violations


def ask(page: Page, question: str) -> None:
    """Type a question and press Enter, and wait for its answer."""
    page.fill("#q", question)
    with page.expect_response(lambda response: "/search?" in response.url):
        page.press("#q", "Enter")
    settled(page)


def settled(page: Page) -> None:
    """Wait until what was asked last is shown: an answer that comes later replaces what is read,
    and scrolls.

    A click, a key and a step in the history mark the results as busy before Playwright goes on.
    """
    page.wait_for_selector('#results:not([aria-busy="true"])', state="attached")


def titles(page: Page) -> list[str]:
    settled(page)
    return page.locator(".hit h2").all_inner_texts()


def until_held(page: Page, held: list[Route]) -> None:
    """Wait until a request was caught on its way."""
    for _ in range(1000):
        if held:
            return
        page.wait_for_timeout(20)
    raise AssertionError("nothing was asked")


def becomes(page: Page, expression: str, value: object) -> None:
    """Wait until an expression has this value; asked from outside, since the page's policy
    forbids eval within."""
    for _ in range(400):
        if page.evaluate(expression) == value:
            return
        page.wait_for_timeout(50)
    assert page.evaluate(expression) == value


def shown(page: str) -> str:
    """A page without its script's data, which holds every message."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
