"""The catalogue's rules: synonyms, pins and hides, as a release has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from searchbar.query.normalize import loose


@dataclass(frozen=True)
class Rules:
    """What each word means too, ids first for a question or for what it holds, ids never found."""

    synonyms: Mapping[str, Sequence[str]]
    pins: Mapping[str, Sequence[str]]
    hides: Sequence[str]
    contained: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Rules:
        """Read `rules.toml`, which was linted when the release was built."""
        synonyms: dict[str, list[str]] = {}
        for rule in table.get("synonyms", []):
            for word, other in _directions(rule):
                synonyms.setdefault(word, []).append(other)
        pins: dict[str, list[str]] = {}
        contained: dict[str, list[str]] = {}
        for rule in table.get("pins", []):
            kind = "question" if rule.get("question") else "contains"
            asked = pins if kind == "question" else contained
            asked.setdefault(loose(rule[kind]), []).extend(rule["ids"])
        return cls(synonyms, pins, [rule["id"] for rule in table.get("hides", [])], contained)


def _directions(rule: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What means what in a rule: each of `words` every other, or `asked` everything in `also`."""
    both, one, other = (
        [loose(word) for word in rule.get(name, ())] for name in ("words", "asked", "also")
    )
    pairs = [(word, also) for word in both for also in both] + [(w, a) for w in one for a in other]
    return [(word, also) for word, also in pairs if word != also]
