"""The metrics of the server, for Prometheus."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from searchbar.retrieval.values.state import ValuesState

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """What /metrics shows."""

    def __init__(self, release: str, image: str) -> None:
        self.registry = CollectorRegistry()
        names: dict[str, Any] = {"registry": self.registry}
        self.requests = Counter(
            "searchbar_requests", "Answered requests.", ["route", "status"], **names
        )
        self.seconds = Histogram(
            "searchbar_request_seconds", "Time to answer.", ["route"], buckets=_BUCKETS, **names
        )
        self.steps = Counter(
            "searchbar_step_seconds",
            "Time in each step; none from memory.",
            ["step"],
            **names,
        )
        self.without = Counter(
            "searchbar_no_good_match", "Questions without a good match.", **names
        )
        self.wrong_keys = Counter(
            "searchbar_wrong_keys", "Wrong keys (429: not looked at).", ["status"], **names
        )
        self.waiting = Gauge("searchbar_waiting", "Questions that wait.", **names)
        self.ready = Gauge("searchbar_ready", "1 when ready.", **names)
        self._add_list(names)
        self._add_values(names)
        info = Gauge(
            "searchbar_release",
            "The release and image that answer here.",
            ["release", "image"],
            **names,
        )
        info.labels(release, image).set(1)

    def _add_list(self, names: dict[str, Any]) -> None:
        self.withdrawn = Gauge("searchbar_withdrawn_items", "Items that are withdrawn.", **names)
        self.unknown = Gauge(
            "searchbar_withdrawn_unknown", "Lines of the list that name no item here.", **names
        )
        self.unreadable = Gauge(
            "searchbar_withdrawn_unreadable", "1 when the list cannot be read.", **names
        )

    def _add_values(self, names: dict[str, Any]) -> None:
        self.values_age = Gauge(
            "searchbar_values_age_seconds", "Since the file of values was written.", **names
        )
        self.values_rows = Gauge("searchbar_values_rows", "Ids that the file names.", **names)
        self.values_unknown = Gauge(
            "searchbar_values_unknown", "Of these, ids that name no item here.", **names
        )
        self.values_left_out = Gauge(
            "searchbar_values_left_out", "Its cells that do not fit, and broken lines.", **names
        )
        self.values_unreadable = Gauge(
            "searchbar_values_unreadable", "1 when the file cannot be read.", **names
        )

    def show_values(self, state: ValuesState, problem: str) -> None:
        """How old the values that change by the minute are, and what of their file counts."""
        self.values_age.set(state.age if state.rows else 0)
        self.values_rows.set(state.rows)
        self.values_unknown.set(state.unknown)
        self.values_left_out.set(state.left_out + state.broken)
        self.values_unreadable.set(bool(problem))
