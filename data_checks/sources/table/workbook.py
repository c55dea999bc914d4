"""Workbook of a spreadsheet program (.xlsx, .ods): the rows of its first table."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from data_checks.canonical_text import text
from data_checks.errors import CatalogueError
from data_checks.sources.row import ReadingNotes, ReadOptions, Row
from data_checks.sources.stream import opened
from data_checks.sources.table.open_document import document_cells, document_names
from data_checks.sources.table.sheet_xml import (
    date_styles,
    relations,
    shared_texts,
    sheet_cells,
    sheets,
)
from data_checks.sources.table.table_rows import TableLine, table_rows
from data_checks.sources.table.xml_part import SheetError
from release_format.config.refusal import shown
from release_format.exit_codes import USAGE
from release_format.listing import listed

LARGEST_FILE, LARGEST_PART = 1 << 28, 1 << 30
CHUNK = 1 << 18
BOOK, TEXTS, STYLES = "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"
RELATIONS, CONTENT = "xl/_rels/workbook.xml.rels", "content.xml"
# Only cells are read: no macro, no picture, and of a formula the value that was saved with it.
LOOKED_AT = 60

Pages = Callable[[], Iterator[tuple[int, list[Any]]]]


def rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """The rows of the first sheet that holds a table; a formula counts as the value saved with it.

    Raises:
        CatalogueError: it is no workbook, too large, or holds no table.
    """
    options = options or ReadOptions({})
    with opened(address) as file:
        data = file.read(LARGEST_FILE + 1)
    if not data:
        raise CatalogueError(f"{address} is empty. Export it again.", USAGE)
    if len(data) > LARGEST_FILE:
        raise CatalogueError(f"{address} is larger than 256 MB. Save it as CSV.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            lines = _lines(address, archive, options.notes)
            yield from table_rows(address, lines, options.notes, is_ragged=True)
    except (zipfile.BadZipFile, SheetError, KeyError, NotImplementedError, RuntimeError) as error:
        raise CatalogueError(
            f"{address} is not a whole workbook ({error}). Save it again as .xlsx, without a"
            " password, or as CSV."
        ) from error


def _lines(address: str, archive: zipfile.ZipFile, notes: ReadingNotes) -> Iterator[TableLine]:
    """The lines of the first sheet with a table, or of the first with anything in it."""
    pages = _pages(archive)
    found, spare = "", ""
    for name, cells in pages.items():
        head = [line for _, line in islice(cells(), LOOKED_AT)]
        spare = spare or (name if head else "")
        if _is_table(head):
            found = name
            break
    chosen = found or spare
    if not chosen:
        raise CatalogueError(f"{address} holds no table. Give a workbook with rows in it.", USAGE)
    if others := [name for name in pages if name != chosen]:
        left_out = listed([shown(name) for name in others], 8)
        notes.add(f"Read the sheet {shown(chosen)}; the others are left out: {left_out}.")
    for number, line in pages[chosen]():
        yield TableLine(f"line {number}", line)


def _pages(archive: zipfile.ZipFile) -> dict[str, Pages]:
    """What reads the cells of each sheet, by its name."""
    there = set(archive.namelist())
    if CONTENT in there and BOOK not in there:
        names = document_names(_part(archive, CONTENT))
        return {name: partial(_document_page, archive, name) for name in names}
    texts = shared_texts(_part(archive, TEXTS)) if TEXTS in there else []
    dates = date_styles(_part(archive, STYLES)) if STYLES in there else set()
    targets = relations(_part(archive, RELATIONS))
    book = sheets(_part(archive, BOOK))

    def page(part: str) -> Iterator[tuple[int, list[Any]]]:
        return sheet_cells(_part(archive, part), texts, dates, is_1904=book.is_1904)

    parts = {name: _path(targets[key]) for name, key in book.shown.items() if key in targets}
    return {name: partial(page, part) for name, part in parts.items()}


def _document_page(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[int, list[Any]]]:
    return document_cells(_part(archive, CONTENT), name)


def _is_table(lines: Sequence[Sequence[Any]]) -> bool:
    filled = [sum(bool(text(cell)) for cell in line) for line in lines]
    return sum(count >= 2 for count in filled) >= 2


def _path(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _part(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The bytes of a part, counted as they come: what it says of its size may be a lie."""
    size = 0
    with archive.open(name) as part:
        while chunk := part.read(CHUNK):
            size += len(chunk)
            if size > LARGEST_PART:
                raise SheetError("a part of it is larger than 1 GB")
            yield chunk
