"""Column mapping: a foreign catalogue's columns under the words of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_checks.errors import CatalogueError
from release_format.exit_codes import USAGE


def parse_columns(text: str) -> dict[str, str]:
    """The mapping that a text like `id=sku,title=name` means: our word → the foreign column.

    Raises:
        CatalogueError: it reads otherwise.
    """
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    if any(not (word.strip() and name.strip()) for word, _, name in pairs):
        raise CatalogueError(f"--columns {text!r} should read like id=sku,title=name.", USAGE)
    return {word.strip(): name.strip() for word, _, name in pairs}


def rename(values: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """The same row under the words of a snapshot."""
    words = {name: word for word, name in columns.items()}
    return {words.get(name, name): value for name, value in values.items()}
