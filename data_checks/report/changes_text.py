"""Changes between two snapshots as text, for the console."""

from __future__ import annotations

from data_checks.comparison.changes import Changes
from release_format.progress import one_line

SHOWN = 5


def _more(count: int, of: str) -> list[str]:
    """A line that counts what is left out."""
    return [f"… and {count:,} more {of}"] if count > 0 else []


def changes_text(changes: Changes) -> str:
    """The counts, the fields and topics that changed most, and examples."""
    counts = changes.counts
    totals = (
        f"added {counts['added']:,} · removed {counts['removed']:,} · changed {counts['changed']:,}"
    )
    lines = [f"before {changes.before:,} · {totals} · now {changes.after:,}"]
    if changes.fields:
        fields = [f"{name} {count:,}" for name, count in changes.fields.most_common()]
        lines.append(f"changed fields: {', '.join(fields)}")
    moved = [(topic, change) for topic, change in changes.topics.items() if change.moved]
    moved.sort(key=lambda entry: -abs(entry[1].moved))
    lines += [
        f"topic {one_line(topic)}: {change.before:,} → {change.after:,}"
        for topic, change in moved[:SHOWN]
    ]
    lines += _more(len(moved) - SHOWN, "topics")
    for kind, sign in (("added", "+"), ("removed", "-"), ("changed", "~")):
        rows = [change.row for change in changes.examples[kind].members()]
        lines += [f"{sign} {one_line(row['id'])}  {one_line(row.get('title', ''))}" for row in rows]
        lines += _more(counts[kind] - len(rows), kind)
    return "\n".join(lines)
