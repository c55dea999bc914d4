"""Workbooks for tests, part by part as a spreadsheet program saves them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
# Style 1 is a date, style 2 a date of a format of its own, style 3 a price.
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="&quot;day&quot; #,##0.00 [$€-407]"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)
HIDDEN = ' state="hidden"'
Raw = tuple[str, str]


def raw(type: str, inner: str) -> Raw:
    """A cell as XML: its attributes, and what is in it."""
    return (type, inner)


def workbook(
    path: Path,
    pages: Mapping[str, Sequence[Sequence[Any]]],
    hidden: Sequence[str] = (),
    parts: Mapping[str, str] = {},
) -> Path:
    """A workbook of these sheets; empty cells are left out, as programs do."""
    texts: list[str] = []
    written = {
        f"xl/worksheets/sheet{number}.xml": _sheet(lines, texts)
        for number, lines in enumerate(pages.values(), 1)
    }
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"'
        + HIDDEN * (name in hidden)
        + "/>"
        for n, name in enumerate(pages, 1)
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="x" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(pages) + 1)
    )
    shared = "".join(f"<si><r><t>{escape(text)}</t></r></si>" for text in texts)
    written |= {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships>{targets}</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
        "xl/styles.xml": STYLES,
        **parts,
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in written.items():
            archive.writestr(name, text)
    path.write_bytes(data.getvalue())
    return path


def _sheet(lines: Sequence[Sequence[Any]], texts: list[str]) -> str:
    rows = "".join(
        f'<row r="{number}">'
        + "".join(_cell(f"{_letters(n)}{number}", cell, texts) for n, cell in enumerate(line))
        + "</row>"
        for number, line in enumerate(lines, 1)
        if line
    )
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def _letters(place: int) -> str:
    first, last = divmod(place, 26)
    return (chr(64 + first) if first else "") + chr(65 + last)


def _cell(place: str, value: Any, texts: list[str]) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f'<c r="{place}" {value[0]}>{value[1]}</c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    texts.append(value)
    return f'<c r="{place}" t="s"><v>{len(texts) - 1}</v></c>'
