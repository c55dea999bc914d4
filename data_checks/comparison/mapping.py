"""Mapping of live's columns beside the candidate's: which of them became another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from release_format.gate import NOTHING_TO_COMPARE, Measured
from release_format.snapshot import VERDICT, Snapshot
from release_format.verdict import Verdict

FACT = "mapping"
BY_NAMES: Mapping[str, Any] = {"columns": {}, "id_of": []}


def live_mapping(live: Snapshot | None) -> Mapping[str, Any]:
    """How live's columns were read, as its own verdict wrote it down.

    A live of before that was read by names alone, so that nothing more is guessed beside it.
    """
    return (_remembered(live) or BY_NAMES) if live else {}


def _remembered(live: Snapshot | None) -> Mapping[str, Any]:
    if live is None or not (live.path / VERDICT).is_file():
        return {}
    facts = Verdict.from_json((live.path / VERDICT).read_bytes(), live.path / VERDICT).facts
    mapping = facts.get(FACT, {})
    return mapping if isinstance(mapping, dict) else {}


def mapping_changed(live: Snapshot | None, mapping: Mapping[str, Any]) -> Measured:
    """How many of our words come from another column than in live."""
    before = _remembered(live)
    if not before or not mapping:
        return Measured(None, detail=NOTHING_TO_COMPARE)
    old, new = _sources(before), _sources(mapping)
    changed = [
        f"{word}: {old.get(word, word)} → {new.get(word, word)}"
        for word in sorted({*old, *new})
        if old.get(word, word) != new.get(word, word)
    ]
    return Measured(len(changed), detail=", ".join(changed))


def _sources(mapping: Mapping[str, Any]) -> dict[str, str]:
    """Our words → what they come from; one that is absent comes from the column of its name."""
    sources = {str(word): str(name) for word, name in mapping.get("columns", {}).items()}
    if parts := mapping.get("id_of"):
        sources["id"] = " + ".join(map(str, parts))
    return sources
