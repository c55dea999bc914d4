"""Here are tables: give me what the suite measures, from an environment where Deepchecks lives alone.

Deepchecks needs old versions of everything and is licensed under the AGPL: it is installed and called as a program of
its own, and sees files only.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_checks import CatalogueError
from data_checks.tables import Tables
from release_format.program import USAGE, RunLog, say

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "locks/deepchecks.txt"
HOME = "SEARCHBAR_DEEPCHECKS"
SUITE, PAGE = Path(__file__).with_name("suite.py"), "deepchecks.html"
LONGEST = 600


def run_suite(tables: Tables, checks: Sequence[str], page: Path) -> dict[str, dict[str, Any]]:
    """What each check measured: {"value", "rows", "said"}, or {"broken"} for one that could not run."""
    try:
        python = environment()
    except CatalogueError as error:
        return {name: {"broken": str(error).rstrip(".")} for name in checks}
    with tempfile.TemporaryDirectory(prefix="suite.") as name:
        folder = Path(name)
        tables.write(folder)
        said = _call(python, folder, checks)
        try:
            measured: dict[str, dict[str, Any]] = json.loads((folder / "result.json").read_bytes())
        except (OSError, ValueError):
            return {check: {"broken": f"the suite broke ({said})"} for check in checks}
        if (folder / PAGE).is_file():
            shutil.copyfile(folder / PAGE, page)
        return {check: measured.get(check, {"broken": "the suite left it out"}) for check in checks}


def _call(python: Path, folder: Path, checks: Sequence[str]) -> str:
    """Run the suite with nothing of our environment in it; returns the last line of its complaints."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    settings = {"DISABLE_LATEST_VERSION_CHECK": "1", "DISABLE_DEEPCHECKS_ANALYTICS": "1", "MPLBACKEND": "Agg",
                "MPLCONFIGDIR": str(folder), "PYTHONWARNINGS": "ignore"}  # fmt: skip
    command = [str(python), "-P", str(SUITE), str(folder), *checks]
    try:
        done = subprocess.run(
            command,
            env={**keep, **settings},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
            cwd=folder,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}"
    if done.returncode:
        RunLog("data_checks").write("suite", exit_code=done.returncode, complaints=done.stderr[-4_000:])
    lines = done.stderr.strip().splitlines()
    return lines[-1][:200] if lines else f"exit code {done.returncode}"


def environment() -> Path:
    """The Python of the environment that Deepchecks lives in; made the first time, and again when its lock changes.

    Raises:
        CatalogueError: it cannot be made.
    """
    meant = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    home = Path(os.environ.get(HOME) or shared_home(meant)).absolute()
    stamp, python = home / "made-from", home / "bin/python"
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        lock = (home.parent / f".{home.name}.lock").open("w")
    except OSError as error:
        raise CatalogueError(f"{home} cannot be made ({error.strerror}). Name another folder in {HOME}.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != meant or not python.exists():
            say("Making the environment for Deepchecks (once; about 800 MB) …")
            _make(home)
            stamp.write_text(meant, encoding="utf-8")
    return python


def shared_home(meant: str) -> Path:
    """In the user's cache, by what it is made from: every clone and every workspace of a machine finds it made.

    Raises:
        CatalogueError: there is no such cache, since this machine does not know the user.
    """
    if (cache := _user_cache()) is None:
        raise CatalogueError(
            f"the environment for Deepchecks has no place. Set HOME, XDG_CACHE_HOME or {HOME}.", USAGE
        )
    return cache / f"searchbar/deepchecks-{meant[:12]}-py{sys.version_info[0]}.{sys.version_info[1]}"


def _user_cache() -> Path | None:
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:
        return None


def _takes_files(folder: Path | None) -> bool:
    """Whether a folder can be made and written: uv, too, keeps what it fetched in the user's cache."""
    return folder is not None and os.access(next(p for p in (folder, *folder.parents) if p.exists()), os.W_OK)


def _make(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    ours = sys.executable if sys.version_info < (3, 13) else "3.12"
    for arguments in (
        ["venv", "-q", str(home), "--python", ours],
        ["pip", "install", "-q", "--python", str(home / "bin/python"), "--require-hashes", "-r", str(LOCK)],
    ):
        cache = {} if _takes_files(_user_cache()) else {"UV_NO_CACHE": "1"}
        given = {"UV_NATIVE_TLS": "1", "UV_COMPILE_BYTECODE": "1", **cache, **os.environ}
        done = subprocess.run([_uv(), *arguments], capture_output=True, text=True, check=False, env=given)
        if done.returncode:
            shutil.rmtree(home, ignore_errors=True)
            said = (done.stderr.strip().splitlines() or ["uv said nothing"])[-1]
            raise CatalogueError(f"the environment for Deepchecks cannot be made ({said}). Look at the network.")


def _uv() -> str:
    from uv import find_uv_bin

    return str(find_uv_bin())
