"""Byte and text streams of a path or an address, decompressed."""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Iterator
from http import HTTPStatus
from http.client import responses
from typing import IO

from data_checks.errors import CatalogueError
from release_format.exit_codes import USAGE

UTF8_MARK, UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
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
            file = stack.enter_context(fsspec.open(address, "rb", compression="infer"))
        except Exception as error:
            raise unreadable(address, error) from error
        yield io.BufferedReader(_RawStream(address, file), 1 << 16)


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
def text_lines(address: str) -> Iterator[io.TextIOWrapper]:
    """The text of an address.

    Bytes that are not UTF-8 stay visible to the rules as lone surrogates.

    Raises:
        CatalogueError: it is empty, UTF-16, or a web page instead of a catalogue.
    """
    with opened(address) as file:
        refuse_non_text(address, file.peek(512)[:512])
        yield io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")


def refuse_non_text(address: str, head: bytes) -> None:
    """Refuse a file whose first bytes show that it is no catalogue, and say what it is.

    Raises:
        CatalogueError: it is empty, UTF-16, a web page or a binary file.
    """
    if not head.strip(UTF8_MARK + b" \r\n\t"):
        raise CatalogueError(f"{address} is empty. Export it again.", USAGE)
    if head.startswith(UTF16_MARKS):
        raise CatalogueError(f"{address} is UTF-16. Save it as UTF-8.")
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
