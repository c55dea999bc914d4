"""What a fresh process that cannot answer is told as, and when it is asked once more."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from index_builder.errors import BuildError
from index_builder.quality import release_quality
from index_builder.quality.judgments import JudgedQuestion
from index_builder.quality.resource_usage import ROOT, ResourceUsage, budget
from release_format.release import Release
from release_format.seal import FORMAT, Manifest

FINE = ResourceUsage(3, 4, 3, 4, 5, 200, 10)
STOOD_STILL = replace(FINE, cpu_p95_ms=2_000)
BROKE = BuildError("a fresh process could not answer. Ask it by hand.")


def test_a_release_that_no_fresh_process_opens_is_could_not_tell(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"a fresh process could not answer.* Ask it by") as broken:
        budget(tmp_path, ["lamp"])
    assert broken.value.exit_code == 3
    assert "Error: " in str(broken.value), "what the process itself said is not lost"


@pytest.mark.parametrize(
    ("measured", "told", "times"),
    [
        ([FINE], FINE, 1),
        ([STOOD_STILL, FINE], FINE, 2),
        ([STOOD_STILL, STOOD_STILL], STOOD_STILL, 2),
        ([BROKE, FINE], FINE, 2),
        ([BROKE, BROKE], str(BROKE), 2),
        ([STOOD_STILL, BROKE], STOOD_STILL, 2),
    ],
    ids=["fine", "once slow", "slow", "once broken", "broken", "slow then broken"],
)
def test_what_would_refuse_a_release_is_measured_once_more(
    measured: list[ResourceUsage | BuildError],
    told: ResourceUsage | str,
    times: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = list(measured)

    def measure(*_: object) -> ResourceUsage:
        usage = left.pop(0)
        if isinstance(usage, BuildError):
            raise usage
        return usage

    monkeypatch.setattr(release_quality, "budget", measure)
    staged = Release(Path("nowhere"), Manifest(FORMAT, "release", "", {}, {}, ""))
    assert release_quality.spending(staged, [JudgedQuestion("1", "lamp", {})]) == told
    assert len(measured) - len(left) == times


def test_a_limit_of_processor_time_leaves_short_work_measurable() -> None:
    """The fresh process has one: by the clock that it slows down, most of these took nothing."""
    program = (
        "import resource; import numpy as np\n"
        "from index_builder.quality.resource_usage import _NUMBERS, processor_seconds\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 61))\n"
        "def spent():\n"
        "    began = processor_seconds(); np.sort(_NUMBERS); return processor_seconds() - began\n"
        "print(min(spent() for _ in range(20)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) > 0.0005
