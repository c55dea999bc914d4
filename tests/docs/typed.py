"""The blocks of a document that a reader types: those after a line `<!-- typed -->`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

BLOCK = re.compile(r"^<!-- typed -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "8000"
SERVES = re.compile(r"make up\b|\bserve\b")


def typed_blocks(text: str) -> list[list[str]]:
    """The lines to type of every typed block: those after `$ ` where a block has such, or all."""
    return [_lines(block) for block in BLOCK.findall(text)]


def _lines(block: str) -> list[str]:
    lines = block.splitlines()
    return [line[2:] for line in lines if line.startswith("$ ")] or lines


@dataclass
class Reader:
    """Who types lines where a clone is, in one shell after another; servers stay until the next."""

    folder: Path
    port: str
    activated: list[str] = field(default_factory=list)
    server: subprocess.Popen[str] | None = None

    def types(self, line: str) -> str:
        """Type one line, which must end well or be ready; what it tells people comes last."""
        if line.startswith(". "):
            self.activated = [line]
            return ""
        if SERVES.search(line):
            self.serves(line)
            return ""
        shell = self._shell(line)
        output, told = shell.communicate(timeout=600)
        assert shell.returncode == 0, f"{line}\n{output}{told}"
        return output + told

    def serves(self, line: str) -> None:
        """Type a line that serves until it is stopped, and wait until it is ready."""
        self.leaves()
        self.server = self._shell(f"exec {line}")
        for _ in range(6000):
            assert self.server.poll() is None, f"{line}\n{self.server.communicate()}"
            try:
                urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
                return
            except (URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"not ready after ten minutes: {line}")

    def leaves(self) -> None:
        """Stop what serves, as Ctrl-C does."""
        if self.server:
            self.server.terminate()
            self.server.communicate(timeout=60)
        self.server = None

    def _shell(self, line: str) -> subprocess.Popen[str]:
        text = "\n".join([*self.activated, line.replace(f":{PORT}", f":{self.port}")])
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SEARCHBAR_", "AGENT_"))}
        return subprocess.Popen(
            ["bash", "-euc", text],
            cwd=self.folder,
            env={**kept, "PORT": self.port, "SEARCHBAR_PORT": self.port},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def link_environment(clone: Path) -> None:
    """Give a clone the environment that runs here: then `make setup` has nothing to do.

    A folder of links, so that the marks of what is installed are the clone's own: the newest files.
    """
    (clone / ".venv").mkdir()
    for part in Path(sys.prefix).iterdir():
        if not part.name.startswith("."):
            (clone / ".venv" / part.name).symlink_to(part)
    for mark in (".torch", ".up", ".dev", ".line", ".ledger"):
        (clone / ".venv" / mark).touch()
