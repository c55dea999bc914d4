"""The README's block of questions, typed as it stands there where a fresh clone would stand."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from release_format.release import Release
from release_format.store.folder import Folder
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PORT = "8000"


def block(heading: str) -> list[str]:
    """The lines of the first block under a heading, as they stand there."""
    section = README[README.index(f"\n## {heading}\n") :]
    fenced = re.search(r"^```\w*\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert fenced
    return fenced[1].splitlines()


@dataclass(frozen=True)
class Clone:
    """What git holds but for tests and docs, an environment, and a store that has one release."""

    folder: Path
    environment: dict[str, str]
    port: str

    def shell(self, *lines: str) -> subprocess.Popen[str]:
        """Type the lines in a shell of their own; another port than the README's stands free."""
        text = "\n".join(lines).replace(f":{PORT}", f":{self.port}")
        return subprocess.Popen(
            ["bash", "-euc", text],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def printed(self, *lines: str) -> str:
        """What the lines write to standard output; they must end well."""
        typed = self.shell(*lines)
        output, _ = typed.communicate(timeout=120)
        assert typed.returncode == 0, output
        return output


@pytest.fixture
def clone(bundled_release: Release, tmp_path: Path) -> Clone:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (source := ROOT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (target := tmp_path / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    binaries = tmp_path / "clone/.venv/bin"
    binaries.mkdir(parents=True)
    folder = shlex.quote(str(Path(sys.executable).parent))
    (binaries / "activate").write_text(f"PATH={folder}:$PATH\n")
    Folder(tmp_path / "store").put(bundled_release.path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return Clone(
        folder=tmp_path / "clone",
        environment={
            **os.environ,
            "SEARCHBAR_STORE": str(tmp_path / "store"),
            "SEARCHBAR_PORT": port,
        },
        port=port,
    )


@pytest.fixture
def served(clone: Clone) -> Iterator[Clone]:
    """The clone while the block's second line runs in one shell, ready for the next lines."""
    activate, serve, *_ = block("Ask it")
    assert "searchbar serve" in serve
    server = clone.shell(activate, f"exec {serve}")
    try:
        for _ in range(600):
            assert server.poll() is None, "the server ended"
            try:
                urlopen(f"http://127.0.0.1:{clone.port}/readyz", timeout=5).close()
                break
            except (URLError, OSError):
                time.sleep(0.1)
        yield clone
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_the_block_of_questions_answers_them(served: Clone) -> None:
    activate, _, ask, curl = block("Ask it")
    assert re.search(r"^ *1\. +(oxipng|Squoosh) ", served.printed(activate, ask), re.MULTILINE)
    answer = json.loads(served.printed(activate, curl.replace("curl ", "curl -sf ", 1)))
    assert answer["query"] == "video editor"
    assert answer["hits"]
    assert all("graphics" in hit["topics"] for hit in answer["hits"])
    assert not any("audio" in hit["topics"] for hit in answer["hits"])
    dates = [hit["updated_at"] for hit in answer["hits"] if hit.get("updated_at")]
    assert dates == sorted(dates, reverse=True)
