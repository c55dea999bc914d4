"""One line of metrics a minute for CloudWatch, in its embedded metric format.

Source: the Embedded Metric Format Specification, in Amazon CloudWatch's user guide. A container
whose output goes to CloudWatch Logs needs nothing else: no key, no library, no address to reach.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from searchbar.metrics.answer_times import AnswerTimes
from searchbar.metrics.metrics import OVERLOAD, Metrics

SECONDS = 60.0
# As many values as one metric of a line may have.
MOST_VALUES = 100
SERVICE = "searchbar"

# What is counted: the samples that are summed up, each label one of these.
Labels = Mapping[str, Sequence[str]]
COUNTS: Mapping[str, tuple[str, Labels]] = {
    "Questions": ("searchbar_results_total", {"kind": ("fits",)}),
    "NoResults": ("searchbar_results_total", {"kind": ("fits",), "number": ("0",)}),
    "NoGoodMatch": ("searchbar_no_good_match_total", {}),
    "Corrected": ("searchbar_corrected_total", {}),
    "Refused": ("searchbar_refused_total", {"reason": OVERLOAD}),
    "Failed": ("searchbar_requests_total", {"status": ("500",)}),
    "Clicks": ("searchbar_feedback_total", {"kind": ("click",)}),
    "ThumbsDown": ("searchbar_feedback_total", {"kind": ("bad",)}),
    "LogFailures": ("searchbar_log_failures_total", {}),
}
# How things are: the gauge.
GAUGES = {"Ready": "searchbar_ready", "Items": "searchbar_items", "Waiting": "searchbar_waiting"}
MADE = "searchbar_release_created_timestamp_seconds"
UNITS = {"ReleaseAge": "Seconds", "Ready": "None", "Latency": "Milliseconds"}


@dataclass
class EmbeddedMetrics:
    """Writes what happened since its last line; `refresh` brings the gauges up to date."""

    namespace: str
    release: str
    metrics: Metrics
    refresh: Callable[[], object]
    _counted: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.metrics.times = self._times = AnswerTimes()

    def line(self, now: float) -> str:
        """One line of JSON; `now` in seconds since 1970."""
        self.refresh()
        samples = Samples(self.metrics.registry)
        counted = {name: samples.sum(*of) for name, of in COUNTS.items()}
        values: dict[str, float | list[float]] = {
            name: count - self._counted.get(name, 0.0) for name, count in counted.items()
        }
        self._counted = counted
        values |= {name: samples.sum(gauge, {}) for name, gauge in GAUGES.items()}
        values["ReleaseAge"] = max(0, round(now - samples.sum(MADE, {})))
        if times := self._times.take():
            values["Latency"] = [round(1000 * time, 3) for time in spread(times, MOST_VALUES)]
        metrics = [{"Name": name, "Unit": UNITS.get(name, "Count")} for name in values]
        described = {
            "Namespace": self.namespace,
            "Dimensions": [["Service"]],
            "Metrics": metrics,
        }
        table = {
            "_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [described]},
            "Service": SERVICE,
            # No dimension: an alarm would be about one release, and silent from the next one on.
            "Release": self.release,
            **values,
        }
        return json.dumps(table, separators=(",", ":"))

    async def write(self, print_line: Callable[[str], object]) -> None:
        """Write a line each minute, until cancelled."""
        while True:
            await asyncio.sleep(SECONDS)
            print_line(await asyncio.to_thread(self.line, time.time()))


class Samples:
    """What a registry counts, read once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._samples = [sample for family in registry.collect() for sample in family.samples]

    def sum(self, name: str, labels: Labels) -> float:
        """The sum of all samples of this name whose labels are among these, whatever else they
        have."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == name
            and all(sample.labels.get(label) in values for label, values in labels.items())
        )


def spread(values: Sequence[float], most: int) -> Sequence[float]:
    """So many of these sorted values, evenly by rank, the first and the last among them."""
    if len(values) <= most:
        return values
    return [values[round(place * (len(values) - 1) / (most - 1))] for place in range(most)]
