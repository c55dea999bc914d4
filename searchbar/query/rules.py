"""The catalogue's rules: synonyms, pins and hides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from searchbar.query.normalize import loose


@dataclass(frozen=True)
class Rules:
    """Words that mean each other, ids first for a question, and ids never found."""

    synonyms: Mapping[str, Sequence[str]]
    pins: Mapping[str, Sequence[str]]
    hides: Sequence[str]

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Rules:
        """Read `rules.toml`, which was linted when the release was built."""
        synonyms: dict[str, list[str]] = {}
        for rule in table.get("synonyms", []):
            words = [loose(word) for word in rule["words"]]
            for word in words:
                synonyms.setdefault(word, []).extend(other for other in words if other != word)
        pins: dict[str, list[str]] = {}
        for rule in table.get("pins", []):
            pins.setdefault(loose(rule["question"]), []).extend(rule["ids"])
        return cls(synonyms, pins, [rule["id"] for rule in table.get("hides", [])])

    def pinned(self, text: str) -> Sequence[str]:
        """The ids that come first for this question."""
        return self.pins.get(loose(text), ())

    def synonyms_in(self, text: str) -> list[tuple[str, str]]:
        """Every word or phrase of the question that has synonyms, with each of them."""
        padded = f" {loose(text)} "
        return [
            (word, synonym)
            for word, synonyms in self.synonyms.items()
            if f" {word} " in padded
            for synonym in synonyms
        ]
