"""Encodings: the bytes of a text file as UTF-8, whatever it was saved as."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable

from data_checks.errors import CatalogueError
from data_checks.sources.row import ReadOptions
from release_format.config.refusal import shown

# UTF-32 first: its little-endian mark begins with that of UTF-16.
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
UTF8, WESTERN = "utf-8", "cp1252"
CHUNK = 1 << 18
# So many bytes show how a file without a mark is written.
FEWEST, LOOKED_AT = 16, 512
# A line with these is no text in any encoding that lacks a mark.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")
# A half of a pair of UTF-16, which some programs write as UTF-8 does.
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_HIGH = re.compile(rb"[\x80-\xff]")
# Bytes that are no letters in Windows-1252 and yet stand inside a word, and long runs of high
# bytes: the text is in a code page of another script or of another decade.
_ODD = re.compile(
    rb"(?<=[A-Za-z])[\x80-\x91\x93-\x95\x98-\x9b\x9d-\x9f\xa1-\xa9\xab\xac\xae-\xb3\xb6\xb8\xb9\xbb-\xbf](?=[A-Za-z])"
)
_RUNS = re.compile(rb"[\x80-\xff]{3,}")
MOST_ODD, MOST_IN_RUNS = 0.05, 0.25
# One line in so many may be no text; more are the letters of another code page.
FEW = 100


def marked(head: bytes) -> str:
    """The encoding that a byte order mark at the beginning names, or nothing.

    UTF-16 without a mark shows itself, too: every other byte of its Latin letters is zero.
    """
    name = next((name for mark, name in MARKS.items() if head.startswith(mark)), "")
    if name or len(head) < FEWEST:
        return name
    zeros = [head[place : len(head) & ~1 : 2].count(0) for place in (0, 1)]
    most, least = 0.8 * (len(head) // 2), 0.1 * (len(head) // 2)
    if zeros[1] >= most and zeros[0] <= least:
        return "utf-16-le"
    return "utf-16-be" if zeros[0] >= most and zeros[1] <= least else ""


def known_encoding(name: str) -> str:
    """The name, where Python knows such an encoding of text.

    Raises:
        ValueError: it does not; the sentence says what to write.
    """
    try:
        "a".encode(name)
    except (LookupError, ValueError) as error:
        raise ValueError(
            f"there is no encoding {shown(name)}. Say utf-8, cp1252, utf-16, …"
        ) from error
    return name


class Utf8Stream(io.RawIOBase):
    """The bytes of a file as UTF-8 without a mark.

    What the file is written in is told by `options.encoding`, else by its mark, else by its first
    letters outside ASCII. Bytes that are not in it pass as they are, for the rules to see.
    """

    def __init__(self, address: str, file: io.BufferedReader, options: ReadOptions) -> None:
        self._address, self._file, self._notes = address, file, options.notes
        self._pending = b""
        self._recode: Callable[[bytes, bool], bytes] | None = None
        head = file.peek(LOOKED_AT)[:LOOKED_AT]
        if options.encoding:
            self._recode = _recoder(options.encoding)
        elif (name := marked(head)) and name != UTF8:
            self._recode = _recoder(name)
            self._notes.add(f"Read as {name.upper()}, as its first bytes say.")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._pending:
            chunk = self._file.read(CHUNK)
            self._pending = self._as_utf8(chunk)
            if not chunk:
                break
        data, self._pending = self._pending[: len(view)], self._pending[len(view) :]
        view[: len(data)] = data
        return len(data)

    def _as_utf8(self, chunk: bytes) -> bytes:
        if self._recode is None:
            if chunk.isascii():
                return chunk
            self._recode = _recoder(self._encoding_of(chunk))
        return self._recode(chunk, not chunk)

    def _encoding_of(self, chunk: bytes) -> str:
        """UTF-8 where at least as many letters are UTF-8 as are not; else Windows-1252.

        Lines that are no text in any encoding are their rows' trouble, and so are single letters of
        another one: in many lines they tell that the file is in it.
        """
        whole = _text_in(chunk.rpartition(b"\n")[0] or chunk)
        text = whole.decode(UTF8, "surrogateescape")
        broken = sum(map(_is_broken, text))
        high = sum(letter > "\x7f" for letter in text)
        if not broken or high - broken >= broken:
            return UTF8
        if not is_western(whole):
            lines = text.split("\n")
            if FEW * sum(any(map(_is_broken, line)) for line in lines) <= len(lines):
                self._notes.add(
                    "Some lines are neither UTF-8 nor Windows-1252: their rows are kept apart. If"
                    " the file has another encoding, name it in [read] of fields.toml."
                )
                return UTF8
            raise CatalogueError(
                f"{self._address} is neither UTF-8 nor Windows-1252. Save it as UTF-8, or name its"
                " encoding in [read] of fields.toml."
            )
        self._notes.add(
            "Read as Windows-1252, since it is not UTF-8; say otherwise with encoding in [read] of"
            " fields.toml."
        )
        return WESTERN


def _text_in(chunk: bytes) -> bytes:
    """The lines that are text in some encoding; a file may be one line of any length."""
    lines = (line for line in chunk.split(b"\n") if not _BINARY.search(line))
    return _HALF.sub(b"", b"\n".join(lines))


def is_western(text: bytes) -> bool:
    """Whether bytes outside ASCII stand as they do in a Western European text in Windows-1252."""
    high = len(_HIGH.findall(text))
    runs = sum(len(run) for run in _RUNS.findall(text))
    return len(_ODD.findall(text)) <= MOST_ODD * high and runs <= MOST_IN_RUNS * high


def _is_broken(letter: str) -> bool:
    """Whether it stands for a byte that is not UTF-8."""
    return "\udc80" <= letter <= "\udcff"


def _recoder(name: str) -> Callable[[bytes, bool], bytes]:
    """From bytes in this encoding to UTF-8, a chunk at a time (the second argument: the last)."""
    if codecs.lookup(name).name == UTF8:
        return lambda chunk, _last: chunk
    # A unit of UTF-16 or UTF-32 that is none has no byte that could pass.
    errors = "replace" if name.lower().startswith(("utf-16", "utf-32")) else "surrogateescape"
    decoder = codecs.getincrementaldecoder(name)(errors)
    return lambda chunk, last: decoder.decode(chunk, last).encode(UTF8, "surrogateescape")
