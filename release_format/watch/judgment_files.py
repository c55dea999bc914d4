"""Where judgments lie: people's own, and beside them those that were proposed and merged."""

from __future__ import annotations

from pathlib import Path

# A proposed judgment of this kind was refused by a person: it judges nothing, and is not proposed
# again.
REFUSED = "refused"
_ENDING = ".proposed.jsonl"


def proposed_beside(judgments: Path) -> Path:
    """The proposed judgments that belong to a file: `judgments.proposed.jsonl` beside
    `judgments.jsonl`. To be in a commit of stage is what makes them judgments."""
    return judgments if judgments.name.endswith(_ENDING) else judgments.with_suffix(_ENDING)
