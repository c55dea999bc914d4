"""Databases by their address: the engine, and a connection that reads without changing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data_checks.errors import CatalogueError
from data_checks.sources.json_text import fault_of
from release_format.config.line import LineSettings
from release_format.config.refusal import shown
from release_format.config.registry import read_settings
from release_format.exit_codes import USAGE

POSTGRESQL, SQLITE = "postgresql", "sqlite"
# Seconds until a host that does not answer is given up.
CONNECT_TIMEOUT = 30
# PostgreSQL's types that hold more than Python's: infinity, years before 1 and after 9999, 24:00.
WIDER = ("date", "timestamp", "timestamptz", "time", "timetz", "interval", "json", "jsonb")


def engine_of(address: str) -> Any:
    """The SQLAlchemy engine of an address; nothing is connected yet.

    Raises:
        CatalogueError: it is no address of a database, holds a password, names a file that is not
        there, or needs a driver that is not installed.
    """
    import sqlalchemy
    from sqlalchemy.exc import ArgumentError

    url = _url(address)
    is_patient = url.get_backend_name() != POSTGRESQL or "connect_timeout" in url.query
    wait = {} if is_patient else {"connect_timeout": CONNECT_TIMEOUT}
    try:
        return sqlalchemy.create_engine(url, connect_args=wait)
    except ModuleNotFoundError as error:
        raise _driverless(url.drivername, f"{error.name} is not installed") from error
    except ArgumentError as error:
        raise _driverless(url.drivername, "there is none of this name") from error


def _driverless(scheme: str, reason: str) -> CatalogueError:
    other = "mysql+pymysql" if scheme.startswith(("mysql", "mariadb")) else POSTGRESQL
    install = "" if other == POSTGRESQL else " `pip install pymysql`, then"
    return CatalogueError(
        f"{shown(scheme)} needs a driver, and {reason}. Use another:{install} write {other}://….",
        USAGE,
    )


def _url(address: str) -> Any:
    """The address with the password from the environment.

    No process list and no log shows it there.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise CatalogueError(
            "this is no database address. Write postgresql://user@host:5432/name.", USAGE
        ) from error
    options = {name.lower() for name in url.query}
    if url.password is not None or {"password", "sslpassword"} & options:
        raise CatalogueError(
            "leave the password out of the address and put it into SEARCHBAR_SQL_PASSWORD.", USAGE
        )
    if url.port is not None and not 0 < url.port < 65_536:
        raise CatalogueError(
            f"{url.port} is no port. Write one from 1 to 65535, as in"
            " postgresql://user@host:5432/name.",
            USAGE,
        )
    if url.get_backend_name() == SQLITE:
        _refuse_missing(url.database or "")
    if url.drivername in (POSTGRESQL, "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    password = read_settings(LineSettings).sql_password
    return url.set(password=password.reveal()) if password else url


def _refuse_missing(file: str) -> None:
    """Refuse a file that is not there: SQLite would make an empty one."""
    if not file.startswith("file:") and not Path(file).is_file():
        raise CatalogueError(
            f"there is no SQLite file at {shown(file)}. Write sqlite:///folder/file.db, or"
            " sqlite:////folder/file.db from the root.",
            USAGE,
        )


def prepare(connection: Any) -> None:
    """One moment of the database, no way to change it, and every value readable."""
    kind = connection.dialect.name
    if kind == POSTGRESQL:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        _load_wider(connection.connection.driver_connection)
    elif kind == SQLITE:
        raw = connection.connection.driver_connection
        raw.execute("PRAGMA query_only = ON")
        # What is not UTF-8 stays visible to the rules, as in any other source.
        raw.text_factory = lambda text: text.decode("utf-8", "surrogateescape")


def _written(data: Any) -> str:
    return bytes(data).decode("utf-8", "surrogateescape")


def _load_wider(connection: Any) -> None:
    """Values that Python's types do not hold come as PostgreSQL writes them."""
    from psycopg.adapt import Buffer, Loader
    from psycopg.pq import Format

    for name in WIDER:
        oid = connection.adapters.types[name].oid
        plain: Any = connection.adapters.get_loader(oid, Format.TEXT)

        class WiderLoader(Loader):
            _plain = plain

            def __init__(self, oid: int, context: Any = None) -> None:
                super().__init__(oid, context)
                self._loader = self._plain(oid, context)

            def load(self, data: Buffer) -> Any:
                try:
                    value = self._loader.load(data)
                except Exception:  # of many kinds: its own, and those of datetime and json
                    return _written(data)
                return _written(data) if fault_of(value) else value

        connection.adapters.register_loader(oid, WiderLoader)
