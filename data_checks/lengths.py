"""Here is a walk over two snapshots: give me how long the descriptions were before and are now, to draw."""

from __future__ import annotations

from data_checks.changes import Step

BINS = 40
WIDEST = 2_000


class Lengths:
    """Counts of description lengths in even bins; the last one takes everything longer."""

    def __init__(self) -> None:
        self.before, self.after = [0] * BINS, [0] * BINS

    def add(self, step: Step) -> None:
        """Count one step."""
        for counts, row in ((self.before, step.before), (self.after, step.after)):
            if row is not None:
                counts[min(len(row.get("description", "")) * BINS // WIDEST, BINS - 1)] += 1

    def to_json(self) -> dict[str, object]:
        """The two histograms and the width of a bin in characters."""
        return {"width": WIDEST // BINS, "before": self.before, "after": self.after}
