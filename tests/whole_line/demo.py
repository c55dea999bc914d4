"""Here is one laptop: play the whole loop on it, and say whether a single question failed."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.whole_line.line import Line
from tests.whole_line.loop import first_release, play, two_hosts

NEEDED = ("git", "docker", "dockerd", "haproxy", "sshd", "ip", "nsenter")


def main() -> int:
    """0 when the answer changed, came back, a bad change was refused and nothing failed; 1 otherwise."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        what = (
            f"missing: {', '.join(missing)}"
            if missing
            else "the hosts are network namespaces, which only root may make"
        )
        print(
            f"the demo needs root on Linux with Docker, OpenSSH and HAProxy ({what}). Install them, or use a machine that has them."
        )
        return 2
    folder = Path(tempfile.mkdtemp(prefix="searchbar-demo-"))
    print("Two hosts, stage and prod, are being made …", flush=True)
    try:
        with two_hosts(folder) as (made, hosts), Line(folder, hosts, say=_say) as line:
            first_release(line, _say)
            outcome = play(line, made, _say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(outcome.sentence(), flush=True)
    return 0 if outcome.well else 1


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
