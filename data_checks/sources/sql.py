"""Rows of a database query, read-only, with a cursor on the server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from data_checks.errors import CatalogueError
from data_checks.sources.database import engine_of, prepare
from data_checks.sources.row import Row
from release_format.config.table import ConfigError, check, matching, read_toml, refuse_unknown
from release_format.exit_codes import USAGE

QUERY, NAMES = Path("catalogue/sql/products.sql"), "names.toml"
BATCH = 2_000
_NAME = re.compile(r"\{([a-z_]+)\}")
PlainName = Annotated[str, matching(r"[A-Za-z_][A-Za-z0-9_]{0,62}", "a plain name")]


def rows(address: str, query: str = "") -> Iterator[Row]:
    """The rows of a query, by default the reference query for products.

    Raises:
        CatalogueError: the address is none, the database does not answer, or the query is refused.
    """
    from sqlalchemy.exc import SQLAlchemyError

    engine = engine_of(address)
    try:
        with engine.connect() as connection:
            prepare(connection)
            # Without parameters a % in the query is a %, as it is by hand.
            batched = connection.execution_options(yield_per=BATCH, no_parameters=True)
            result = batched.exec_driver_sql(query or reference_query())
            _refuse_doubles(names := [*result.keys()])
            for number, row in enumerate(result, 1):
                yield Row(f"row {number}", dict(zip(names, row, strict=True)))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise CatalogueError(
            f"the database does not answer the query ({reason}). Try it by hand."
        ) from error
    finally:
        engine.dispose()


def _refuse_doubles(names: Sequence[str]) -> None:
    if doubles := {name for name in names if names.count(name) > 1}:
        raise CatalogueError(
            f"the query gives the column {min(doubles)!r} twice. Name one of them otherwise (AS).",
            USAGE,
        )


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
