"""Sends the ledger's outbox in a process of its own, so that no build waits for MLflow."""

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

from index_builder.tracking.run import WAITING, ledger_folder
from release_format.progress import say

ROOT = Path(__file__).parents[2]
LAST_ERROR = "said.txt"
MOST_SECONDS, CONNECT_SECONDS = 600, 1.0
LATER = "`python -m index_builder ledger send` sends it, and so does the next build"


def send_soon() -> None:
    """Send what waits, where there is an MLflow, in a process of its own that outlives this one."""
    folder = ledger_folder()
    if folder is None or not (folder / WAITING).is_dir():
        return
    if hindrance := _hindrance():
        say(f"ledger: {hindrance}. What waits lies in {folder / WAITING}; {LATER}.")
        return
    if (path := folder / LAST_ERROR).exists():
        error = path.read_text(encoding="utf-8").strip()
        say(f"ledger: the last sending ended with: {error} It is tried again now.")
    nice = ["nice", "-n", "15"] if shutil.which("nice") else []
    send = ["-m", "index_builder", "ledger", "send", "--seconds", str(MOST_SECONDS)]
    subprocess.Popen(
        [*nice, sys.executable, *send],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # Jenkins ends what a build leaves running, but for what says so.
        env={**os.environ, "PYTHONPATH": str(ROOT), "JENKINS_NODE_COOKIE": "dontKillMe"},
    )


def without_credentials(uri: str) -> str:
    """An address without the name and the password that may stand in it."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.netloc else uri


def _hindrance() -> str:
    """Why sending would be in vain; finding out takes a second at most."""
    if importlib.util.find_spec("mlflow") is None:
        return "mlflow is not installed (`make ledger` installs it)"
    uri = urlsplit(os.environ.get("MLFLOW_TRACKING_URI", ""))
    if uri.scheme not in ("http", "https") or uri.scheme in urllib.request.getproxies():
        return ""
    answered = threading.Event()
    port = uri.port or (443 if uri.scheme == "https" else 80)
    host = uri.hostname or ""
    threading.Thread(target=_connect, args=(host, port, answered), daemon=True).start()
    if answered.wait(CONNECT_SECONDS):
        return ""
    return f"MLflow at {without_credentials(uri.geturl())} does not answer"


def _connect(host: str, port: int, answered: threading.Event) -> None:
    """Try to connect; in a thread of its own, since looking up a name knows no limit."""
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError:
        return
    answered.set()
