"""The processor time and memory that answering takes, measured in a process of its own.

Processor time is judged, against that of a fixed calculation beside every question: the clock goes
on while other programs keep the cores busy, and even the processor's own time grows by what they do
to its caches (3 times, seen).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from index_builder.errors import BuildError
from release_format.release import KIND, Release
from release_format.seal import FORMAT, Manifest
from searchbar.engine import Engine
from searchbar.query.question import Question

ROOT = Path(__file__).parents[2]
# The fresh process may compute so long. What the clock allows is far more: on a busy machine it
# waits for its turn.
LONGEST_CPU_SECONDS, LONGEST_SECONDS = 120, 3_600
# Every question is asked twice, and the lesser processor time counts.
WARM_UP, MOST_QUESTIONS, TIMES = 3, 24, 2
# What sorting so many numbers takes on the machine that the gate's milliseconds are those of (EPYC,
# Zen 4).
SORTED, REFERENCE_MS = 500_000, 3.5


_NUMBERS = np.random.default_rng(1).random(SORTED)


@dataclass(frozen=True)
class ResourceUsage:
    """Milliseconds that half, 95 and 99 of 100 questions take; megabytes resident afterwards.

    `cpu_…` are milliseconds of processor time, of all threads together; the others are by the
    clock. `pace` is how fast the processor was meanwhile, beside the reference: at half its pace
    everything takes twice as long.
    """

    cpu_p50_ms: float
    cpu_p95_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    resident_mb: float
    questions: int
    pace: float = 1.0

    @property
    def judged_ms(self) -> float:
        """What 95 of 100 questions take of the reference processor, whatever keeps this one
        busy."""
        return round(self.cpu_p95_ms * self.pace, 2)


def budget(release: Path, questions: Sequence[str]) -> ResourceUsage:
    """Measure in a fresh process, which holds nothing but what a server holds.

    Raises:
        BuildError: that process broke.
    """
    command = [
        sys.executable,
        "-m",
        "index_builder.quality.resource_usage",
        str(release.absolute()),
    ]
    lines = json.dumps(list(questions)[:MOST_QUESTIONS])
    said = ""
    try:
        process = subprocess.run(
            command, cwd=ROOT, input=lines, text=True, capture_output=True, timeout=LONGEST_SECONDS
        )
        said = "".join(process.stderr.strip().splitlines()[-1:])
        return ResourceUsage(**json.loads(process.stdout))
    except (ValueError, TypeError, subprocess.TimeoutExpired) as error:
        raise BuildError(
            f"a fresh process could not answer from {release} ({said or error}). Ask it by hand."
        ) from error


def _measure(release: Path, questions: Sequence[str]) -> ResourceUsage:
    # The directory may not be sealed yet. Its build asks it at the same time; what is read here
    # stays as it is.
    engine = Engine.open(Release(release, Manifest(FORMAT, KIND, "", {}, {}, "")))
    for question in questions[:WARM_UP]:
        engine.search(Question(question))
    # An answer is remembered by its question as typed: spaces make it another one, and change
    # nothing.
    # (rounds, questions, 3): processor, clock and reference.
    rounds = np.array(
        [
            [_milliseconds(engine, question + " " * spaces) for question in questions]
            for spaces in range(1, TIMES + 1)
        ]
    ).reshape(TIMES, -1, 3)
    if not questions:
        rounds = np.array([[[0.0, 0.0, REFERENCE_MS]]])
    cpu, _, reference = rounds.min(axis=0).T
    wall = rounds[:, :, 1].ravel()
    pace = round(REFERENCE_MS / max(float(np.median(reference)), 1e-6), 3)
    cpu_p50, cpu_p95 = (round(float(p), 2) for p in np.percentile(cpu, [50, 95]))
    p50, p95, p99 = (round(float(p), 2) for p in np.percentile(wall, [50, 95, 99]))
    return ResourceUsage(
        cpu_p50, cpu_p95, p50, p95, p99, round(_resident_mb(), 1), len(questions), pace
    )


def _milliseconds(engine: Engine, question: str) -> tuple[float, float, float]:
    """What one answer takes, of the processor and by the clock, and what the reference takes of
    it right after."""
    cpu, wall = processor_seconds(), time.perf_counter()
    engine.search(Question(question))
    answered, ended = processor_seconds(), time.perf_counter()
    np.sort(_NUMBERS)
    return (answered - cpu) * 1000, (ended - wall) * 1000, (processor_seconds() - answered) * 1000


def processor_seconds() -> float:
    """What this process has had of the processor, all threads together, to the microsecond.

    Not `time.process_time`: under a limit of processor time (RLIMIT_CPU), Linux counts that clock
    in ticks of 4 ms, and what takes less often takes nothing.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _resident_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_SECONDS, LONGEST_CPU_SECONDS + 1))
    print(json.dumps(asdict(_measure(Path(sys.argv[1]), json.load(sys.stdin)))))
