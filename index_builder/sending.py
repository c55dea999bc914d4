"""Here is a ledger that something waits for: start a process that sends it, so that nobody else has to wait."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from index_builder.run import WAITING, home
from release_format.program import say

ROOT = Path(__file__).parent.parent
SAID = "said.txt"
MOST_SECONDS, KNOCK_SECONDS = 600, 1.0
LATER = "`python -m index_builder ledger send` sends it, and so does the next build"


def send_soon() -> None:
    """Send what waits, where there is an MLflow, in a process of its own that outlives this one."""
    folder = home()
    if folder is None or not (folder / WAITING).is_dir():
        return
    if hindered := _hindered():
        say(f"ledger: {hindered}. What waits lies in {folder / WAITING}; {LATER}.")
        return
    if (said := folder / SAID).exists():
        say(f"ledger: the last sending ended with: {said.read_text(encoding='utf-8').strip()} It is tried again now.")
    nice = ["nice", "-n", "15"] if shutil.which("nice") else []
    subprocess.Popen(
        [*nice, sys.executable, "-m", "index_builder", "ledger", "send", "--seconds", str(MOST_SECONDS)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        # Jenkins ends what a build leaves running, but for what says so.
        env={**os.environ, "PYTHONPATH": str(ROOT), "JENKINS_NODE_COOKIE": "dontKillMe"},
    )  # fmt: skip


def shown(uri: str) -> str:
    """An address without the name and the password that may stand in it."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.netloc else uri


def _hindered() -> str:
    """Why sending would be in vain; finding out takes a second at most."""
    if importlib.util.find_spec("mlflow") is None:
        return "mlflow is not installed (`make ledger` installs it)"
    uri = urlsplit(os.environ.get("MLFLOW_TRACKING_URI", ""))
    if uri.scheme not in ("http", "https") or uri.scheme in urllib.request.getproxies():
        return ""
    answered = threading.Event()
    port = uri.port or (443 if uri.scheme == "https" else 80)
    threading.Thread(target=_knock, args=(uri.hostname or "", port, answered), daemon=True).start()
    return "" if answered.wait(KNOCK_SECONDS) else f"MLflow at {shown(uri.geturl())} does not answer"


def _knock(host: str, port: int, answered: threading.Event) -> None:
    """In a thread of its own, since looking up a name knows no limit."""
    try:
        socket.create_connection((host, port), KNOCK_SECONDS).close()
    except OSError:
        return
    answered.set()
