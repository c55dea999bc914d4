"""A headless Chromium for tests, which ends in any case."""

from __future__ import annotations

import shutil
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"


@contextmanager
def chromium(name: str = "", patience: float = 60) -> Iterator[Browser]:
    """A browser, called `name` among the machine's processes; one that takes longer to close than
    `patience` seconds is killed.

    Playwright waits for it without end, and with it the whole run after its last test.
    """
    mark = _mark(name or str(uuid.uuid4()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=PROGRAM, args=["--no-sandbox", "--disable-dev-shm-usage", mark]
        )
        try:
            yield browser
        finally:
            with _killed_after(patience, mark):
                browser.close()


@contextmanager
def chromium_in_thread() -> Iterator[Callable[..., Any]]:
    """`call(act, …)` does `act(browser, …)` in a thread of its own, within two minutes.

    Another test's browser may be open in this thread, and Playwright takes one a thread.
    """
    name = str(uuid.uuid4())
    opened = chromium(name)
    with ThreadPoolExecutor(1) as thread:

        def call(act: Callable[..., Any], *arguments: Any) -> Any:
            with _killed_after(120, _mark(name)):
                return thread.submit(act, browser, *arguments).result()

        browser = thread.submit(opened.__enter__).result()
        try:
            yield call
        finally:
            thread.submit(opened.__exit__, None, None, None).result()


def _mark(name: str) -> str:
    """A switch that Chromium does not know: it only tells its process from others."""
    return f"--searchbar-test={name}"


@contextmanager
def _killed_after(seconds: float, mark: str) -> Iterator[None]:
    kill = threading.Timer(seconds, subprocess.run, [["pkill", "-KILL", "-f", "--", mark]])
    kill.daemon = True
    kill.start()
    try:
        yield
    finally:
        kill.cancel()
