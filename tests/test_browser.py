"""That the tests' own browser ends."""

from __future__ import annotations

import subprocess
import uuid

from tests.browser import chromium


def test_a_browser_that_does_not_close_is_killed() -> None:
    name = str(uuid.uuid4())
    with chromium(name, patience=1) as browser:
        browser.new_page()
        subprocess.run(["pkill", "-STOP", "-f", name], check=True)
    assert not browser.is_connected()
    assert subprocess.run(["pgrep", "-f", name], capture_output=True, check=False).returncode == 1
