"""Counts of what the values of each column look like; in whatever order rows come."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from release_format.typed_values import (
    BOOLEAN_WORDS,
    DMY,
    LONGEST,
    MDY,
    NumberText,
    Raw,
    date,
    is_image,
    is_url,
    number,
    number_text,
    parted,
    says_nothing,
    urls_of,
)

# So many values wait to be counted together, over all columns.
MOST_WAITING = 50_000
# Longer values do not wait.
LONGEST_WAITING = 200
MOST_UNITS = 16
SHORT, LONG = 60, 100
# Names have no more words; a path of categories, a list or an address has several names.
NAME_WORDS, LABEL_WORDS = 6, 16
# A full stop behind fewer words ends an abbreviation: Acme Inc.
SENTENCE_WORDS = 4
# Longer texts are sentences, whatever parts them.
LONGEST_LIST = 1_000
SEPARATORS = "|;,"
EXAMPLE = 60
_SENTENCE_END = (".", "!", "?", "…", "。")
_BETWEEN_NAMES = re.compile(r"[>/»|&→,;:()]| - ")
_CODE = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9 ._/+-]{1,39}")


class Distinct:
    """How many different texts there are: exactly while they are few, then nearly.

    It keeps the texts with the smallest digests, which are the same in whatever order they come.
    """

    KEPT = 1_024

    def __init__(self) -> None:
        self._kept: dict[int, str] = {}
        self._limit = 2**64

    def add(self, text: str) -> None:
        """Take one more text in."""
        data = text.encode("utf-8", "surrogatepass")
        digest = int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")
        if digest >= self._limit or digest in self._kept:
            return
        self._kept[digest] = text[:EXAMPLE]
        if len(self._kept) >= 2 * self.KEPT:
            self._trim()

    def _trim(self) -> None:
        smallest = sorted(self._kept)[: self.KEPT]
        self._kept = {digest: self._kept[digest] for digest in smallest}
        self._limit = smallest[-1]

    def __len__(self) -> int:
        if len(self._kept) < self.KEPT:
            return len(self._kept)
        if len(self._kept) > self.KEPT:
            self._trim()
        return int((self.KEPT - 1) / (max(self._kept) / 2**64))

    @property
    def example(self) -> str:
        """One of the texts, the same for the same texts."""
        return self._kept[min(self._kept)] if self._kept else ""


class ColumnValues:
    """The values of one column: how many there are, how many could be read as what.

    `count` counts rows that have a value, `several` those whose value is a list of more than one,
    and `nothing` those that only say that there is none.
    """

    def __init__(self) -> None:
        self.count = self.several = 0
        self.looks: Counter[str] = Counter()
        self.units: Counter[str] = Counter()
        self.has_many_units = False
        self.distinct = Distinct()
        self.parts = {mark: Distinct() for mark in SEPARATORS}

    def add(self, raw: Raw, rows: int) -> None:
        """Count a value that so many rows have."""
        self.count += rows
        texts = [raw] if isinstance(raw, str) else list(dict.fromkeys(raw))
        self._add_labels("", texts, rows)
        if len(texts) != 1:
            self.several += rows
            self._add_list(texts, rows)
            return
        (text,) = texts
        self.distinct.add(text)
        for look in looks_of(text):
            self.looks[look] += rows
        if parts := number_text(text):
            self._add_number(parts, rows)
        for mark in SEPARATORS if len(text) <= LONGEST_LIST else "":
            several = parted(text, mark) if mark in text else []
            if several and all(len(part) <= SHORT for part in several):
                self.looks[f"parted by {mark}"] += rows
                self._add_labels(mark, several, rows)
                for part in several:
                    self.parts[mark].add(part)

    def _add_labels(self, mark: str, texts: Sequence[str], rows: int) -> None:
        """Count what the rows hold, parted by a mark or as it is, and what of it is a label."""
        self.looks[f"held {mark}"] += rows * len(texts)
        self.looks[f"labels {mark}"] += rows * sum(map(is_label, texts))

    def _add_list(self, texts: list[str], rows: int) -> None:
        for text in texts:
            self.distinct.add(text)
        self.looks["short"] += rows * all(len(text) <= SHORT for text in texts)
        self.looks["url"] += rows * all(is_url(text) for text in texts)
        self.looks["image"] += rows * all(is_image(text) for text in texts)

    def _add_number(self, parts: NumberText, rows: int) -> None:
        if parts.unit and not self.has_many_units:
            self.units[parts.unit] += rows
            if len(self.units) > MOST_UNITS:
                self.has_many_units, self.units = True, Counter()

    def share(self, look: str) -> float:
        """The share of the values that say something which look like this."""
        return self.looks[look] / max(self.count - self.looks["nothing"], 1)

    def repeats(self, mark: str) -> float:
        """How often each different text comes, parted by a mark or as it is, on average."""
        distinct = self.parts[mark] if mark else self.distinct
        return self.looks[f"held {mark}"] / max(len(distinct), 1)

    def labels(self, mark: str) -> float:
        """The share of the texts, parted by a mark or as they are, that name something."""
        return self.looks[f"labels {mark}"] / max(self.looks[f"held {mark}"], 1)

    @property
    def is_unique(self) -> bool:
        """Whether nearly every row has a value of its own."""
        return len(self.distinct) >= 0.95 * self.count


def is_label(text: str) -> bool:
    """Whether a text names something in a few words: it is no sentence, and no address."""
    words = len(text.split())
    if words > LABEL_WORDS or text[:4].lower() == "http":
        return False
    if words >= SENTENCE_WORDS and text.endswith(_SENTENCE_END):
        return False
    return all(len(name.split()) <= NAME_WORDS for name in _BETWEEN_NAMES.split(text))


def looks_of(text: str) -> Iterator[str]:
    """Everything that a value could be read as."""
    if len(text) <= SHORT:
        yield "short"
    elif len(text) > LONG:
        yield "long"
    if len(text) > LONGEST:
        yield from _address_looks(text)
        return
    if says_nothing(text):
        yield "nothing"
    if (word := text.casefold()) in BOOLEAN_WORDS:
        yield f"word {word}"
    if _CODE.fullmatch(text):
        yield "code"
    if parts := number_text(text):
        yield from _number_looks(text, parts)
    if text[0].isdigit():
        yield from _date_looks(text)
    yield from _address_looks(text)


def _number_looks(text: str, parts: NumberText) -> Iterator[str]:
    fits = [mark for mark in ".," if number(text, mark, parts.unit) is not None]
    for mark in fits:
        yield f"number {mark}"
    digits = parts.digits
    if digits.isdigit():
        if not (parts.unit or parts.sign or parts.exponent):
            yield "digits"
            yield f"digits {len(digits)}"
            if digits[0] == "0" and len(digits) > 1:
                yield "leading zero"
        if len(digits) > 3:
            yield "unmarked thousands"
    elif len(fits) == 2 and "." in digits:
        yield "point and three digits"
        if digits[-1] == "0":
            yield "point and a last zero"


def _date_looks(text: str) -> Iterator[str]:
    if iso := date(text):
        yield "date iso"
        if not iso.endswith("T00:00:00Z") and "T" in iso:
            yield "time"
        return
    # Between dots the day comes first.
    orders = [order for order in (DMY, MDY) if date(text, order)]
    orders = [order for order in orders if order == DMY or "." not in text[:3]]
    for order in orders:
        yield f"date {order}"
    if len(orders) == 1:
        yield f"only {orders[0]}"
    if orders and ":" in text and not (date(text, orders[0]) or "").endswith("T00:00:00Z"):
        yield "time"


def _address_looks(text: str) -> Iterator[str]:
    if text[:3].lower() in ("htt", "ftp"):
        urls = urls_of(text)
        if all(is_url(url) for url in urls):
            yield "url"
            if all(is_image(url) for url in urls):
                yield "image"


class CatalogueColumns:
    """The columns of a catalogue's own, by name, counted as rows come."""

    def __init__(self) -> None:
        self._columns: dict[str, ColumnValues] = {}
        self._waiting: dict[str, Counter[Raw]] = {}
        self._waiting_values = 0

    def add(self, own: Mapping[str, Raw]) -> None:
        """Count one row's own fields."""
        for name, raw in own.items():
            value = raw if isinstance(raw, str) else tuple(raw)
            if isinstance(value, str) and len(value) > LONGEST_WAITING:
                self._column(name).add(value, 1)
                continue
            if (waiting := self._waiting.get(name)) is None:
                waiting = self._waiting[name] = Counter()
            self._waiting_values += value not in waiting
            waiting[value] += 1
        if self._waiting_values > MOST_WAITING:
            self._count_waiting()

    def _column(self, name: str) -> ColumnValues:
        return self._columns.setdefault(name, ColumnValues())

    def _count_waiting(self) -> None:
        for name, waiting in self._waiting.items():
            column = self._column(name)
            for value, rows in waiting.items():
                column.add(value, rows)
        self._waiting, self._waiting_values = {}, 0

    def by_name(self) -> dict[str, ColumnValues]:
        """Every column, sorted by name."""
        self._count_waiting()
        return dict(sorted(self._columns.items()))
