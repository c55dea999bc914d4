"""What is live on this host, in Prometheus' text format, for node-exporter's textfile collector."""

from __future__ import annotations

import calendar
import contextlib
import time
from collections.abc import Mapping
from typing import Any

from .layout import HostError, Layout, read_record

METRIC = "searchbar_live_since_timestamp_seconds"
HEAD = f"# HELP {METRIC} When what is live on this host was confirmed.\n# TYPE {METRIC} gauge\n"


def show_live(layout: Layout) -> None:
    """Write what the host's record says now; that this cannot be done hinders nothing.

    It takes no room that was kept back, and leaves no file rather than one that is wrong.
    """
    path = layout.metrics / "live.prom"
    draft = path.with_suffix(".draft")
    try:
        layout.metrics.mkdir(exist_ok=True)
        draft.write_text(_text(read_record(layout.slots)), encoding="utf-8")
        draft.chmod(0o644)
        draft.replace(path)
    except (OSError, HostError, ValueError):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            draft.unlink(missing_ok=True)


def _text(record: Mapping[str, Any]) -> str:
    if "since" not in record:
        return HEAD
    since = calendar.timegm(time.strptime(record["since"], "%Y-%m-%dT%H:%M:%SZ"))
    labels = ",".join(
        f'{label}="{_escaped(str(record.get(key, "")))}"'
        for label, key in (("release", "release"), ("image", "image"), ("slot", "live"))
    )
    return f"{HEAD}{METRIC}{{{labels}}} {since}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
