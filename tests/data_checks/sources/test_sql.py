"""The reference query, on a real PostgreSQL that is started here."""

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

from data_checks.errors import CatalogueError
from data_checks.sources.catalogue import rows as catalogue_rows
from data_checks.sources.row import ReadOptions
from data_checks.sources.sql import reference_query, rows
from release_format.config.table import ConfigError
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from tests.data_checks.conftest import Admit

SQL = Path(__file__).parents[3] / "catalogue/sql"
PASSWORD = "correct horse"

EXPECTED = {
    "1": ("Kettle", "Translated kettle text", "https://img.example/kettle.jpg"),
    "2": ("Toaster", "Original toaster text", "https://img.example/toaster.jpg"),
    "3": ("No image", "Translated plain", None),
    "4": ("No description", None, None),
    "5": ("Two first images", "Two images", "https://img.example/a.jpg"),
    "6": ("Two descriptions", "Translated six", "https://img.example/six.jpg"),
    "7": ("Empty translation", "Original stays", None),
    "8": ("Other country only", None, None),
    "9": (None, "A text without a title", None),
    "10": ("Blank texts", None, None),
    "11": ("Image row without address", "Eleven", "https://img.example/eleven.jpg"),
}


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


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCHBAR_SQL_PASSWORD", PASSWORD)
    monkeypatch.chdir(SQL.parents[1])


def test_a_percent_sign_in_a_query_is_one(server: Server) -> None:
    query = "SELECT 1 AS id, 'x' AS title WHERE 'ab' LIKE 'a%' AND '%s' <> ''"
    assert [row.values for row in rows(server.url, query)] == [{"id": 1, "title": "x"}]


def test_every_product_comes_once(server: Server) -> None:
    products = [row.values for row in rows(server.url)]
    assert [row["id"] for row in products] == list(range(1, 12))
    assert {
        str(r["id"]): (r["title"], r["description"], r["image_url"]) for r in products
    } == EXPECTED


def test_the_answer_does_not_depend_on_how_rows_lie(server: Server) -> None:
    before = [dict(row.values) for row in rows(server.url)]
    with server.connect() as connection:
        for table in ("ProductImages", "ProductDescription"):
            connection.execute(
                f'CREATE TEMP TABLE aside AS SELECT * FROM "{table}" ORDER BY ctid DESC'
            )
            connection.execute(
                f'TRUNCATE "{table}"; INSERT INTO "{table}" SELECT * FROM aside; DROP TABLE aside'
            )
    assert [dict(row.values) for row in rows(server.url)] == before


def test_a_database_becomes_a_snapshot(server: Server, admit: Admit, store: Folder) -> None:
    answer = admit(server.url)
    assert answer.code == 0, answer.stderr
    items = {item.id: item for item in Snapshot.open(store.path("snapshot", answer.id)).items}
    assert items["10"].title == "Blank texts"
    assert items["3"].image_url == ""
    assert PASSWORD not in (answer.reports / "data-verdict.json").read_text() + answer.stderr


def test_nothing_can_be_written_and_rows_come_in_batches(server: Server) -> None:
    with server.connect() as owner:
        owner.execute("CREATE SEQUENCE numbers")
    with pytest.raises(CatalogueError, match="read-only transaction"):
        list(rows(server.url, "SELECT nextval('numbers') AS id"))
    with server.connect() as watcher:
        reading = rows(
            server.url,
            "SELECT n AS id, repeat('x', 1000) AS title FROM generate_series(1, 200000) n",
        )
        next(reading)
        seen = watcher.execute(
            "SELECT query FROM pg_stat_activity WHERE query ILIKE '%FETCH FORWARD%'"
        ).fetchall()
        cursors = watcher.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        ).fetchone()
        assert seen or cursors == (1,), "the server was not asked for a cursor"
        reading.close()  # type: ignore[attr-defined]


def test_a_wrong_query_password_or_name_says_so(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    query = ReadOptions({}, "SELECT 1 AS number, 'A' AS name UNION ALL SELECT 2, 'A'")
    with pytest.raises(CatalogueError, match="no column 'id'"):
        list(catalogue_rows(server.url, query))
    with pytest.raises(CatalogueError, match="does not exist"):
        list(rows(server.url, "SELECT 1 AS id FROM nowhere"))
    with pytest.raises(CatalogueError, match="leave the password out"):
        list(rows(server.url.replace("shop@", "shop:secret@")))
    monkeypatch.setenv("SEARCHBAR_SQL_PASSWORD", "wrong")
    with pytest.raises(CatalogueError, match="authentication failed"):
        list(rows(server.url))
    (tmp_path / "products.sql").write_text("SELECT {product_id} AS id FROM {product}")
    (tmp_path / "names.toml").write_text(
        'product = "Product\\"; DROP TABLE x; --"\nproduct_id = "ProductId"\n'
    )
    with pytest.raises(ConfigError, match="'product' must be a plain name"):
        reference_query(tmp_path / "products.sql")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("product = 'P'\n", "'product_id' is missing. Add it."),
        ("product = 'P'\nproduct_id = 'I'\nprodcut = 'P'\n", "Did you mean 'product'?"),
        ("product = 7\nproduct_id = 'I'\n", "'product' must be a text, not 7."),
        ("[product]\n", "'product' must be a text, not {}."),
        ("product = \n", "cannot be read: Invalid value"),
        (None, "cannot be read"),
    ],
)
def test_names_that_cannot_be_are_refused_by_file_and_key(
    tmp_path: Path, names: str | None, sentence: str
) -> None:
    (tmp_path / "products.sql").write_text("SELECT {product_id} AS id FROM {product}")
    if names is not None:
        (tmp_path / "names.toml").write_text(names)
    with pytest.raises(ConfigError) as refused:
        reference_query(tmp_path / "products.sql")
    assert str(refused.value).startswith(f"{tmp_path / 'names.toml'}")
    assert sentence in str(refused.value)


def test_a_query_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"Give one with --query") as refused:
        reference_query(tmp_path / "products.sql")
    assert refused.value.exit_code == 2
