"""Here is the folder that the gates wrote: give me their verdicts and what they tell people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from release_format.seal import FormatError
from release_format.verdict import Verdict

LARGEST = 2_000_000


@dataclass(frozen=True)
class Reports:
    """What the gates said: verdicts in the order of the line, and their Markdown by file name."""

    verdicts: Sequence[Verdict]
    texts: Mapping[str, str]
    unreadable: Sequence[str] = ()

    @property
    def green(self) -> bool:
        """Every gate said yes, and there was one: silence is not a yes."""
        return bool(self.verdicts) and not self.unreadable and all(v.says_yes for v in self.verdicts)

    @property
    def facts(self) -> dict[str, Any]:
        return {name: fact for verdict in self.verdicts for name, fact in verdict.facts.items()}


def read_reports(folder: Path) -> Reports:
    """Read every verdict (*.json) and Markdown (*.md) under a folder. Links and giants are left out: pull requests
    write here, and what they write is read with a token at hand."""
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
    return Reports(sorted(verdicts, key=lambda v: (v.gate != "data", v.gate)), texts, unreadable)


def _looks_like_verdict(text: str) -> bool:
    """Whether a JSON file means to be a verdict (a search diff or a run's facts are JSON too)."""
    try:
        raw = json.loads(text)
    except ValueError:
        return True
    return isinstance(raw, dict) and "gate" in raw and "conditions" in raw
