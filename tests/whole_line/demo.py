"""Here is one laptop: play the whole loop on it, and say whether a single question failed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from release_format.exit_codes import COULD_NOT_TELL, NO, USAGE, YES
from tests.whole_line.line import ROOT, Line, RefusedError
from tests.whole_line.loop import first_release, play, two_hosts

NEEDED = ("git", "docker", "dockerd", "haproxy", "sshd", "ip", "nsenter")


class Story:
    """What is told while it happens, and afterwards as a table: steps stand at the margin, their
    lines do not."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, float]] = []

    def __call__(self, text: str) -> None:
        if not text.startswith(" "):
            self._steps.append((text, time.monotonic()))
        print(text, flush=True)

    def table(self) -> str:
        ends = [at for _, at in self._steps[1:]] + [time.monotonic()]
        rows = [
            f"| {text} | {end - at:.0f} |"
            for (text, at), end in zip(self._steps, ends, strict=True)
        ]
        return "\n".join(["", "| step | seconds |", "|---|--:|", *rows, ""])


def main() -> int:
    """0 when the answer changed, came back, a bad change was refused and nothing failed; 1
    otherwise."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if said := _missing():
        print(f"demo: {said}", file=sys.stderr)
        return USAGE
    if os.environ.get("JENKINS") != "0" and (
        code := subprocess.run([ROOT / "jenkins/verify.sh"], check=False).returncode
    ):
        print(
            "demo: without a controller, `make demo JENKINS=0` types the pipeline's own lines.",
            file=sys.stderr,
        )
        return NO if code == NO else COULD_NOT_TELL
    folder = Path(tempfile.mkdtemp(prefix="searchbar-demo-"))
    tell = Story()
    try:
        tell("two hosts, stage and prod, are made of network namespaces")
        with two_hosts(folder) as (made, hosts), Line(folder, hosts, say=tell) as line:
            first_release(line, tell)
            outcome = play(line, made, tell)
    except RefusedError as error:
        print(f"demo: {error}", file=sys.stderr)
        return NO
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(tell.table(), flush=True)
    print(outcome.sentence(), flush=True)
    return YES if outcome.well else NO


def _missing() -> str:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} cannot be found. docs/tutorial.md says what it needs."
    if os.geteuid() != 0:
        return "the hosts are network namespaces, which only root may make: sudo make demo."
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        return "no Docker engine answers. Start it, or point DOCKER_HOST at one."
    return ""


if __name__ == "__main__":
    sys.exit(main())
