"""`serve` without a release: the one that a hosting platform mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from release_format.cli import run_program
from release_format.release import Release
from searchbar.__main__ import main
from searchbar.errors import SearchError
from searchbar.opening import MODEL, mounted_model
from tests.conftest import ROOT


def test_the_folder_itself_comes_first_then_the_only_one_in_it(
    tools_release: Release, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    (folder / "empty").mkdir(parents=True)
    (folder / "one").symlink_to(tools_release.path)
    (folder / "code.py").touch()
    assert mounted_model(folder) == str(folder / "one")
    (folder / "two").symlink_to(tools_release.path)
    with pytest.raises(SearchError, match=rf"{folder} holds several\. Name one"):
        mounted_model(folder)
    shutil.copy(tools_release.path / "manifest.json", folder)
    assert mounted_model(folder) == str(folder)


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_that_holds_none_is_told_in_a_sentence(tmp_path: Path, made: bool) -> None:
    folder = tmp_path / "model"
    if made:
        (folder / "1").mkdir(parents=True)
    with pytest.raises(SearchError, match=r"no release is named.*holds none.*searchbar releases"):
        mounted_model(folder)


def test_serve_without_a_release_is_wrong_usage_where_nothing_is_mounted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert not MODEL.exists()
    assert run_program("searchbar", main, ["serve"]) == 2
    assert f"{MODEL} holds none" in capsys.readouterr().err


def test_serve_help_says_where_it_looks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("searchbar", main, ["serve", "--help"]) == 0
    said = capsys.readouterr().out
    assert str(MODEL) in said
    assert "[RELEASE]" in said


HOSTED = """
import sys
from pathlib import Path
import searchbar.opening as opening
opening.mounted_model.__defaults__ = (Path({folder!r}),)
from release_format.cli import run_program
from searchbar.__main__ import main
sys.exit(run_program("searchbar", main, ["serve", "--port", "0"]))
"""


def test_what_is_mounted_is_served_with_both_routes(tools_release: Release) -> None:
    code = HOSTED.format(folder=str(tools_release.path))
    environment = {**os.environ, "SEARCHBAR_INVOCATIONS": "yes"}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        try:
            address = ""
            while not address:
                line = process.stderr.readline()
                assert line, "it ended"
                address = line.partition("answers at ")[2].strip()
            assert ping(address)["release"] == tools_release.id
            reply = httpx.post(f"{address}/invocations", json={"q": "vim"}, timeout=20)
            assert reply.json()["hits"][0]["id"] == "vim"
        finally:
            process.terminate()
    assert process.returncode == 0


def ping(address: str) -> dict[str, object]:
    """What `/ping` says once it is ready; 503 before, never anything else."""
    for _ in range(400):
        reply = httpx.get(f"{address}/ping", timeout=20)
        if reply.status_code == 200:
            return dict(reply.json())
        assert reply.status_code == 503
        time.sleep(0.05)
    raise AssertionError("it was never ready")
