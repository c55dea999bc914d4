"""The gates' reports: the verdicts and Markdown texts that they leave in a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from release_format.seal import FormatError
from release_format.untrusted_json import parse_json
from release_format.verdict import Verdict

LARGEST = 2_000_000


@dataclass(frozen=True)
class Reports:
    """Verdicts in the order of the line, and the gates' Markdown by file name."""

    verdicts: Sequence[Verdict]
    texts: Mapping[str, str]
    unreadable: Sequence[str] = ()

    @property
    def green(self) -> bool:
        """Every gate said yes, and there was one: silence is not a yes."""
        approved = all(verdict.says_yes for verdict in self.verdicts)
        return approved and bool(self.verdicts) and not self.unreadable

    @property
    def facts(self) -> dict[str, Any]:
        return {name: fact for verdict in self.verdicts for name, fact in verdict.facts.items()}


def read_reports(folder: Path) -> Reports:
    """Read every verdict (*.json) and Markdown (*.md) under a folder.

    Links and giants are left out: pull requests write here, and what they write is read with a
    token at hand.
    """
    verdicts, texts, unreadable = [], {}, []
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".md")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".md":
            texts[name] = text
        elif _looks_like_verdict(text):
            try:
                verdicts.append(Verdict.from_json(text, name))
            except FormatError as error:
                unreadable.append(str(error))
    return Reports(sorted(verdicts, key=_place), texts, unreadable)


def _place(verdict: Verdict) -> tuple[bool, str, bool]:
    """The data gate first; of one gate what it said of a release beside live comes last."""
    return verdict.gate != "data", verdict.gate, "questions_changed" in verdict.facts


def _looks_like_verdict(text: str) -> bool:
    """Whether a JSON file means to be a verdict (a search diff or a run's facts are JSON too)."""
    try:
        raw = parse_json(text)
    except ValueError:
        return True
    return isinstance(raw, dict) and "gate" in raw and "conditions" in raw
