"""What the second warm slot of a host adds to memory."""

from __future__ import annotations

import psutil

from tests.hosts.machines import Machine, run

COLOURS = ("blue", "green")
REQUESTS = 200


def ask_both_slots(host: Machine) -> None:
    """Both slots answer the same questions, so that both hold what answering needs."""
    run(*host.inside("python3", "-c", QUESTIONS))


QUESTIONS = f"""
import urllib.request
for port in (8001, 8002):
    for n in range({REQUESTS}):
        urllib.request.urlopen(f"http://127.0.0.1:{{port}}/search?q=library+for+thing+{{n}}").read()
"""


def added_by_the_second(host: Machine, file: str, size: int) -> tuple[int, int, int]:
    """Bytes of a file, of mapping it a second time, and of what is the second slot's alone."""
    mapped = {colour: _mapped(_pid(host, colour), file) for colour in COLOURS}
    total = sum(pss for pss, _ in mapped.values())
    single = max(resident for _, resident in mapped.values())
    assert single, f"{file} is not mapped"
    return size, max(total - single, 0), psutil.Process(_pid(host, "green")).memory_full_info().uss


def _pid(host: Machine, colour: str) -> int:
    return int(host.docker("inspect", "--format", "{{.State.Pid}}", f"searchbar-{colour}").stdout)


def _mapped(pid: int, file: str) -> tuple[int, int]:
    """Proportional and resident bytes of all mappings of a file."""
    maps = [m for m in psutil.Process(pid).memory_maps(False) if m.path.endswith(f"/{file}")]
    return sum(m.pss for m in maps), sum(m.rss for m in maps)
