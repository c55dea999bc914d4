"""Probes: questions with a known answer, kept in a release and asked of every server."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from release_format.seal import FormatError
from release_format.untrusted_json import parse_json

FIRST = 3


@dataclass(frozen=True)
class Probe:
    """A question, and the id that must be among its first three hits."""

    question: str
    id: str


def write_probes(path: Path, probes: Sequence[Probe]) -> None:
    """Write the probes of a release."""
    path.write_text(
        json.dumps([asdict(p) for p in probes], ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )


def read_probes(path: Path) -> list[Probe]:
    """Read the probes of a release."""
    try:
        return [Probe(**raw) for raw in parse_json(path.read_bytes())]
    except (OSError, ValueError, TypeError) as error:
        raise FormatError(
            f"{path} holds no probes ({error}). Fetch or build the release again."
        ) from error


def unanswered(probes: Sequence[Probe], ask: Callable[[str], Sequence[str]]) -> list[Probe]:
    """The probes whose id is not among the first three ids that `ask(question)` gives."""
    return [probe for probe in probes if probe.id not in list(ask(probe.question))[:FIRST]]
