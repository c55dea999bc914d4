"""List of withdrawn ids, read as the servers in the slots read it; they ship without us."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator

from .layout import HostError, Layout, write_text

# The longer marks begin as shorter ones do.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNSEEN = "\ufeff\u200b\u2060"
_END, _COMMENT = re.compile(r"\r\n|\r|\n"), re.compile(r"\s#")


def read(layout: Layout) -> list[str]:
    """The lines of the list, as they name ids; none where there is no list.

    Raises:
        HostError: it cannot be read.
    """
    try:
        return lines_of(layout.withdrawn.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise HostError(
            f"the list of withdrawn ids {layout.withdrawn} cannot be read ({error}). Write it"
            " anew, as UTF-8."
        ) from error


def add(layout: Layout, ids: Iterable[str]) -> list[str]:
    """Put ids on the list; its lines afterwards."""
    lines = sorted({*read(layout), *ids})
    write_text(layout.withdrawn, "".join(f"{line}\n" for line in lines))
    return lines


def lines_of(content: bytes) -> list[str]:
    """The lines of a list that say something, without what nobody sees at their ends.

    Raises:
        ValueError: this is no text, or in no encoding that can be told.
    """
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    text = content.decode(encoding)
    if "\0" in text:
        raise ValueError("it holds NUL characters, as UTF-16 without its mark does")
    return [line for raw in _END.split(text) if (line := raw.strip().strip(_UNSEEN).strip())]


def ids_of(line: str) -> Iterator[str]:
    """The ids that a line may mean, the likeliest first: it means the first that an item has."""
    for text in dict.fromkeys((line, _COMMENT.split(line, maxsplit=1)[0].strip())):
        yield from dict.fromkeys(
            (text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD")))
        )
