"""Fixtures of the sources: a real PostgreSQL that is started here."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

SQL = Path(__file__).parents[3] / "catalogue/sql"
PASSWORD = "correct horse"


@dataclass(frozen=True)
class Server:
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://shop@127.0.0.1:{self.port}/postgres"

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url, password=PASSWORD, autocommit=True)


def program(name: str) -> str:
    paths = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(paths[-1]) if paths else shutil.which(name)
    if not path:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing: install the package postgresql")
        pytest.skip(f"{name} is missing: install the package postgresql")
    return path


def run(*command: str) -> None:
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        user="postgres" if os.geteuid() == 0 else None,
        cwd="/",
    )


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pg.")))
        (folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = str(folder / "data")
        run(
            program("initdb"),
            "-D",
            data,
            "-U",
            "shop",
            "-A",
            "scram-sha-256",
            "--pwfile",
            str(folder / "password"),
            "-E",
            "UTF8",
            "--no-sync",
            "--locale",
            "C",
        )
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c"
            " fsync=off"
        )
        run(program("pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(folder / "log"), "start")
        stack.callback(run, program("pg_ctl"), "-D", data, "-m", "immediate", "stop")
        server = Server(port)
        with server.connect() as connection:
            connection.execute((SQL / "schema.sql").read_bytes())
            connection.execute((SQL / "fixture.sql").read_bytes())
        yield server


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCHBAR_SQL_PASSWORD", PASSWORD)
    monkeypatch.chdir(SQL.parents[1])
