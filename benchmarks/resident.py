"""Here is a host with two warm slots: say what the second one adds to memory."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hosts.machines import Machine, run

COLOURS = ("blue", "green")
ASKED = 200


def asked_of_both(host: Machine) -> None:
    """Both slots answer the same questions, so that both hold what answering needs."""
    run(*host.inside("python3", "-c", QUESTIONS))


QUESTIONS = f"""
import urllib.request
for port in (8001, 8002):
    for n in range({ASKED}):
        urllib.request.urlopen(f"http://127.0.0.1:{{port}}/search?q=library+for+thing+{{n}}").read()
"""


def added_by_the_second(host: Machine, file: str, size: int) -> tuple[int, int, int]:
    """Size of a file, what mapping it twice costs beyond mapping it once, and what is the second slot's alone."""
    mapped = {colour: _mapped(_pid(host, colour), file) for colour in COLOURS}
    both = sum(pss for pss, _ in mapped.values())
    once = max(resident for _, resident in mapped.values())
    assert once, f"{file} is not mapped"
    return size, max(both - once, 0), _alone(_pid(host, "green"))


def _pid(host: Machine, colour: str) -> int:
    return int(host.docker("inspect", "--format", "{{.State.Pid}}", f"searchbar-{colour}").stdout)


def _mapped(pid: int, file: str) -> tuple[int, int]:
    """Proportional and resident bytes of all mappings of a file."""
    pss = resident = 0
    ours = False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            ours = line.endswith(f"/{file}")
        elif ours and line.startswith("Pss:"):
            pss += int(line.split()[1]) * 1024
        elif ours and line.startswith("Rss:"):
            resident += int(line.split()[1]) * 1024
    return pss, resident


def _alone(pid: int) -> int:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(row.split()[1]) * 1024 for row in rows if row.startswith("Private_"))
