"""Here are real hosts on this machine: measure switches, rollbacks, shipping and failures, and print the table."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import machine  # noqa: E402
from release_format.store import Folder  # noqa: E402
from tests.hosts.conftest import Site, Started  # noqa: E402
from tests.hosts.load import Load  # noqa: E402
from tests.hosts.machines import PUBLIC, machines, run  # noqa: E402


def main() -> int:
    """Print the table (Markdown), or one JSON record."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--switches", type=int, default=50)
    given.add_argument("--rate", type=float, default=700.0, help="questions a second")
    given.add_argument("--requests", type=int, default=100_000, help="go on until so many were asked")
    given.add_argument("--megabytes", type=int, default=500, help="size of the release that is shipped")
    given.add_argument("--json", action="store_true")
    asked = given.parse_args()
    stub = run("docker", "build", "--network=host", "--quiet", str(ROOT / "tests/hosts/stub")).stdout.strip()
    with machines(0) as hosts, tempfile.TemporaryDirectory() as folder:
        started = Started(hosts, stub, Path(folder))
        started.need(1)
        site = Site(hosts, Folder(Path(folder) / "store"), stub, Path(folder), 1)
        rows: dict[str, str] = {}
        for measure in (switching, shipping, failing, dying):
            print(f"{measure.__name__} …", file=sys.stderr, flush=True)
            fresh(site)
            rows |= measure(site, asked)
    if asked.json:
        print(json.dumps(rows, indent=1))
    else:
        print(f"{machine()}\n\n| measured on one host | |\n|---|--:|")
        print("\n".join(f"| {what} | {figure} |" for what, figure in rows.items()))
    return 0


def fresh(site: Site) -> None:
    site.machines.hosts[0].blank()
    site.store = Folder(site.folder / f"store{time.monotonic_ns()}")


def switching(site: Site, asked: argparse.Namespace) -> dict[str, str]:
    """Two warm slots and switches between them by rollback, while visitors ask without pause."""
    one = site.release("one")
    site.rollout(one, check=0)
    two = site.release("two", over=one)
    site.rollout(two, check=0)
    took: list[float] = []
    acts: list[float] = []
    moments: list[float] = []
    with process_load(site, asked.rate) as load:
        time.sleep(5)
        for number in range(asked.switches):
            moments.append(time.monotonic())
            began = time.monotonic()
            done = site.deploy("rollback", check=0)
            took.append(time.monotonic() - began)
            acts.append(switch_ms(site, done))
            held = one if number % 2 else two
            site.deploy("unhold", held, check=0)
        while load.counted.requests < asked.requests:
            time.sleep(1)
    near = [ms for at, ms in load.counted.times if any(m <= at <= m + 2 for m in moments)]
    far = [ms for at, ms in load.counted.times if not any(m <= at <= m + 2 for m in moments)]
    failed = f"failed of {load.counted.requests:,} requests during {asked.switches} switches"
    return {
        failed: f"**{load.counted.failures}**",
        "the switch itself on the host, median (worst)": f"{median(acts):.1f} ({max(acts):.1f}) ms",
        "rollback end to end, median (worst)": f"{median(took):.2f} ({max(took):.2f}) s",
        "p99 around switches / quiet": f"{p99(near):.0f} / {p99(far):.0f} ms",
    }


def switch_ms(site: Site, done: subprocess.CompletedProcess[str]) -> float:
    record: Any = json.loads(site.store.record("certificate", done.stdout.strip().splitlines()[-1]) or "{}")
    return max(float(host["switch_ms"]) for host in record["hosts"].values())


def shipping(site: Site, asked: argparse.Namespace) -> dict[str, str]:
    one = site.release("one")
    site.rollout(one, check=0)
    payload = os.urandom(asked.megabytes * 1_000_000)
    two = site.release("two", over=one, payload=payload)
    sent = sentence(site.rollout(two, check=0).stderr)
    three = site.release("three", over=two, payload=payload)
    little = sentence(site.rollout(three, check=0).stderr)
    return {f"shipping a new release of {asked.megabytes} MB": sent, "shipping the next, its index unchanged": little}


def sentence(told: str) -> str:
    [line] = [line for line in told.splitlines() if "MB sent in" in line or "nothing to send" in line]
    return line.split(": ", 1)[1]


def failing(site: Site, asked: argparse.Namespace) -> dict[str, str]:
    """A release that answers probes and logged questions, but fails 30 % of what visitors ask."""
    rows = {}
    for name, arguments in (("all at once", ()), ("behind a 5 % canary", ("--canary", "5%"))):
        fresh(site)
        one = site.release("one")
        site.rollout(one, check=0)
        bad = site.release("bad", over=one, fail_when="visitor", fail_percent=30)
        with process_load(site, asked.rate) as load:
            time.sleep(2)
            site.rollout(bad, *arguments, check=1, guard_seconds=4.0)
        rows[f"failed when a release fails 30 % of questions, {name}"] = str(load.counted.failures)
    return rows


def dying(site: Site, asked: argparse.Namespace) -> dict[str, str]:
    one = site.release("one")
    site.rollout(one, check=0)
    two = site.release("two", over=one)
    site.rollout(two, check=0)
    kills = 5
    with process_load(site, asked.rate) as load:
        time.sleep(2)
        for _ in range(kills):
            site.machines.hosts[0].kill_container("blue")
            time.sleep(11)  # less, and the engine takes it for a crash loop and waits longer each time
    per_kill = f"{load.counted.failures / kills:.1f}"
    return {f"failed per kill −9 of the live slot, the old one warm ({kills} kills)": per_kill}


def process_load(site: Site, rate: float) -> Load:
    return Load(site.machines.hosts[0].address, PUBLIC, rate=rate, visitors=16)


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)] if values else 0.0


if __name__ == "__main__":
    sys.exit(main())
