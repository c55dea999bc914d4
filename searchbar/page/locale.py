"""Locale: one language of the page, its messages, and how it writes numbers and dates.

`messages/LANGUAGE.json` holds all of it. The page's script reads the messages of the one language
that it is sent, and writes numbers, dates and plurals by `Intl`; here, where there is no `Intl`,
the file says how. A test holds the two together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from searchbar.errors import Cause, SearchError
from searchbar.page.accept_language import chosen
from searchbar.page.plural_rules import PluralRules

MESSAGES = Path(__file__).parent / "messages"
DEFAULT = "en"
# Groups of messages that only the server says.
_SERVER_ONLY = ("about", "pages", "reasons")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class NumberForm:
    """How a language writes numbers: whole parts of `group_from` figures or more are grouped.

    Units that end with a sign of `unit_first` stand before the number; those of `unit_close`
    behind it without a space.
    """

    decimal: str
    group: str
    group_from: int
    unit_first: str
    unit_close: str


@dataclass(frozen=True)
class DateForm:
    """How a language writes a day (`{day} {month} {year}`) and a month (`{month} {year}`)."""

    months: tuple[str, ...]
    day: str
    month: str


@dataclass(frozen=True)
class Locale:
    """One language: `lang` and `dir` as in HTML, `intl` is what `Intl` is asked for."""

    lang: str
    dir: str
    intl: str
    plural: PluralRules
    number: NumberForm
    date: DateForm
    messages: Mapping[str, Mapping[str, str | Mapping[str, str]]]

    @classmethod
    def read(cls, path: Path) -> Locale:
        """The locale of a file."""
        table = json.loads(path.read_text(encoding="utf-8"))
        date = {**table["date"], "months": tuple(table["date"]["months"])}
        return cls(
            table["lang"],
            table["dir"],
            table["intl"],
            PluralRules(table["plural"]),
            NumberForm(**table["number"]),
            DateForm(**date),
            table["messages"],
        )

    def text(self, key: str, **values: str | int) -> str:
        """A message, such as `results.more`, with what stands in its places.

        A counted one has the form for `n`, or for `count`.
        """
        return _PLACEHOLDER.sub(
            lambda place: str(self._shown(values[place[1]])), self._message(key, values)
        )

    def markup(self, key: str, **values: str | int) -> Markup:
        """A message as markup: all of it is text, but for values that are markup."""
        pieces = enumerate(_PLACEHOLDER.split(self._message(key, values)))
        return Markup("").join(self._shown(values[p]) if i % 2 else p for i, p in pieces)

    def _message(self, key: str, values: Mapping[str, str | int]) -> str:
        group, _, name = key.partition(".")
        message = self.messages[group][name]
        if isinstance(message, str):
            return message
        return message[self.plural.category(int(values.get("n", values.get("count", 0))))]

    def _shown(self, value: str | int) -> str:
        return value if isinstance(value, str) else self.whole(value)

    def grouped(self, figures: str) -> str:
        """The figures of a whole number, in groups where the language has them."""
        if len(figures) < self.number.group_from:
            return figures
        return f"{int(figures):,}".replace(",", self.number.group)

    def whole(self, n: int) -> str:
        """A whole number of zero or more."""
        return self.grouped(str(n))

    def decimal(self, value: float, places: int | None = None) -> str:
        """A number below one thousand with so many decimals, or as many as it needs."""
        text = f"{value:g}" if places is None else f"{value:.{places}f}"
        return text.replace(".", self.number.decimal)

    def percent(self, share: float) -> str:
        """A share in whole per cent."""
        between = "" if "%" in self.number.unit_close else "\u00a0"
        return f"{share * 100:.0f}{between}%"

    def for_script(self) -> dict[str, Any]:
        """What the page's script needs of it."""
        messages = {
            name: group for name, group in self.messages.items() if name not in _SERVER_ONLY
        }
        return {
            "lang": self.lang,
            "intl": self.intl,
            "unit_first": self.number.unit_first,
            "unit_close": self.number.unit_close,
            "messages": messages,
        }


@dataclass(frozen=True)
class Locales:
    """Every language of the page, by its name in lower case; `only`: the one of the setting."""

    by_name: Mapping[str, Locale]
    only: str = ""

    @classmethod
    def read(cls, only: str = "", folder: Path = MESSAGES) -> Locales:
        """All languages of a folder.

        Raises:
            SearchError: `only` is none of them.
        """
        by_name = {path.stem.lower(): Locale.read(path) for path in sorted(folder.glob("*.json"))}
        if only and only.lower() not in by_name:
            names = ", ".join(locale.lang for locale in by_name.values())
            text = (
                f"SEARCHBAR_LOCALE is {only!r}, which the page does not speak. Choose one of"
                f" {names}, or leave it empty for what each visitor's browser asks for."
            )
            raise SearchError(Cause.BAD_SETTING, text)
        return cls(by_name, only.lower())

    @property
    def default(self) -> Locale:
        """What is spoken where nothing else is asked for."""
        return self.by_name[DEFAULT]

    def choose(self, accept_language: str) -> Locale:
        """The language of the setting, else the one that a visitor's browser asks for."""
        return self.by_name[self.only or chosen(accept_language, self.by_name, DEFAULT)]
