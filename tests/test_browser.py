"""That the tests' own browser ends."""

from __future__ import annotations

import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor

from tests.browser import chromium


def stopped_browser(name: str) -> bool:
    """Whether one that stands still is connected after all."""
    with chromium(name, patience=1) as browser:
        browser.new_page()
        subprocess.run(["pkill", "-STOP", "-f", name], check=True)
    return browser.is_connected()


def test_a_browser_that_does_not_close_is_killed() -> None:
    name = str(uuid.uuid4())
    with ThreadPoolExecutor(1) as thread:
        assert not thread.submit(stopped_browser, name).result()
    assert subprocess.run(["pgrep", "-f", name], capture_output=True, check=False).returncode == 1
