"""Switches, rollbacks, shipping, memory and failures, measured on real hosts on this machine.

    python benchmarks/rollout.py [--switches 50] [--requests 100000] [--release ID] [--into
    docs/proofs/rollout.md]

Switches, failures and kills are measured with a small server that answers at once, so that what is
counted is the rollout and not the search; memory and the start of a slot with the real image and a
real release (the largest of the store, unless --release names one).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import machine  # noqa: E402
from benchmarks.recorded import add_options, tell  # noqa: E402
from benchmarks.resident import added_by_the_second, ask_both_slots  # noqa: E402
from release_format.release import INDEX, KIND, MADE_FROM, RULES, Release, release_id  # noqa: E402
from release_format.seal import MANIFEST, check_seal, digest_of, seal  # noqa: E402
from release_format.store.base import Store  # noqa: E402
from release_format.store.folder import Folder  # noqa: E402
from release_format.store.locate import open_store  # noqa: E402
from tests.hosts.conftest import Site, Started  # noqa: E402
from tests.hosts.load import Load  # noqa: E402
from tests.hosts.machines import PUBLIC, machines, run  # noqa: E402
from tests.hosts.sealed import compared  # noqa: E402

AFTER = 1.0  # seconds after the end of an act that still count as near it


def main() -> int:
    """Print the table (Markdown), or one JSON record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--switches", type=int, default=50)
    parser.add_argument(
        "--rate", type=float, default=400.0, help="requests a second that visitors try"
    )
    parser.add_argument(
        "--requests", type=int, default=100_000, help="the switches are spread over so many"
    )
    parser.add_argument(
        "--megabytes", type=int, default=500, help="size of the release that is shipped"
    )
    parser.add_argument(
        "--release", default="", help="the real release for the memory of two slots"
    )
    parser.add_argument(
        "--only", action="append", default=[], help="a measure by name; may be repeated"
    )
    parser.add_argument("--into", type=Path, help="write the table to this file too")
    add_options(parser)
    options = parser.parse_args()
    is_real = not options.only or two_slots.__name__ in options.only
    if is_real and not options.release and not open_store(None).ids(KIND):
        parser.error("no release is built for the memory of two slots: `make up`, or --release")
    stub = run(
        "docker", "build", "--network=host", "--quiet", str(ROOT / "tests/hosts/stub")
    ).stdout.strip()
    with machines(0) as hosts, tempfile.TemporaryDirectory() as folder:
        started = Started(hosts, stub, Path(folder))
        started.need(1)
        site = Site(hosts, Folder(Path(folder) / "store"), stub, Path(folder), 1)
        rows: dict[str, dict[str, str]] = {}
        for measure in (switching, shipping, two_slots, failing, dying):
            if options.only and measure.__name__ not in options.only:
                continue
            print(f"{measure.__name__} …", file=sys.stderr, flush=True)
            fresh(site)
            rows[measure.__name__] = measure(site, options)
    table = report(options, rows)
    tell("rollout", parser, options, {**rows, "measures": list(rows)}, table)
    return 0


def report(options: argparse.Namespace, measured: dict[str, dict[str, str]]) -> str:
    """What was measured; in the file, what this run did not measure stays as it was."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    lines = [
        f"| {what} | {figure} | {name} | {day} |\n"
        for name, rows in measured.items()
        for what, figure in rows.items()
    ]
    if options.into:
        options.into.parent.mkdir(parents=True, exist_ok=True)
        old = (
            options.into.read_text(encoding="utf-8").splitlines(keepends=True)
            if options.into.exists()
            else []
        )
        unmeasured = [
            line
            for line in old
            if line.count(" | ") == 3 and line.split(" | ")[2] not in {*measured, "measure"}
        ]
        options.into.write_text(
            "".join((HEAD, machine(), COLUMNS, *unmeasured, *lines)), encoding="utf-8"
        )
    return "".join((machine(), COLUMNS, *lines))


COLUMNS = "\n\n| measured on one host | | measure | day |\n|---|--:|---|---|\n"
HEAD = """# Rollouts, measured

Written by `python benchmarks/rollout.py --into docs/proofs/rollout.md`: real sshd, HAProxy and
Docker engine in a network namespace, visitors and deployer on the same machine. Half of the
visitors keep their connection, half do not; a quarter asks by POST; every answer but 200, every
reset and every timeout of 10 seconds is a failure. Words: the [glossary](../glossary.md).

"""


def fresh(site: Site) -> None:
    site.machines.hosts[0].blank()
    site.store = Folder(site.folder / f"store{time.monotonic_ns()}")


def switching(site: Site, options: argparse.Namespace) -> dict[str, str]:
    """Two warm slots and switches between them by rollback, spread evenly over all requests."""
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    site.rollout(second, check=0)
    took: list[float] = []
    acts: list[float] = []
    stretches: list[tuple[float, float]] = []
    with visitors(site, options.rate) as load:
        for number in range(options.switches):
            wait_for_requests(load, options.requests * (number + 1) // (options.switches + 1))
            began = time.monotonic()
            process = site.deploy("rollback", check=0)
            ended = time.monotonic()
            took.append(ended - began)
            stretches.append((began, ended + AFTER))
            acts.append(switch_ms(site, process))
            site.store.hold("stage", first if number % 2 else second, held=False)
        wait_for_requests(load, options.requests)
    counted = load.counted
    near, far = apart(counted.times, stretches)
    return {
        f"failed of {counted.requests:,} requests during {options.switches} switches": (
            f"**{counted.failures}**"
        ),
        "the switch itself on the host, median (worst)": f"{median(acts):.1f} ({max(acts):.1f}) ms",
        "rollback end to end, median (worst)": f"{median(took):.2f} ({max(took):.2f}) s",
        "p50 during rollbacks and a second after / quiet": (
            f"{quantile(near, 0.5):.0f} / {quantile(far, 0.5):.0f} ms"
        ),
        "p99 during rollbacks and a second after / quiet": versus(near, far),
    }


def wait_for_requests(load: Load, count: int) -> None:
    while load.counted.requests < count:
        time.sleep(0.05)


def apart(
    times: list[tuple[float, float]], stretches: list[tuple[float, float]]
) -> tuple[list[float], list[float]]:
    """Milliseconds of the answers within the stretches, and of the others."""
    near = [ms for at, ms in times if any(begin <= at <= end for begin, end in stretches)]
    return near, [ms for at, ms in times if not any(begin <= at <= end for begin, end in stretches)]


def versus(near: list[float], far: list[float]) -> str:
    during, quiet = quantile(near, 0.99), quantile(far, 0.99)
    return f"{during:.0f} / {quiet:.0f} ms ({during / max(quiet, 1e-9):.1f} ×)"


def switch_ms(site: Site, process: subprocess.CompletedProcess[str]) -> float:
    record: Any = json.loads(
        site.store.record("certificate", process.stdout.strip().splitlines()[-1]) or "{}"
    )
    return max(float(host["switch_ms"]) for host in record["hosts"].values())


def shipping(site: Site, options: argparse.Namespace) -> dict[str, str]:
    first = site.release("one")
    site.rollout(first, check=0)
    payload = os.urandom(options.megabytes * 1_000_000)
    second = site.release("two", over=first, payload=payload)
    sent = sentence(site.rollout(second, check=0).stderr)
    third = site.release("three", over=second, payload=payload)
    little = sentence(site.rollout(third, check=0).stderr)
    again = site.rollout(third, check=0).stderr
    assert "nothing was done" in again
    return {
        f"shipping a new release of {options.megabytes} MB, verified": sent,
        "shipping the next, its index unchanged": little,
        "shipping what is live already": "nothing",
    }


def sentence(output: str) -> str:
    [line] = [
        line for line in output.splitlines() if "MB sent in" in line or "nothing to send" in line
    ]
    return line.split(": ", 1)[1]


def two_slots(site: Site, options: argparse.Namespace) -> dict[str, str]:
    """The real server: what a second slot of the same index adds, and what visitors notice while
    it starts."""
    image = run(
        "docker", "build", "--network=host", "--quiet", "-f", "searchbar/Dockerfile", ".", cwd=ROOT
    )
    settings: dict[str, Any] = {"memory": "1g", "start_seconds": 120.0, "check": 0}
    store = open_store(None)
    id = options.release or largest(store)
    site.store.put(store.path(KIND, id))
    other = same_index(site, site.store.path(KIND, id))
    named = ("--image", image.stdout.strip().splitlines()[-1])
    site.rollout(id, *named, **settings)
    host = site.machines.hosts[0]
    with Load(host.address, PUBLIC, rate=20, visitors=4, post=False) as load:
        wait_for_requests(load, 400)
        began = time.monotonic()
        output = site.rollout(other, *named, **settings).stderr
        ended = time.monotonic()
        wait_for_requests(load, load.counted.requests + 400)
    assert not load.counted.failures, load.counted.failed
    near, far = apart(load.counted.times, [(began, ended + AFTER)])
    ask_both_slots(host)
    index = site.store.path(KIND, id) / INDEX
    size, added, private = added_by_the_second(host, index.name, index.stat().st_size)
    items = len(Release.open(index.parent, sizes_only=True).items)
    return {
        f"p99 while a release for the real server ({items:,} items) is shipped, started and"
        " switched / quiet": versus(near, far),
        "… shipping it": sentence(output),
        f"its index ({size / 1e6:.0f} MB): what the second colour adds in memory": (
            f"{added / 1e6:.1f} MB ({added / size:.1%})"
        ),
        "all that belongs to the second slot alone (its model, its Python)": (
            f"{private / 1e6:.0f} MB"
        ),
    }


def largest(store: Store) -> str:
    sizes = {(store.path(KIND, id) / INDEX).stat().st_size: id for id in store.ids(KIND)}
    return sizes[max(sizes)]


def same_index(site: Site, release: Path) -> str:
    """The same release with another rule: another id, all large files unchanged."""
    manifest = check_seal(release)
    made_from = {part: str(manifest.made_from[part]) for part in MADE_FROM} | {
        "rules": digest_of("another rule")
    }
    with site.store.staging(KIND) as work:
        shutil.copytree(release, work, dirs_exist_ok=True, copy_function=os.link)
        (work / MANIFEST).unlink()
        (work / RULES).unlink()
        (work / RULES).write_text("# another rule\n")
        seal(work, kind=KIND, id=release_id(made_from), made_from=made_from)
    compared(site.store, release_id(made_from), manifest.id)
    return release_id(made_from)


def failing(site: Site, options: argparse.Namespace) -> dict[str, str]:
    """A release that answers probes and logged questions, but fails 30 % of what visitors ask."""
    rows = {}
    for name, arguments in (("all at once", ()), ("behind a 5 % canary", ("--canary", "5%"))):
        fresh(site)
        first = site.release("one")
        site.rollout(first, check=0)
        bad = site.release("bad", over=first, fail_when="visitor", fail_percent=30)
        with visitors(site, options.rate) as load:
            wait_for_requests(load, 500)
            site.rollout(bad, *arguments, check=1, guard_seconds=4.0)
        rows[f"failed when a release fails 30 % of questions, {name}"] = str(load.counted.failures)
    return rows


def dying(site: Site, options: argparse.Namespace) -> dict[str, str]:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    site.rollout(second, check=0)
    [host] = site.status().values()
    kills, live = 5, str(host["live_colour"])
    with visitors(site, options.rate) as load:
        wait_for_requests(load, 500)
        for _ in range(kills):
            site.machines.hosts[0].kill_container(live)
            # Less, and the engine takes it for a crash loop and waits longer each time.
            time.sleep(11)
    what = f"failed after {kills} kills −9 of the live slot, the old one warm"
    return {what: f"{load.counted.failures} of {load.counted.requests:,}"}


@contextlib.contextmanager
def visitors(site: Site, rate: float) -> Iterator[Load]:
    with Load(site.machines.hosts[0].address, PUBLIC, rate=rate, visitors=16) as load:
        yield load


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)] if values else 0.0


if __name__ == "__main__":
    sys.exit(main())
