"""Histograms of the lengths of descriptions, before and after."""

from __future__ import annotations

from data_checks.comparison.changes import ItemChange

BINS = 40
WIDEST = 2_000


class LengthHistogram:
    """Counts of description lengths in even bins; the last one takes everything longer."""

    def __init__(self) -> None:
        self.before, self.after = [0] * BINS, [0] * BINS

    def add(self, change: ItemChange) -> None:
        """Count the two rows of one id."""
        for counts, row in ((self.before, change.before), (self.after, change.after)):
            if row is not None:
                counts[min(len(row.get("description", "")) * BINS // WIDEST, BINS - 1)] += 1

    def to_json(self) -> dict[str, object]:
        """The two histograms and the width of a bin in characters."""
        return {"width": WIDEST // BINS, "before": self.before, "after": self.after}
