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
    """One `[[synonyms]]`: words that mean each other."""

    words: Annotated[tuple[Words, ...], Len(2)]


@table
class PinRule:
    """One `[[pins]]`: ids that come first for a question."""

    question: Words
    ids: Annotated[tuple[Words, ...], Len(1)]


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
