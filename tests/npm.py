"""Packages of npm at their locked versions, installed once into var/ and shared by all runs."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def npm_packages(locked: Path, into: str) -> Path:
    """The node_modules with what package.json and package-lock.json of a folder ask for."""
    folder = ROOT / "var" / into
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / ".done"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in ("package.json", "package-lock.json"):
            wanted, installed = (locked / name).read_text(encoding="utf-8"), folder / name
            if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
                installed.write_text(wanted, encoding="utf-8")
                done.unlink(missing_ok=True)
        if not done.exists():
            quietly = ["--ignore-scripts", "--no-audit", "--no-fund"]
            line = ["npm", "ci", *quietly, "--prefix", str(folder)]
            subprocess.run(line, check=True, capture_output=True)
            done.touch()
    return folder / "node_modules"
