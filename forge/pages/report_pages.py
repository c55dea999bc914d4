"""The gates' own HTML pages, made readable where no inline style is allowed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from release_format.seal import write_atomically

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def publish_pages(reports: Path, seen_from: Path) -> dict[str, bool]:
    """The gates' own pages, by their address from a folder, and whether each needs scripts.

    A page without scripts gets its style as a file beside it, too: alone it stays whole, and
    Jenkins' content security policy, which allows no inline style, shows it as well.
    """
    published = {}
    for path in sorted(reports.rglob("*.html")):
        if path.is_symlink() or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        needs_scripts = "<script" in text
        if not needs_scripts:
            _write_stylesheet(path, text)
        published[Path(os.path.relpath(path, seen_from)).as_posix()] = needs_scripts
    return published


def _write_stylesheet(path: Path, text: str) -> None:
    sheet = path.with_name(f"{path.name}.css")
    link = f'<link rel="stylesheet" href="{sheet.name}">'
    if not (styles := _STYLE.findall(text)) or link in text:
        return
    write_atomically(sheet, "\n".join(styles))
    write_atomically(path, text.replace("</style>", f"</style>\n{link}", 1))
