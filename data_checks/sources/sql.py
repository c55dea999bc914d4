"""Rows of a database query, read-only, with a cursor on the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from data_checks.errors import CatalogueError
from data_checks.sources.row import Row
from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.config.table import ConfigError, check, matching, read_toml, refuse_unknown
from release_format.exit_codes import USAGE

QUERY, NAMES = Path("catalogue/sql/products.sql"), "names.toml"
BATCH = 2_000
_NAME = re.compile(r"\{([a-z_]+)\}")
PlainName = Annotated[str, matching(r"[A-Za-z_][A-Za-z0-9_]{0,62}", "a plain name")]


def rows(address: str, query: str = "") -> Iterator[Row]:
    """The rows of a query, by default the reference query for products.

    Raises:
        CatalogueError: the address holds a password, the database does not answer, or the query is
        refused.
    """
    import sqlalchemy
    from sqlalchemy.exc import SQLAlchemyError

    engine = sqlalchemy.create_engine(_url(address))
    try:
        with engine.connect() as connection:
            _read_only(connection)
            # Without parameters a % in the query is a %, as it is by hand.
            batched = connection.execution_options(yield_per=BATCH, no_parameters=True)
            result = batched.exec_driver_sql(query or reference_query())
            for number, row in enumerate(result.mappings(), 1):
                yield Row(f"row {number}", dict(row))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise CatalogueError(
            f"the database does not answer the query ({reason}). Try it by hand."
        ) from error
    finally:
        engine.dispose()


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
            "this is no database address. Write postgresql://user@host/name.", USAGE
        ) from error
    options = {name.lower() for name in url.query}
    if url.password is not None or {"password", "sslpassword"} & options:
        raise CatalogueError(
            "leave the password out of the address and put it into SEARCHBAR_SQL_PASSWORD.", USAGE
        )
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    password = read_settings(LineSettings).sql_password
    return url.set(password=password.reveal()) if password else url


def _read_only(connection: Any) -> None:
    """One moment of the database, and no way to change it."""
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def read_query(path: Path | None) -> str:
    """The text of a query file; empty when there is none, which means the reference query.

    Raises:
        CatalogueError: the file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8") if path else ""
    except (OSError, ValueError) as error:
        raise CatalogueError(
            f"--query {path} cannot be read ({error}). Check the name.", USAGE
        ) from error


def reference_query(query: Path = QUERY) -> str:
    """The reference query with the names of names.toml put in.

    Raises:
        CatalogueError: the query cannot be read.
        ConfigError: a name is missing or unknown, or is no plain name.
    """
    try:
        text = query.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CatalogueError(
            f"the query cannot be read ({error}). Give one with --query.", USAGE
        ) from error
    path, wanted = query.with_name(NAMES), dict.fromkeys(_NAME.findall(text))
    names = check(dict[str, PlainName], read_toml(path), path)
    refuse_unknown(names, wanted, f"{path}: ")
    if missing := [name for name in wanted if name not in names]:
        raise ConfigError(f"{path}: {missing[0]!r} is missing. Add it.")
    return _NAME.sub(lambda match: f'"{names[match[1]]}"', text)
