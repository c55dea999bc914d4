"""`make refusals`: which refusals and exit codes the tests reach, as docs/proofs/refusals.md."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.machine import machine
from tests.refusals.measure import ROOT, ends_of, lines_of, measure
from tests.refusals.places import PACKAGES, places, verbs

PAGE, DATA = ROOT / "docs/proofs/refusals.md", ROOT / "var/refusals"
# Verbs that no gate and no policy can refuse with exit code 1.
UNGATED = {
    "data_checks diff", "data_checks pull", "deployer freeze", "deployer prepare", "deployer prune",
    "deployer prune-store",
    "deployer unhold", "deployer withdraw", "forge live", "forge notify", "index_builder evaluate",
    "index_builder ledger", "searchbar ask", "searchbar batch", "searchbar serve",
}  # fmt: skip
# Why no test here reaches a place (its file and function) or an exit code (its verb and number).
HOST = "the host's program runs without site packages, unmeasured: tests/deployer/host/test_lock.py"
REASONS: Mapping[str, str] = {
    "deployer/host/__main__.py main": HOST,
    "deployer/host/lock.py hold": HOST,
    "deployer/host/lock.py _take": HOST,
    "data_checks/comparison/suite.py": "Deepchecks has an environment of its own, unmeasured:"
    " tests/data_checks/comparison/test_suite.py",
    "searchbar/commands/serve.py run": "uvicorn raises the signal that stopped it again, and that"
    " ends the program with 0",
    "forge notify 3": "it ends with 0 whatever happens, so that no message stops a line",
}
HEAD = """# Refusals and exit codes that the tests reach

Written by `make refusals`. A refusal is a place that makes an error with an exit code and a
sentence; it is reached when a test ran that very line, in whatever process. Below stands how many
runs of each verb in the tests ended with which exit code; – where no gate and no policy says no.
Words: the [glossary](../glossary.md).
"""


def page(data: Path, root: Path = ROOT) -> tuple[str, list[str]]:
    """The tables, and what lacks a test and has no reason to."""
    every, lines, ends = places(root), lines_of(data), ends_of(data)
    text = "| package | refusals | reached | choices of an exit code | reached |\n"
    text += "|---|--:|--:|--:|--:|\n"
    for package in ("", *PACKAGES):
        cells = []
        for is_refusal in (True, False):
            own = [s for s in every if s.is_refusal is is_refusal and s.path.startswith(package)]
            cells += [len(own), sum(s.line in lines[s.path] for s in own)]
        text += f"| {package or '**all**'} | {' | '.join(map(str, cells))} |\n"
    text += "\n| runs of | 0 | 1 | 2 | 3 |\n|---|--:|--:|--:|--:|\n"
    missing = Counter(
        f"{s.path} {s.function}".strip() for s in every if s.line not in lines[s.path]
    )
    for verb in verbs(root):
        cells = [ends[verb, code] for code in range(4)]
        absent = [code for code in range(4) if not (cells[code] or (code == 1 and verb in UNGATED))]
        missing.update(f"{verb} {code}" for code in absent)
        shown = [str(cells[code] or ("0" if code in absent else "–")) for code in range(4)]
        text += f"| {verb} | {' | '.join(shown)} |\n"
    rows = [
        f"- `{m}` ({n}): {REASONS.get(m, '**a test is missing**')}\n" for m, n in missing.items()
    ]
    text += "\n## What no test reaches\n\n" + ("".join(rows) or "Nothing.\n")
    return text, [name for name in missing if name not in REASONS]


def main(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments and write the page; --add keeps what earlier runs reached."""
    if "--add" not in arguments:
        shutil.rmtree(DATA, ignore_errors=True)
    code = measure([word for word in arguments if word != "--add"], DATA)
    text, missing = page(DATA)
    head = f"{HEAD}\n{time.strftime('%Y-%m-%d', time.gmtime())}, {machine()}\n\n"
    PAGE.write_text(head + text, encoding="utf-8")
    for name in missing:
        print(f"A test is missing: {name}")
    return code or int(bool(missing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
