"""Part of a workbook in XML, read a chunk at a time; what could harm its reader is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.parsers import expat

LONGEST_TEXT = 1 << 20


class SheetError(ValueError):
    """A part of a workbook is not what it should be."""


class XmlPart:
    """Reads a part a chunk at a time; elements go by their plain names."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self._size = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = lambda name, values: self.start(bare(name), values)
        self.parser.EndElementHandler = lambda name: self.end(bare(name))
        self.parser.CharacterDataHandler = self._add
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.buffer_text = True

    def start(self, name: str, values: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def _add(self, text: str) -> None:
        self._size += len(text)
        if self._size > LONGEST_TEXT:
            raise SheetError("a cell of it is longer than a million letters")
        self.text.append(text)

    def begin_text(self) -> None:
        """Forget the text so far."""
        self.text, self._size = [], 0

    def read(self, chunks: Iterable[bytes]) -> Iterator[None]:
        """Read the chunks, and pause after each.

        Raises:
            SheetError: it is no XML, or declares entities.
        """
        try:
            for chunk in chunks:
                self.parser.Parse(chunk, False)
                yield
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise SheetError(str(error)) from error
        yield


def bare(name: str) -> str:
    """The name of an element or attribute without its namespace."""
    return name.rpartition(" ")[2]


def _refuse(*_: object) -> None:
    raise SheetError("it declares entities")


def read_whole(part: XmlPart, chunks: Iterable[bytes]) -> None:
    """Read a part to its end."""
    for _ in part.read(chunks):
        pass
