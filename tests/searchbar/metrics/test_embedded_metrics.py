"""A line a minute for CloudWatch, held against the format's own rules and read back as it would
read it."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_format.config.server import ServerSettings
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.metrics.embedded_metrics import MOST_VALUES, EmbeddedMetrics, spread
from searchbar.metrics.metrics import Metrics
from tests.searchbar.http.servers import serving

# What the specification says, as a JSON schema: the members that CloudWatch reads, and of its units
# those that a server like this may have.
NAME = {"type": "string", "minLength": 1, "maxLength": 1024}
UNITS = {"Seconds", "Milliseconds", "Bytes", "Percent", "Count", "Count/Second", "None"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 0},
                "CloudWatchMetrics": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "properties": {
                            "Namespace": NAME,
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "array",
                                    "maxItems": 30,
                                    "items": {"type": "string", "minLength": 1, "maxLength": 250},
                                },
                            },
                            "Metrics": {
                                "type": "array",
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "properties": {"Name": NAME, "Unit": {"enum": sorted(UNITS)}},
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}
NOW = 1_900_000_000.0


def extracted(line: str) -> dict[str, list[float]]:
    """The metrics as CloudWatch takes them out of a line; it drops what does not fit."""
    table = json.loads(line)
    jsonschema.validate(table, SCHEMA)
    assert len(line.encode()) < 1_000_000
    (described,) = table["_aws"]["CloudWatchMetrics"]
    for name in described["Dimensions"][0]:
        assert isinstance(table[name], str)
    found = {}
    for metric in described["Metrics"]:
        value = table[metric["Name"]]
        values = value if isinstance(value, list) else [value]
        assert 1 <= len(values) <= 100
        assert all(isinstance(one, int | float) and one >= 0 for one in values)
        found[metric["Name"]] = values
    return found


@pytest.fixture
def metrics(tools_release: Release) -> Metrics:
    return Metrics(tools_release, 0.4, "")


def embedded(metrics: Metrics) -> EmbeddedMetrics:
    return EmbeddedMetrics("Searchbar", "0123", metrics, lambda: None)


def test_a_line_counts_what_came_since_the_last_one(metrics: Metrics) -> None:
    lines = embedded(metrics)
    for seconds in (0.25, 0.125):
        metrics.request("/search", 200, seconds)
    metrics.request("/search", 429, 0.001)
    metrics.request("/search", 401, 0.001)  # A wrong key is nobody whom we had no room for.
    metrics.request("/search", 500, 0.5)
    metrics.request("/items/{id:path}", 200, 9.0)
    metrics.reaction({"kind": "click", "position": 2})
    first = extracted(lines.line(NOW))
    assert first["Latency"] == [125.0, 250.0]
    assert (first["Refused"], first["Failed"], first["Clicks"]) == ([1], [1], [1])
    metrics.request("/search", 503, 0.001)
    second = extracted(lines.line(NOW + 60))
    assert "Latency" not in second  # A minute without an answer has no time of one.
    assert (second["Refused"], second["Failed"], second["Clicks"]) == ([1], [0], [0])


def test_a_namespace_or_a_value_that_the_format_refuses_is_found(metrics: Metrics) -> None:
    table = json.loads(embedded(metrics).line(NOW))
    table["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Unit"] = "Questions"
    with pytest.raises(jsonschema.ValidationError):
        extracted(json.dumps(table))
    with pytest.raises(jsonschema.ValidationError):
        extracted(EmbeddedMetrics("", "0123", metrics, lambda: None).line(NOW))


@given(st.lists(st.floats(0, 1e4), max_size=400).map(sorted))
def test_many_times_are_told_by_a_hundred_that_lie_as_they_do(times: list[float]) -> None:
    told = list(spread(times, MOST_VALUES))
    assert len(told) == min(len(times), MOST_VALUES)
    assert set(told) <= set(times)
    assert all(before <= after for before, after in pairwise(told))
    if times:
        assert (told[0], told[-1]) == (times[0], times[-1])


def test_a_server_writes_its_lines_on_standard_output(
    tools_release: Release, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("searchbar.metrics.embedded_metrics.SECONDS", 0.05)
    settings = ServerSettings(cloudwatch="Searchbar")
    with serving(Engine.open(tools_release), settings) as client:
        assert client.get("/search?q=brass+nozzle").status_code == 200
        lines: list[str] = []
        while not any('"Latency"' in line for line in lines):
            lines += capfd.readouterr().out.splitlines()
            time.sleep(0.02)
    told = [extracted(line) for line in lines]
    assert sum(one["Questions"][0] for one in told) == 1
    assert told[-1]["Items"] == [len(tools_release.items)]


def test_without_the_setting_nothing_is_written(
    tools_release: Release, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(Engine.open(tools_release)) as client:
        client.get("/search?q=brass")
    assert not capfd.readouterr().out
