"""Plural rules: which form of a message goes with a number, as Unicode's CLDR writes the rules."""

from __future__ import annotations

import re
from collections.abc import Mapping

OTHER = "other"
CATEGORIES = ("zero", "one", "two", "few", "many", OTHER)
_RELATION = re.compile(r"([nivwftec])(?: % ([0-9]+))? (!?=) ([0-9]+(?:(?:,|\.\.)[0-9]+)*)")


class PluralRules:
    """The rules of one language for whole numbers, which is all that the page counts."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        """Take a rule by category, such as `n % 10 = 1 and n % 100 != 11`.

        Raises:
            ValueError: that is no category, or no rule.
        """
        unknown = next((name for name in rules if name not in CATEGORIES[:-1]), "")
        if unknown:
            raise ValueError(f"{unknown!r} is no plural category; take one of {CATEGORIES[:-1]}.")
        self._rules = {name: _read(rules[name]) for name in CATEGORIES if name in rules}

    @property
    def categories(self) -> tuple[str, ...]:
        """The forms that each counted message has."""
        return (*self._rules, OTHER)

    def category(self, n: int) -> str:
        """The form for this number."""
        for name, alternatives in self._rules.items():
            if any(all(relation.holds(n) for relation in each) for each in alternatives):
                return name
        return OTHER


class _Relation:
    def __init__(self, text: str) -> None:
        match = _RELATION.fullmatch(text.strip())
        if not match:
            raise ValueError(f"{text!r} is no rule of CLDR; write one like `n % 10 = 2..4`.")
        self._is_whole, self._modulus = match[1] in "ni", int(match[2] or 0)
        self._is_denied = match[3] == "!="
        parts = [part.partition("..") for part in match[4].split(",")]
        self._ranges = [(int(low), int(high or low)) for low, _, high in parts]

    def holds(self, n: int) -> bool:
        # What is left of a whole number besides itself, decimals and exponent, is zero.
        value = n if self._is_whole else 0
        value = value % self._modulus if self._modulus else value
        return any(low <= value <= high for low, high in self._ranges) != self._is_denied


def _read(rule: str) -> list[list[_Relation]]:
    return [[_Relation(text) for text in each.split(" and ")] for each in rule.split(" or ")]
