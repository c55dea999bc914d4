"""The list of ids that must not be shown, in a file that may change while we serve."""

from __future__ import annotations

import codecs
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from searchbar.errors import Cause, SearchError
from searchbar.watched_file import WatchedFile

# How editors mark what they write; PowerShell's `>` writes UTF-16. The longer marks begin as
# shorter ones do.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What nobody sees at the ends of a line: marks from the middle of joined files, and spaces of no
# width.
_UNSEEN = "\ufeff\u200b\u2060"
_END, _COMMENT = re.compile(r"\r\n|\r|\n"), re.compile(r"\s#")
_log = logging.getLogger("uvicorn.error")


class Withdrawn:
    """Lines taken back after the release was made, one id each; read again whenever the file
    changes.

    A list that vanishes or cannot be read keeps its last content, and `problem` says so: an
    accident must not show what was taken back. `number` counts the changes.
    """

    def __init__(self, path: Path | None = None) -> None:
        remedy = "Write it anew, as UTF-8."
        self._file = path and WatchedFile(path, "the list of withdrawn ids", remedy=remedy)
        self.lines: tuple[str, ...] = ()
        self.number = 0
        self.refresh()
        if self.problem:
            what = "Write it as UTF-8 (empty will do) or unset SEARCHBAR_WITHDRAWN."
            raise SearchError(
                Cause.BAD_SETTING, f"the list of withdrawn ids {path} {self.problem}. {what}"
            )

    @property
    def problem(self) -> str:
        """Why the list cannot be read; "" where it can."""
        return self._file.problem if self._file else ""

    def refresh(self) -> None:
        """Read the list if it changed."""
        if self._file:
            self._file.refresh(self._take, wait=True)

    def _take(self, content: bytes, _written_at: float) -> None:
        lines = tuple(lines_of(content))
        if not self.number or lines != self.lines:
            self.lines, self.number = lines, self.number + 1


def text_of(content: bytes) -> str:
    """The text of a file in any encoding that editors mark, or in UTF-8.

    Raises:
        ValueError: this is no text, or in no encoding that can be told.
    """
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    text = content.decode(encoding)
    if "\0" in text:
        raise ValueError("it holds NUL characters, as UTF-16 without its mark does")
    return text


def lines_of(content: bytes) -> list[str]:
    """The lines of a list that say something, without what nobody sees at their ends.

    Raises:
        ValueError: this is no text, or in no encoding that can be told.
    """
    text = text_of(content)
    return [line for raw in _END.split(text) if (line := raw.strip().strip(_UNSEEN).strip())]


def ids_of(line: str) -> Iterator[str]:
    """The ids that a line may mean, the likeliest first; none for a comment that could be no id."""
    for text in dict.fromkeys((line, _COMMENT.split(line, maxsplit=1)[0].strip())):
        yield from dict.fromkeys(
            (text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD")))
        )


def is_comment(line: str) -> bool:
    """Whether nobody need be told that no item is called so."""
    return line.startswith("#")


def positions_of(
    lines: Sequence[str], position: Callable[[str], int | None]
) -> tuple[list[int], int]:
    """Where the items of these lines stand, and how many lines name none, which is told once."""
    positions = {line: _meant(line, position) for line in lines}
    nameless = (line for line, place in positions.items() if place is None)
    unknown = [line for line in nameless if not is_comment(line)]
    if unknown:
        examples = ", ".join(f"{line[:64]!a}" for line in unknown[:5])
        text = (
            "%d of %d lines of the list of withdrawn ids name no item of this release: %s. Look"
            " at them."
        )
        _log.warning(text, len(unknown), len(positions), examples)
    return [place for place in positions.values() if place is not None], len(unknown)


def _meant(line: str, position: Callable[[str], int | None]) -> int | None:
    return next((place for place in map(position, ids_of(line)) if place is not None), None)
