"""`python -m searchbar`: what it loads, when it refuses to start, how fast it is ready."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from release_format.items import Item
from release_format.release import ENCODER, INDEX, LEXICAL, PASSAGES, PROBES, Release
from searchbar.__main__ import main
from tests.searchbar.conftest import write_release

HEAVY = (
    "torch",
    "sentence_transformers",
    "transformers",
    "deepchecks",
    "mlflow",
    "paramiko",
    "pandas",
    "sklearn",
    "onnx",
)
MOST_CPU_SECONDS, MOST_MEGABYTES = 3.0, 260


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "searchbar", *arguments],
        env={**os.environ, **environment}, text=True, capture_output=True, timeout=60,
    )  # fmt: skip


@contextmanager
def started(
    release: Path, **environment: str
) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    """The server as a process; yields a client of it when it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "searchbar", "serve", str(release), "--port", str(port)],
        env={**os.environ, **environment}, text=True, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            while True:
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                assert time.monotonic() - began < 60
                try:
                    if client.get("/readyz").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.02)
            yield client, process
    finally:
        process.terminate()
        process.wait(timeout=15)


def test_a_fresh_server_answers_without_any_heavy_library(tools_release: Release) -> None:
    code = f"""
import sys
from pathlib import Path
from starlette.testclient import TestClient
from release_format.release import Release
from searchbar.http.app import create_app
from searchbar.engine import Engine
from release_format.config.server import ServerSettings
app = create_app(Engine.open(Release.open(Path({str(tools_release.path)!r}))), ServerSettings())
with TestClient(app) as client:
    assert client.get("/search?q=edit+pictures").json()["hits"][0]["id"] == "gimp"
print(",".join(name for name in {HEAVY!r} if name in sys.modules))
"""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], text=True, capture_output=True, timeout=60
    )
    assert (run.returncode, run.stdout.strip()) == (0, ""), run.stderr


def test_what_reads_templates_is_loaded_after_the_probes() -> None:
    code = (
        "import sys, searchbar.commands.serve, searchbar.http.app; print('jinja2' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, timeout=60)
    assert run.stdout.strip() == "False", run.stderr


def test_a_server_is_ready_soon_and_stays_small(bundled_release: Release) -> None:
    """Counted in seconds of the processor, so that a busy machine proves as much as a quiet one."""
    with started(bundled_release.path) as (client, process):
        server = psutil.Process(process.pid)
        seconds = sum(server.cpu_times()[:2])
        assert client.get("/search?q=git").json()["hits"][0]["id"] == "git"
        assert seconds < MOST_CPU_SECONDS
        assert server.memory_full_info().pss / 2**20 < MOST_MEGABYTES


def test_a_server_stops_when_told(tools_release: Release) -> None:
    with started(tools_release.path) as (client, process):
        assert client.get("/search?q=hedge").status_code == 200
        process.terminate()
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    "name",
    [
        INDEX,
        PASSAGES,
        PROBES,
        f"{ENCODER}/model.onnx",
        f"{ENCODER}/token_vectors.npy",
        f"{ENCODER}/tokenizer.json",
        "snapshot/items.jsonl",
        f"{LEXICAL}/meta.json",
    ],
)
@pytest.mark.parametrize("harm", ["missing", "cut", "edited"])
def test_a_broken_release_is_refused_by_the_name_of_its_file(
    tools_release: Release, tmp_path: Path, name: str, harm: str
) -> None:
    copy = tmp_path / "release"
    shutil.copytree(tools_release.path, copy)
    path = copy / name
    content = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(content[:-1])
    else:
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    refused = program("ask", str(copy), "anything")
    assert refused.returncode == 3, refused.stderr
    assert name in refused.stderr
    assert "Fetch or build it again" in refused.stderr
    assert refused.stdout == ""


def test_probes_that_cannot_be_read_are_refused_even_where_only_sizes_are_checked(
    tools_release: Release, tmp_path: Path
) -> None:
    harmed = shutil.copytree(tools_release.path, tmp_path / "release", copy_function=os.link)
    size = (harmed / PROBES).stat().st_size
    (harmed / PROBES).unlink()
    (harmed / PROBES).write_text("{" * size)
    refused = program("serve", str(harmed), SEARCHBAR_VERIFY="sizes")
    assert (refused.returncode, "Traceback" in refused.stderr) == (3, False)
    assert f"{harmed / PROBES} holds no probes" in refused.stderr


def test_ask_answers_for_people_and_for_machines(tools_release: Release) -> None:
    people = program("ask", str(tools_release.path), "cut hedges")
    assert people.returncode == 0
    assert "Garden shears" in people.stdout.splitlines()[0]
    assert "<mark>" not in people.stdout
    demanding = program(
        "ask", str(tools_release.path), 'hedges "shears for" -brass colour:red "no"'
    )
    assert demanding.stdout.splitlines()[:2] == [
        "Read as: exactly 'shears for'; without 'brass'; only 'colour:red'.",
        "Nothing holds 'no' as quoted: searched without the quotation marks.",
    ]
    assert "Garden shears" in demanding.stdout.splitlines()[2]
    machines = program("ask", str(tools_release.path), "cut hedges", "--json", "--k", "1")
    assert [hit["id"] for hit in json.loads(machines.stdout)["hits"]] == ["sku-48291"]


def test_what_a_catalogue_says_commands_no_terminal_and_begins_no_line(
    tools_release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = Item(
        "x\x9b2J",
        "Hedge \x1b[31mshears\n  1. Forged  (gimp",
        "Cuts hedges.\r\u202eneercs\x07 &#27;[2J\x85Next",
    )
    release = write_release(tmp_path / "r", [item], tools_release.path / ENCODER)
    assert main(["ask", str(release.path), "hedge shears"]) == 0
    printed = capsys.readouterr().out
    first, second, *rest = (
        line for line in printed.splitlines() if not line.startswith("Nothing fits well")
    )
    assert first.startswith("  1. Hedge \\x1b[31mshears 1. Forged (gimp  (x\\x9b2J, ")
    assert second.startswith("     Cuts hedges. \\u202eneercs\\x07 ")
    assert rest == []
    assert all(letter.isprintable() or letter == "\n" for letter in printed)


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["ask", "{release}", ""], {}, "the question is empty"),
        (["ask", "{release}", "a", "--k", "0"], {}, "k is 0"),
        (
            ["serve", "{release}"],
            {"SEARCHBAR_PORT": "many"},
            "SEARCHBAR_PORT must be a whole number",
        ),
        (["serve", "{release}"], {"SEARCHBAR_WITHDRAW": "x"}, "Did you mean 'SEARCHBAR_WITHDRAWN'"),
        (
            ["serve", "{release}"],
            {"SEARCHBAR_WITHDRAWN": "/nowhere/at/all"},
            "/nowhere/at/all cannot be read",
        ),
        (["serve", "{release}"], {"SEARCHBAR_VERIFY": "perhaps"}, "one of 'full' or 'sizes'"),
        (["fetch"], {}, "invalid choice"),
    ],
)
def test_wrong_usage_is_exit_2_with_what_to_do(
    tools_release: Release, arguments: list[str], environment: dict[str, str], says: str
) -> None:
    run = program(*(a.format(release=tools_release.path) for a in arguments), **environment)
    assert run.returncode == 2, run.stderr
    assert says in run.stderr


def test_help_shows_examples_and_every_setting() -> None:
    text = program("serve", "--help").stdout
    assert "example:" in text
    assert "SEARCHBAR_WITHDRAWN" in text


def test_a_sealed_release_is_served_from_a_read_only_place(
    tools_release: Release, tmp_path: Path
) -> None:
    copy = tmp_path / "release"
    shutil.copytree(tools_release.path, copy)
    before = sorted((path.relative_to(copy), path.stat().st_mtime_ns) for path in copy.rglob("*"))
    with started(copy) as (client, _):
        assert client.get("/search?q=hedge").status_code == 200
        assert (
            sorted((path.relative_to(copy), path.stat().st_mtime_ns) for path in copy.rglob("*"))
            == before
        )
