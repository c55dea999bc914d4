"""Alarm: what a drift verdict found, as evidence that people are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from release_format.seal import FormatError
from release_format.untrusted_json import parse_json

MOST, LONGEST = 50, 400


@dataclass(frozen=True)
class MovedSeries:
    """One thing that moved: its name, what was seen and what is usual for people, and the first
    day of the window that it has stood out since ("" where nobody can tell)."""

    name: str
    seen: str
    usual: str
    since: str = ""


@dataclass(frozen=True)
class Alarm:
    """The evidence of one alarm.

    `release` is what was live, `start` the first of the window's `days`; `cause` what may be
    behind it, and `advice` a sentence each. `topics` are those that fell below their floor.
    `examples` are questions, what they say of a person left out, under what they are examples of.
    """

    release: str
    start: str
    days: int
    cause: str
    moved: Sequence[MovedSeries]
    advice: Sequence[str] = ()
    topics: Sequence[str] = ()
    examples: Mapping[str, Sequence[str]] | None = None

    def to_json(self, with_examples: bool = True) -> str:
        """The record; without examples it may lie where it can never be taken back."""
        record = asdict(self)
        if not with_examples:
            del record["examples"]
        return json.dumps(record, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, where: object = "evidence") -> Alarm:
        """Read an alarm; every text is one short line.

        Raises:
            FormatError: this is none.
        """
        try:
            raw = parse_json(text)
            moved = [MovedSeries(**_lines_of(each)) for each in list(raw["moved"])[:MOST]]
            examples = raw.get("examples") or {}
            return cls(
                _line(raw["release"]),
                _line(raw["start"]),
                int(raw["days"]),
                _line(raw["cause"]),
                moved,
                _lines(raw["advice"]),
                _lines(raw["topics"]),
                {_line(name): _lines(several) for name, several in dict(examples).items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise FormatError(
                f"{where} is no evidence of an alarm ({error}). Run `monitoring alarm` again."
            ) from error


def _lines_of(raw: Mapping[str, Any]) -> dict[str, str]:
    return {name: _line(raw[name]) for name in ("name", "seen", "usual", "since")}


def _lines(raw: object) -> list[str]:
    if not isinstance(raw, list):
        raise TypeError(f"{str(raw)[:40]!r} is no list")
    return [_line(text) for text in raw[:MOST]]


def _line(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"{str(raw)[:40]!r} is no text")
    return " ".join(raw.split())[:LONGEST]
