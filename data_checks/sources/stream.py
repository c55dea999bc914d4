"""Byte and text streams of a path or an address, decompressed."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from data_checks.errors import CatalogueError
from data_checks.sources.dialect.encoding import UTF8, Utf8Stream, marked
from data_checks.sources.network.answers import network_answer
from data_checks.sources.network.download import HTTP, downloaded
from data_checks.sources.row import ReadOptions
from release_format.config.refusal import shown
from release_format.exit_codes import USAGE

UTF8_MARK = b"\xef\xbb\xbf"
# What a Macintosh or Windows puts beside the file.
_ASIDE = re.compile(r"__MACOSX/|(?:.*/)?(?:\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)$")
OTHER_FORMATS = (b"PK\x03\x04", b"PAR1", b"SQLite format 3\0", b"%PDF-", b"\x1f\x8b", b"\xd0\xcf")
LONGEST_LINE = 64 * 1024 * 1024


@contextlib.contextmanager
def opened(address: str) -> Iterator[io.BufferedReader]:
    """The bytes of a path or an address (s3://, https://, …), decompressed by its suffix.

    Raises:
        CatalogueError: it cannot be opened, or breaks off.
    """
    with contextlib.ExitStack() as stack:
        try:
            raw = stack.enter_context(_raw(address))
            file = stack.enter_context(_decompressed(address, raw))
        except CatalogueError:
            raise
        except Exception as error:
            raise unreadable(address, error) from error
        yield io.BufferedReader(_RawStream(address, file), 1 << 16)


def _raw(address: str) -> contextlib.AbstractContextManager[IO[bytes]]:
    """The bytes as they lie there. A path is a path, whatever signs are in it."""
    scheme, is_address, _ = address.partition("://")
    if not is_address:
        return Path(address).open("rb")
    if scheme.lower() in HTTP:
        return downloaded(address)
    import fsspec

    file: contextlib.AbstractContextManager[IO[bytes]] = fsspec.open(address, "rb")
    return file


def suffix_of(address: str) -> str:
    """The last suffix of a file's name, in small letters; a query behind it does not count."""
    path = urlsplit(address).path if "://" in address else address
    return Path(path).suffix.lower()


def _decompressed(address: str, file: IO[bytes]) -> contextlib.AbstractContextManager[IO[bytes]]:
    match suffix_of(address):
        case ".gz":
            return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]
        case ".bz2":
            return bz2.BZ2File(file)
        case ".xz":
            return lzma.LZMAFile(file)
        case ".zip":
            return _only_member(address, file)
    return contextlib.nullcontext(file)


def _only_member(address: str, file: IO[bytes]) -> IO[bytes]:
    """The one file of an archive."""
    archive = zipfile.ZipFile(file)
    names = [name for name in archive.namelist() if not name.endswith("/")]
    names = [name for name in names if not _ASIDE.match(name)]
    if len(names) != 1:
        listed = ", ".join(shown(name) for name in names[:5]) or "none"
        raise CatalogueError(
            f"{address} should hold one file, but holds {len(names)} ({listed}). Unpack it, and"
            " give the one that is meant."
        )
    return archive.open(names[0])


def unreadable(address: str, error: Exception) -> CatalogueError:
    """The error of a library that cannot read, in one line; each has exceptions of its own."""
    if answer := network_answer(error):
        return CatalogueError(f"{address} cannot be read: {answer}")
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, ImportError):
        return CatalogueError(f"{address} cannot be read: {reason}. Install that first.", USAGE)
    return CatalogueError(
        f"{address} cannot be read ({reason}). Check the name and fetch it again."
    )


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
    # A zero or two may be a row's, which its rule refuses; other formats are full of them.
    if head.startswith(OTHER_FORMATS) or 10 * head.count(0) > len(head):
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
