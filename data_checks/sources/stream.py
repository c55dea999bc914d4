"""Byte and text streams of a path or an address, decompressed."""

from __future__ import annotations

import contextlib
import io
import socket
import zipfile
from collections.abc import Iterator
from http import HTTPStatus
from http.client import responses
from typing import IO

from data_checks.errors import CatalogueError
from data_checks.sources.dialect.encoding import UTF8, Utf8Stream, marked
from data_checks.sources.row import ReadOptions
from release_format.config.refusal import shown
from release_format.exit_codes import USAGE

UTF8_MARK, ZIP = b"\xef\xbb\xbf", ".zip"
# What a Macintosh puts beside the file.
_ASIDE = "__MACOSX/"
LONGEST_LINE = 64 * 1024 * 1024


@contextlib.contextmanager
def opened(address: str) -> Iterator[io.BufferedReader]:
    """The bytes of a path or an address (s3://, https://, …), decompressed by its suffix.

    Raises:
        CatalogueError: it cannot be opened, or breaks off.
    """
    import fsspec

    with contextlib.ExitStack() as stack:
        try:
            is_zip = address.lower().endswith(ZIP)
            compression = None if is_zip else "infer"
            file = stack.enter_context(fsspec.open(address, "rb", compression=compression))
            if is_zip:
                file = stack.enter_context(_only_member(address, file))
        except CatalogueError:
            raise
        except Exception as error:
            raise unreadable(address, error) from error
        yield io.BufferedReader(_RawStream(address, file), 1 << 16)


def _only_member(address: str, file: IO[bytes]) -> IO[bytes]:
    """The one file of an archive."""
    archive = zipfile.ZipFile(file)
    names = [name for name in archive.namelist() if not name.endswith("/")]
    names = [name for name in names if not name.startswith(_ASIDE)]
    if len(names) != 1:
        listed = ", ".join(shown(name) for name in names[:5]) or "none"
        raise CatalogueError(
            f"{address} should hold one file, but holds {len(names)} ({listed}). Unpack it, and"
            " give the one that is meant."
        )
    return archive.open(names[0])


def unreadable(address: str, error: Exception) -> CatalogueError:
    """The error of a library that cannot read, in one line; each has exceptions of its own."""
    if answer := _network_answer(error):
        return CatalogueError(f"{address} cannot be read: {answer}")
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return CatalogueError(
        f"{address} cannot be read ({reason}). Check the name and fetch it again."
    )


def _network_answer(error: BaseException) -> str:
    """What the network answered, and what to do; libraries tell it in the causes of their error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused. Is its server running, and the port right?"
        if isinstance(cause, socket.gaierror):
            return "there is no such host. Check the host's name in the address."
        if isinstance(status := getattr(cause, "status", None), int) and status >= 400:
            return f"its server answers {status} {responses.get(status, '')}. {_advice(status)}"
        cause = cause.__cause__ or cause.__context__
    return ""


def _advice(status: int) -> str:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return "Check the password or the signature in the address; it may have run out."
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return "Check the name in the address."
    return "Try again later, or ask who runs it."


@contextlib.contextmanager
def text_lines(address: str, options: ReadOptions | None = None) -> Iterator[io.TextIOWrapper]:
    """The text of an address, whatever encoding it is in.

    Bytes that are not in it stay visible to the rules as lone surrogates.

    Raises:
        CatalogueError: it is empty, in no encoding that is known, or a web page instead of a
        catalogue.
    """
    options = options or ReadOptions({})
    with opened(address) as file:
        refuse_non_text(address, file.peek(512)[:512], options.encoding)
        stream = io.BufferedReader(Utf8Stream(address, file, options), 1 << 16)
        yield io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")


def refuse_non_text(address: str, head: bytes, encoding: str = "") -> None:
    """Refuse a file whose first bytes show that it is no catalogue, and say what it is.

    Raises:
        CatalogueError: it is empty, a web page or a binary file.
    """
    if not head.strip(UTF8_MARK + b" \r\n\t"):
        raise CatalogueError(f"{address} is empty. Export it again.", USAGE)
    if encoding or marked(head) not in ("", UTF8):
        return
    start = head.removeprefix(UTF8_MARK).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise CatalogueError(
            f"{address} is a web page, not a catalogue. Look at what its source answers."
        )
    if b"\0" in head:
        raise CatalogueError(f"{address} is a binary file. Give it a name that says what it holds.")


class _RawStream(io.RawIOBase):
    """Any readable object as a raw stream for a buffer; its errors name the address."""

    def __init__(self, address: str, file: IO[bytes]) -> None:
        self._address, self._file = address, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            data = self._file.read(len(view))
        except Exception as error:
            raise unreadable(self._address, error) from error
        view[: len(data)] = data
        return len(data)
