"""The metrics of the server, for Prometheus: names in base units, a few hundred series at most."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from release_format.questions import REACTIONS
from release_format.release import SNAPSHOT, Release
from release_format.seal import Manifest, is_sealed, read_manifest
from release_format.snapshot import QUARANTINE
from searchbar.metrics.answer_times import AnswerTimes
from searchbar.query.question import Answer
from searchbar.retrieval.values.state import ValuesState

# Close together where answers are: half of them take about 10 ms.
_SECONDS = tuple(
    milliseconds / 1000
    for milliseconds in (
        1,
        2.5,
        5,
        7.5,
        10,
        12.5,
        15,
        20,
        25,
        35,
        50,
        75,
        100,
        250,
        500,
        1000,
        5000,
    )
)
_STEP_SECONDS = tuple(
    milliseconds / 1000 for milliseconds in (0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 50, 100, 250, 1000)
)
_TOGETHER = (1, 2, 4, 8, 16, 32, 64)
_CONFIDENCE = tuple(tenth / 10 for tenth in range(1, 14))
_POSITIONS = (1, 2, 3, 5, 10, 20, 50, 100)
REFUSED = {401: "key", 429: "too many", 503: "busy"}
# Whom more machines, or another limit, would have answered.
OVERLOAD = ("too many", "busy")
KINDS = FITS, LESS_LIKELY = "fits", "less_likely"
NONE, FEW, MANY = "0", "1-9", "10+"
SEARCH = "/search"
# Where what is shown while somebody types comes from: nothing was searched for `names` alone.
TYPED = FROM_MEMORY, FROM_SEARCH, FROM_NAMES = "memory", "search", "names"
# One that is not ready yet refuses nobody.
HEALTH = ("/livez", "/readyz", "/ping")

# When each series began is a family more for each, which nobody draws.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """What /metrics shows. Every family is an attribute; `answer` counts an answer in all of them.

    Counts and histograms of several processes or hosts add up; gauges are about one of them.
    """

    def __init__(self, release: Release, level: float | None, image: str) -> None:
        self.registry = CollectorRegistry()
        # Of single answers, where somebody wants these.
        self.times: AnswerTimes | None = None
        ProcessCollector(registry=self.registry)
        self._add_requests()
        self._add_answers(level)
        self._add_reactions()
        self._add_release(release, image)
        self._add_list()
        self._add_values()

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"searchbar_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"searchbar_{name}", text, labels, registry=self.registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()
    ) -> Histogram:
        name = f"searchbar_{name}"
        return Histogram(name, text, labels, buckets=buckets, registry=self.registry)

    def _add_requests(self) -> None:
        self.requests = self._counter("requests", "Requests, refused or not.", ("route", "status"))
        self.seconds = self._histogram(
            "request_duration_seconds",
            "Time to answer; nothing that was refused or failed is in it.",
            _SECONDS,
            ("route",),
        )
        self.refused = self._counter(
            "refused", "Requests that were refused, by why: key, too many, busy.", ("reason",)
        )
        _begin_at_nothing(self.refused, *((reason,) for reason in REFUSED.values()))
        self.wrong_keys = self._counter(
            "wrong_keys", "Wrong keys (429: not looked at).", ("status",)
        )
        self.waiting = self._gauge("waiting", "Questions that wait.")
        self.queue_seconds = self._histogram(
            "queue_wait_seconds", "Time that a question waited for its turn.", _STEP_SECONDS
        )
        self.together = self._histogram(
            "batch_size", "Questions that were answered together.", _TOGETHER
        )

    def _add_answers(self, level: float | None) -> None:
        self.steps = self._histogram(
            "step_duration_seconds",
            "Time in each step of answering; none for a question from memory.",
            _STEP_SECONDS,
            ("step",),
        )
        self.results = self._counter(
            "results", "Questions by how many results they had.", ("kind", "number")
        )
        several = [(kind, number) for kind in KINDS for number in (NONE, FEW, MANY)]
        _begin_at_nothing(self.results, *several)
        self.without = self._counter("no_good_match", "Questions without a good match.")
        self.corrected = self._counter("corrected", "Questions that were read as corrected.")
        self.repeated = self._counter("repeated", "Questions that were answered from memory.")
        self.typed = self._counter(
            "typeahead",
            "Beginnings that were answered while somebody typed; none is a question.",
            ("source",),
        )
        _begin_at_nothing(self.typed, *((source,) for source in TYPED))
        self.confidence = self._histogram(
            "top_confidence", "The confidence of the first hit of a question.", _CONFIDENCE
        )
        cut = self._gauge(
            "no_good_match_level", "The confidence that a good match has at least; none: NaN."
        )
        cut.set(float("nan") if level is None else level)

    def _add_reactions(self) -> None:
        self.feedback = self._counter(
            "feedback", "What visitors did with answers, by kind.", ("kind",)
        )
        _begin_at_nothing(self.feedback, *((kind,) for kind in REACTIONS))
        self.clicked = self._histogram(
            "click_position", "The position of the hits that were clicked.", _POSITIONS
        )
        self.unlogged = self._counter(
            "log_failures", "Questions and reactions that could not be written to the log."
        )

    def _add_release(self, release: Release, image: str) -> None:
        self.ready = self._gauge("ready", "1 when ready.")
        info = self._gauge(
            "release_info", "The release and image that answer here.", ("release", "image")
        )
        info.labels(release.id, image).set(1)
        self._gauge("items", "Items of the release.").set(len(release.items))
        self._gauge("release_created_timestamp_seconds", "When the release was built.").set(
            _moment(release.manifest)
        )
        snapshot = release.path / SNAPSHOT
        self._gauge("quarantined_rows", "Rows of the catalogue that its rules refused.").set(
            _lines(snapshot / QUARANTINE)
        )
        if is_sealed(snapshot):
            self._gauge(
                "snapshot_created_timestamp_seconds", "When the catalogue was admitted as it is."
            ).set(_moment(read_manifest(snapshot)))

    def _add_list(self) -> None:
        self.withdrawn = self._gauge("withdrawn_items", "Items that are withdrawn.")
        self.unknown = self._gauge("withdrawn_unknown", "Lines of the list that name no item here.")
        self.unreadable = self._gauge("withdrawn_unreadable", "1 when the list cannot be read.")

    def _add_values(self) -> None:
        self.values_age = self._gauge("values_age_seconds", "Since the file of values was written.")
        self.values_rows = self._gauge("values_rows", "Ids that the file names.")
        self.values_unknown = self._gauge("values_unknown", "Of these, ids that name no item here.")
        self.values_left_out = self._gauge(
            "values_left_out", "Its cells that do not fit, and broken lines."
        )
        self.values_unreadable = self._gauge("values_unreadable", "1 when the file cannot be read.")

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request. A refusal takes no time: under a storm of them p99 would fall."""
        self.requests.labels(route, str(status)).inc()
        if status < 400:
            self.seconds.labels(route).observe(seconds)
            if route == SEARCH and self.times:
                self.times.add(seconds)
        elif route not in HEALTH and (reason := REFUSED.get(status)):
            self.refused.labels(reason).inc()

    def answer(self, answer: Answer) -> None:
        """Count an answer; only the first page of one that looks for something is a question."""
        for step, took in answer.took_ms.items():
            # How long all of it takes is in the time of requests; a step not taken took none.
            if step != "total" and took:
                self.steps.labels(step).observe(took / 1000)
        if answer.offset or not answer.query.strip():
            return
        self.results.labels(FITS, _number(0 if answer.no_good_match else answer.total)).inc()
        self.results.labels(LESS_LIKELY, _number(answer.less_likely)).inc()
        self.without.inc(answer.no_good_match)
        self.corrected.inc(bool(answer.did_you_mean))
        self.repeated.inc(not any(took for step, took in answer.took_ms.items() if step != "total"))
        if answer.confidence is not None:
            self.confidence.observe(answer.confidence)

    def reaction(self, feedback: Mapping[str, Any]) -> None:
        """Count what a visitor did with an answer."""
        self.feedback.labels(str(feedback["kind"])).inc()
        if feedback["kind"] == "click" and "position" in feedback:
            self.clicked.observe(feedback["position"])

    def show_values(self, state: ValuesState, problem: str) -> None:
        """How old the values that change by the minute are, and what of their file counts."""
        self.values_age.set(state.age if state.rows else 0)
        self.values_rows.set(state.rows)
        self.values_unknown.set(state.unknown)
        self.values_left_out.set(state.left_out + state.broken)
        self.values_unreadable.set(bool(problem))


def _begin_at_nothing(counter: Counter, *labels: tuple[str, ...]) -> None:
    """Show these series before they count: a rise from nowhere is none to Prometheus."""
    for values in labels:
        counter.labels(*values)


def _moment(manifest: Manifest) -> float:
    return datetime.fromisoformat(manifest.created_at).timestamp()


def _lines(path: Path) -> int:
    return len(path.read_bytes().splitlines()) if path.exists() else 0


def _number(results: int) -> str:
    return NONE if not results else FEW if results < 10 else MANY
