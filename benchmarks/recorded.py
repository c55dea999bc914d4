"""A result for the page of figures, from what a benchmark's `--json` wrote.

python benchmarks/data_gate.py --json | python -m benchmarks.recorded data_gate && make figures
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import RESULTS, Figure

Measured = Mapping[str, Any]


def data_gate(measured: Measured) -> list[Figure]:
    """Admitting rows of which one in a hundred changed, and the difference alone."""
    admitted = measured["one percent changed"]
    return [
        Figure(
            "admit",
            f"{measured['rows']:,} rows, 1 % changed, Deepchecks included",
            f"{admitted['seconds']} s, {admitted['peak_mb']} MB",
        ),
        Figure("diff", "`diff` of them", f"{measured['diff']['seconds']} s"),
    ]


def encode(measured: Measured) -> list[Figure]:
    """The way that this machine takes, beside the way of the library."""
    reference, ours, *_ = measured["ways"].values()
    return [
        Figure(
            "encode",
            f"encoding {measured['texts']:,} texts, beside `SentenceTransformer.encode` with its"
            " defaults",
            f"{ours['documents_per_second']} to {reference['documents_per_second']} documents/s,"
            f" {ours['times']} × (overlap@10 {ours['overlap_at_10']}, cosine"
            f" {ours['cosine_mean']})",
        )
    ]


def serve(measured: Measured) -> list[Figure]:
    """Memory and time of a server, beside one that only encodes."""
    floor, search, over = (measured[name] for name in ("encode-only", "search", "overload"))
    alone, crowd = search["1"], search["64"]
    share = crowd["per_s"] / floor["64"]["per_s"]
    seen = {
        "memory": (
            f"{measured['items']:,} items: memory (PSS) when ready / after thousands of questions",
            f"{measured['ready_mb']} / {measured['mb']} MB",
        ),
        "ready": ("ready after its start", f"{measured['ready_s']} s"),
        "latency": (
            "`/search` with filters, facets and snippets, one process, one at a time: p50 / p99",
            f"{alone['p50_ms']} / {alone['p99_ms']} ms",
        ),
        "over-encoding": (
            "the same over a server that only encodes the question",
            f"{alone['p50_ms'] / floor['1']['p50_ms']:.1f} ×",
        ),
        "throughput": (
            "questions a second with 64 waiting, and over encode-only",
            f"{crowd['per_s']}, {share:.0%}".replace("%", " %"),
        ),
        "overload": (
            "overload: p99 of the accepted over p50",
            f"{over['p99_ms'] / over['p50_ms']:.1f} ×",
        ),
        "refused-clients": (
            "answered a second while 192 clients come back 50 ms after each refusal",
            f"{over['per_s']}",
        ),
        "suggest": ("`/suggest` p50", f"{measured['suggest']['p50_ms']} ms"),
        "repeated": ("a repeated question p50", f"{measured['repeated']['p50_ms']} ms"),
    }
    return [Figure(name, what, value) for name, (what, value) in seen.items()]


READERS: dict[str, Callable[[Measured], list[Figure]]] = {
    reader.__name__: reader for reader in (data_gate, encode, serve)
}


def record(name: str, measured: Measured, note: str = "", folder: Path = RESULTS) -> Path:
    """Write the result of that name again: its title and command stay, all else is new."""
    path = folder / f"{name}.json"
    before = json.loads(path.read_text(encoding="utf-8"))
    result = {
        "title": before["title"],
        "command": before["command"],
        "machine": measured["machine"],
        "day": datetime.now(UTC).date().isoformat(),
        "from": f"benchmarks/{name}.py --json",
        **({"note": note} if note else {}),
        "figures": [vars(figure) for figure in READERS[name](measured)],
    }
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def main() -> None:
    """Read a benchmark's JSON from standard input and record it."""
    parser = ArgumentParser(description="Record what a benchmark's --json wrote.")
    parser.add_argument("name", choices=READERS)
    parser.add_argument("--note", default="", help="a sentence that belongs beside the figures")
    options = parser.parse_args()
    print(record(options.name, json.load(sys.stdin), options.note))


if __name__ == "__main__":
    main()
