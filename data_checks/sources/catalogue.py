"""Rows of a catalogue wherever it lives, a pinned one included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from data_checks.sources import reader
from data_checks.sources.pin import PIN
from data_checks.sources.pull import pinned_pull
from data_checks.sources.row import ReadOptions, Row


def rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """The rows of a catalogue; a folder with a pin means the pull that the pin names.

    Raises:
        CatalogueError: there is no such catalogue, or it is not what its name says.
    """
    pin = Path(address) / PIN
    return reader.rows(str(pinned_pull(pin)) if pin.is_file() else address, options)
