"""Runs the Deepchecks suite in the environment that is made for it alone.

Deepchecks needs old versions of everything and is licensed under the AGPL: it is installed and
called as a program of its own, and sees files only.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_checks.comparison.tables import Tables
from data_checks.errors import CatalogueError
from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import USAGE
from release_format.progress import say
from release_format.run_log import RunLog
from release_format.system.lock_file import lock_file
from release_format.system.temporary_folder import temporary_folder

LOCK = lock_file("deepchecks.txt")
SUITE, PAGE = Path(__file__).with_name("suite.py"), "deepchecks.html"
LONGEST = 600
PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG")
VARIABLES = {
    "DISABLE_LATEST_VERSION_CHECK": "1",
    "DISABLE_DEEPCHECKS_ANALYTICS": "1",
    "MPLBACKEND": "Agg",
    "PYTHONWARNINGS": "ignore",
}


def run_suite(tables: Tables, checks: Sequence[str], page: Path) -> dict[str, dict[str, Any]]:
    """What each check measured: {"value", "rows", "said"}; {"broken"} where it could not run."""
    try:
        python = environment()
    except CatalogueError as error:
        return {name: {"broken": str(error).rstrip(".")} for name in checks}
    with temporary_folder("suite.") as folder:
        tables.write(folder)
        complaint = _call(python, folder, checks)
        try:
            measured: dict[str, dict[str, Any]] = json.loads((folder / "result.json").read_bytes())
        except (OSError, ValueError):
            return {check: {"broken": f"the suite broke ({complaint})"} for check in checks}
        if (folder / PAGE).is_file():
            shutil.copyfile(folder / PAGE, page)
        return {check: measured.get(check, {"broken": "the suite left it out"}) for check in checks}


def _call(python: Path, folder: Path, checks: Sequence[str]) -> str:
    """Run the suite with nothing of our environment in it; returns its last complaint."""
    variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    command = [str(python), "-P", str(SUITE), str(folder), *checks]
    try:
        process = subprocess.run(
            command,
            env={**variables, **VARIABLES, "MPLCONFIGDIR": str(folder)},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
            cwd=folder,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}"
    code, complaints = process.returncode, process.stderr
    if code:
        RunLog("data_checks").write("suite", exit_code=code, complaints=complaints[-4_000:])
    lines = complaints.strip().splitlines()
    return lines[-1][:200] if lines else f"exit code {code}"


def environment() -> Path:
    """The Python of Deepchecks' environment, which is made anew whenever its lock changes.

    Raises:
        CatalogueError: it cannot be made.
    """
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    home = Path(read_settings(LineSettings).deepchecks or shared_home(digest)).absolute()
    stamp, python = home / "made-from", home / "bin/python"
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        lock = (home.parent / f".{home.name}.lock").open("w")
    except OSError as error:
        raise CatalogueError(
            f"{home} cannot be made ({error.strerror}). Name another folder in"
            " SEARCHBAR_DEEPCHECKS."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_current = stamp.is_file() and stamp.read_text(encoding="utf-8") == digest
        if not (is_current and python.exists()):
            say("Making the environment for Deepchecks (once; about 800 MB) …")
            _make(home)
            stamp.write_text(digest, encoding="utf-8")
    return python


def shared_home(digest: str) -> Path:
    """The environment's folder in the user's cache, named by the digest of its lock.

    Every clone and every workspace of a machine finds it made.

    Raises:
        CatalogueError: there is no such cache, since this machine does not know the user.
    """
    if (cache := _user_cache()) is None:
        raise CatalogueError(
            "the environment for Deepchecks has no place. Set HOME, XDG_CACHE_HOME or"
            " SEARCHBAR_DEEPCHECKS.",
            USAGE,
        )
    major, minor = sys.version_info[:2]
    return cache / f"searchbar/deepchecks-{digest[:12]}-py{major}.{minor}"


def _user_cache() -> Path | None:
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:
        return None


def _is_writable(folder: Path | None) -> bool:
    """Whether a folder can be made and written."""
    if folder is None:
        return False
    return os.access(next(path for path in (folder, *folder.parents) if path.exists()), os.W_OK)


def _make(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    python = sys.executable if sys.version_info < (3, 13) else "3.12"
    target = str(home / "bin/python")
    for arguments in (
        ["venv", "-q", str(home), "--python", python],
        ["pip", "install", "-q", "--python", target, "--require-hashes", "-r", str(LOCK)],
    ):
        # uv, too, keeps what it fetched in the user's cache.
        cache = {} if _is_writable(_user_cache()) else {"UV_NO_CACHE": "1"}
        process = subprocess.run(
            [_uv(), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={"UV_NATIVE_TLS": "1", "UV_COMPILE_BYTECODE": "1", **cache, **os.environ},
        )
        if process.returncode:
            shutil.rmtree(home, ignore_errors=True)
            complaint = (process.stderr.strip().splitlines() or ["uv said nothing"])[-1]
            raise CatalogueError(
                f"the environment for Deepchecks cannot be made ({complaint}). Look at the network."
            )


def _uv() -> str:
    from uv import find_uv_bin

    return str(find_uv_bin())
