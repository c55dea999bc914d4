"""The rules file (synonyms, pins, hides), read and checked for how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Len

from release_format.config.table import Checked, check, read_toml, table
from searchbar.query.normalize import loose


def _has_words(text: str) -> str:
    if not loose(text):
        raise ValueError(f"must hold a letter or a digit, not {text!r}. Mend it.")
    return text


Words = Annotated[str, Checked(_has_words)]


@table
class SynonymRule:
    """One `[[synonyms]]`: `words` that mean each other, or words `asked` for that mean others
    `also`, which do not mean them."""

    words: Annotated[tuple[Words, ...], Len(2)] = ()
    asked: Annotated[tuple[Words, ...], Len(1)] = ()
    also: Annotated[tuple[Words, ...], Len(1)] = ()

    def __post_init__(self) -> None:
        if bool(self.asked) != bool(self.also) or bool(self.words) == bool(self.asked):
            raise ValueError(
                'needs either words = ["…", "…"], which mean each other, or asked = ["…"] and'
                ' also = ["…"], for one way. Write one of them.'
            )


@table
class PinRule:
    """One `[[pins]]`: ids that come first for a question, or for all that contain some words."""

    ids: Annotated[tuple[Words, ...], Len(1)]
    question: Words = ""
    contains: Words = ""

    def __post_init__(self) -> None:
        if bool(self.question) == bool(self.contains):
            raise ValueError(
                'needs either question = "…" or contains = "…", words that must follow each other'
                " in the question. Write one of them."
            )


@table
class HideRule:
    """One `[[hides]]`: an id that is never found."""

    id: Words


@table
class RulesTables:
    """What a rules file may say."""

    synonyms: tuple[SynonymRule, ...] = ()
    pins: tuple[PinRule, ...] = ()
    hides: tuple[HideRule, ...] = ()


def read_rules(path: Path) -> Mapping[str, Any]:
    """Read a file of rules.

    Raises:
        ConfigError: it cannot be read, or something in it is no rule.
    """
    raw = read_toml(path)
    check(RulesTables, raw, path)
    return raw
