"""File systems behind addresses such as `s3://…`, by fsspec; a missing library is told apart."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from release_format.config.refusal import shown
from release_format.exit_codes import USAGE
from release_format.seal import FormatError

# What a server goes without: the libraries of batches and of stores in buckets.
INSTALL = (
    "In a container, take the image of the target `batch` (`make image TARGET=batch`); elsewhere"
    " run `make setup`, or `pip install '.[serve,batch]'`."
)


def filesystem_of(address: str) -> tuple[Any, str]:
    """The file system of an address or path, and the path in it; listings are never cached.

    Raises:
        FormatError: nothing installed here reads such addresses.
    """
    with _refused(address):
        # A server and a folder of releases go without fsspec.
        import fsspec

        # Another machine may have written a moment ago.
        filesystem, path = fsspec.core.url_to_fs(address, use_listings_cache=False)
        return filesystem, str(path)


def open_text(address: str) -> Any:
    """The file at an address or path, as UTF-8 text that is read line by line.

    Raises:
        FormatError: nothing installed here reads such addresses.
        FileNotFoundError: there is no such file.
    """
    filesystem, path = filesystem_of(address)
    return filesystem.open(path, "rt", encoding="utf-8", errors="strict")


@contextlib.contextmanager
def _refused(address: str) -> Iterator[None]:
    scheme = address.partition("://")[0][:64]
    try:
        yield
    except ImportError as error:
        hint = INSTALL if scheme == "s3" or error.name == "fsspec" else "Install it here."
        raise FormatError(
            f"{scheme}:// needs a library that is not installed here ({error}). {hint}"
        ) from error
    except ValueError as error:
        if "://" not in address:
            raise
        raise FormatError(
            f"nothing here reads {shown(scheme)}:// ({shown(str(error))}). Give a folder, or an"
            " address such as s3://bucket/prefix.",
            USAGE,
        ) from error
