"""Here is a release: how long does a question take, and how much memory, in a process of its own?"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from index_builder.recipe import BuildError
from release_format.release import KIND, Release
from release_format.seal import FORMAT, Manifest
from searchbar.engine import Engine
from searchbar.question import Question

ROOT = Path(__file__).parent.parent
LONGEST_SECONDS = 120
WARM_UP, ASKED = 3, 40


@dataclass(frozen=True)
class Budget:
    """Milliseconds that half, 95 and 99 of 100 questions take with one thread; megabytes resident afterwards."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    resident_mb: float
    questions: int


def budget(release: Path, questions: Sequence[str]) -> Budget:
    """Measure in a fresh process, which holds nothing but what a server holds.

    Raises:
        BuildError: that process broke.
    """
    command = [sys.executable, "-m", "index_builder.budget", str(release.absolute())]
    asked = json.dumps(list(questions)[:ASKED])
    try:
        done = subprocess.run(
            command, cwd=ROOT, input=asked, text=True, capture_output=True, timeout=LONGEST_SECONDS
        )  # fmt: skip
        return Budget(**json.loads(done.stdout))
    except (ValueError, TypeError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"a fresh process could not answer from {release} ({error}). Ask it by hand.") from error


def _measure(release: Path, questions: Sequence[str]) -> Budget:
    # The directory may not be sealed yet. Its build asks it at the same time; what is read here stays as it is.
    engine = Engine.open(Release(release, Manifest(FORMAT, KIND, "", {}, {}, "")))
    took = []
    for number, question in enumerate([*questions[:WARM_UP], *questions]):
        started = time.perf_counter()
        engine.search(Question(question if number < WARM_UP else question + " "))
        took.append((time.perf_counter() - started) * 1000)
    p50, p95, p99 = (round(float(p), 2) for p in np.percentile(took[WARM_UP:] or [0.0], [50, 95, 99]))
    return Budget(p50, p95, p99, round(_resident_mb(), 1), len(questions))


def _resident_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(Path(sys.argv[1]), json.load(sys.stdin)))))
