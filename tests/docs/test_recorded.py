"""What a benchmark's JSON becomes in the committed results."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import RESULTS, results
from benchmarks.recorded import READERS, record

TIMES = {"per_s": 40, "p50_ms": 10.0, "p99_ms": 15.0}
MEASURED: dict[str, dict[str, Any]] = {
    "data_gate": {
        "rows": 1000,
        "one percent changed": {"seconds": 2.5, "cpu_seconds": 3, "peak_mb": 77},
        "diff": {"seconds": 0.3},
    },
    "encode": {
        "texts": 50,
        "ways": {
            "theirs": {"documents_per_second": 5.0},
            "ours": {
                "documents_per_second": 20.0,
                "times": 4.0,
                "overlap_at_10": 0.98,
                "cosine_mean": 0.9,
            },
        },
    },
    "serve": {
        "items": 3000,
        "ready_s": 0.5,
        "ready_mb": 100,
        "mb": 120,
        "encode-only": {"1": {**TIMES, "p50_ms": 5.0}, "64": {**TIMES, "per_s": 80}},
        "search": {"1": TIMES, "64": TIMES},
        "overload": TIMES,
        "suggest": {"p50_ms": 0.6},
        "repeated": {"p50_ms": 1.1},
    },
}
SEEN = {
    "data_gate": {"admit": "2.5 s, 77 MB", "diff": "0.3 s"},
    "encode": {"encode": "20.0 to 5.0 documents/s, 4.0 × (overlap@10 0.98, cosine 0.9)"},
    "serve": {
        "memory": "100 / 120 MB",
        "over-encoding": "2.0 ×",
        "throughput": "40, 50 %",
        "overload": "1.5 ×",
    },
}


@pytest.mark.parametrize("name", READERS)
def test_a_measurement_takes_the_place_of_the_last_one(tmp_path: Path, name: str) -> None:
    shutil.copy(RESULTS / f"{name}.json", tmp_path)
    before = results(tmp_path)[name]
    record(name, {"machine": "an abacus", **MEASURED[name]}, "Slowly.", tmp_path)
    after = results(tmp_path)[name]
    assert (after.title, after.command) == (before.title, before.command)
    assert (after.machine, after.note) == ("an abacus", "Slowly.")
    assert after.source == f"benchmarks/{name}.py --json"
    assert [figure.name for figure in after.figures] == [figure.name for figure in before.figures]
    for figure, seen in SEEN[name].items():
        assert after.figure(figure).seen == seen
