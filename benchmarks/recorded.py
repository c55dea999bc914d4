"""What every benchmark does with what it measured: print it, or write it as a committed result.

python benchmarks/NAME.py … --write benchmarks/results/NAME.json && make figures
"""

from __future__ import annotations

import json
import shlex
import subprocess
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import ROOT, Figure, Table
from benchmarks.machine import machine
from release_format.exit_codes import UsageError

Measured = Mapping[str, Any]
Reading = tuple[list[Figure], list[Table]]
# What stands without an option's name belongs to the command.
PLACES = {"folder", "release"}
# Where things lie and how they are told is no part of what was measured.
UNTOLD = {
    "help",
    "json",
    "write",
    "note",
    "store",
    "release",
    "folder",
    "into",
    "kept",
    "floor",
    "port",
}


def data_gate(measured: Measured) -> Reading:
    """Admitting rows of which one in a hundred changed, and the difference alone."""
    admitted = measured["one percent changed"]
    figures = [
        Figure(
            "admit",
            f"{measured['rows']:,} rows, 1 % changed, Deepchecks included",
            f"{admitted['seconds']} s, {admitted['peak_mb']} MB",
        ),
        Figure("diff", "`diff` of them", f"{measured['diff']['seconds']} s"),
    ]
    return figures, []


def encode(measured: Measured) -> Reading:
    """The way that this machine takes, beside the way of the library."""
    reference, ours, *_ = measured["ways"].values()
    figure = Figure(
        "encode",
        f"encoding {measured['texts']:,} texts, beside `SentenceTransformer.encode` with its"
        " defaults",
        f"{ours['documents_per_second']} to {reference['documents_per_second']} documents/s,"
        f" {ours['times']} × (overlap@10 {ours['overlap_at_10']}, cosine"
        f" {ours['cosine_mean']})",
    )
    return [figure], []


def serve(measured: Measured) -> Reading:
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
    if ranges := measured.get("ranges"):
        what = "with a range over a column of numbers, and without, taking turns: p50"
        seen["ranges"] = what, f"{ranges['with_ms']} / {ranges['without_ms']} ms"
    return [Figure(name, what, value) for name, (what, value) in seen.items()], []


def watching(measured: Measured) -> Reading:
    """What metrics, log and CloudWatch's lines add to a question."""
    low, high = (f"{100 * measured[name]:.1f}" for name in ("added_low", "added_high"))
    what = "what metrics, query log, CloudWatch's lines and a scrape every 15 s add to a question"
    seen = f"{100 * measured['added']:.1f} % [{low}, {high}] of its CPU time"
    took = f"({measured['plain_ms']} to {measured['watched_ms']} ms)"
    return [Figure("added", f"{measured['items']:,} items: {what}", f"{seen} {took}")], []


def quality(measured: Measured) -> Reading:
    """Ours beside each leg in the mean of all sets, and every way of every set."""
    sets = measured["sets"]
    ways = list(next(iter(sets.values()))["means"])
    mean = {
        way: sum(by["means"][way]["ndcg@10"] for by in sets.values()) / len(sets) for way in ways
    }
    told = " / ".join(f"{mean[way]:.3f}" for way in ("ours", "lexical", "dense"))
    what = f"nDCG@10, mean of judged sets ({len(sets)}): ours / words alone / meaning alone"
    rows = [
        [name, f"{by['questions']:,}"]
        + [f"{by['means'][way]['ndcg@10']:.3f}" for way in ways]
        + [by["over_better_leg"], by["over_best_sum"], by["over"]["unfitted"]]
        for name, by in sets.items()
    ]
    rows.append(["mean", "", *(f"{mean[way]:.3f}" for way in ways), "", "", ""])
    columns = ["set", "questions", *ways]
    columns += ["ours − better leg", "ours − best sum", "ours − unfitted"]
    return [Figure("mean", what, told)], [_table(columns, rows)]


def rebuild(measured: Measured) -> Reading:
    """A rebuild after a small change, beside the same from scratch."""
    same_id = "yes" if measured["same_id"] else "no"
    seen = {
        "rebuild": (
            f"rebuilding, {measured['changed']:,} of {measured['items']:,} items changed",
            f"{measured['rebuild_seconds']} s ({measured['rebuild_cpu_seconds']} CPU s)",
        ),
        "ratio": (
            f"the same {measured['scratch']}: time, and how many times more",
            f"{measured['scratch_seconds']} s, {measured['times']} ×",
        ),
        "same": (
            "beside from scratch: the same id; lowest cosine; the first ten are the same",
            f"{same_id}; {measured['cosine_min']}; {measured['same_top_10']}",
        ),
    }
    return [Figure(name, what, value) for name, (what, value) in seen.items()], []


def commit_to_live(measured: Measured) -> Reading:
    """What a changed row and a changed value cost, by size, and larger ones in proportion."""
    names = ["admit_seconds", "build_seconds", "ready_seconds", "values_seconds"]
    rows = [
        [f"{row['items']:,}{told}", *(_cell(row[name]) for name in ("changed", *names))]
        for part, told in (("measured", ""), ("extrapolated", " (in proportion, not measured)"))
        for row in measured[part]
    ]
    columns = ["items", "changed", "admit, s", "build, s", "server ready, s"]
    return [], [_table([*columns, "or: new values of all, s"], rows)]


def rollout(measured: Measured) -> Reading:
    """Every row; the first of the switches is what visitors saw fail."""
    (failed, count), *_ = measured["switching"].items()
    rows = [
        [what, seen]
        for name in measured["measures"]
        for what, seen in measured[name].items()
        if what != failed
    ]
    return [Figure("failed", failed, count.strip("*"))], [_table(["what", "seen"], rows)]


def index_size(measured: Measured) -> Reading:
    """Every index that was built, and what larger ones would cost in proportion."""
    names = ["build_cpu_seconds", "again_cpu_seconds", "index_mb", "recall", "recall_filtered"]
    names += ["p50_cpu_ms", "resident_mb"]
    rows = [
        [f"{row['items']:,}", row["kind"] + told, *(_cell(row[name]) for name in names)]
        for part, told in (("measured", ""), ("extrapolated", " (in proportion, not measured)"))
        for row in measured[part]
    ]
    columns = ["passages", "kind", "build, CPU s", "1 % changed, CPU s", "MB", "recall@10"]
    columns += ["filtered", "a question, CPU ms", "resident, MB"]
    return [], [_table(columns, rows)]


def peers(measured: Measured) -> Reading:
    """Every peer and ours, side by side."""
    names = ["build_documents_per_second", "build_documents_per_cpu_second", "change_seconds"]
    names += ["change_cpu_seconds", "p50_ms", "http_questions_per_second"]
    rows = [[peer, *(_cell(by[name]) for name in names)] for peer, by in measured["peers"].items()]
    columns = [f"{measured['items']:,} documents, {measured['changed']:,} changed", "documents/s"]
    columns += ["documents per CPU s", "1 % changed, s", "in CPU s", "a question, p50 ms"]
    return [], [_table([*columns, "questions/s over HTTP, 8 at once"], rows)]


def languages(measured: Measured) -> Reading:
    """Every set by its language, and in how many both legs are worse than the better one alone."""
    sets = measured["sets"]
    worse = sum(bool(by["is_worse"]) for by in sets)
    what = "sets by language where both legs answer significantly worse than the better one alone"
    columns = ["set", "language", "questions", "words", "meaning", "both", "both − better leg"]
    rows = [
        [by["set"], by["language"], f"{by['questions']:,}"]
        + [f"{by[way]:.3f}" for way in ("words", "meaning", "both")]
        + [by["over_better_leg"]]
        for by in sets
    ]
    return [Figure("worse", what, f"{worse} of {len(sets)}")], [_table(columns, rows)]


def page(measured: Measured) -> Reading:
    """What the page weighs and takes, and what is asked while somebody types."""
    seen = {
        "weight": ("HTML + CSS + JS, compressed", f"{measured['bytes'] / 1000:.1f} kB"),
        "paint": ("largest contentful paint", f"{measured['lcp']:.0f} ms"),
        "shift": ("layout shift", f"{measured['cls']:.3g}"),
        "blocking": ("blocking time", f"{measured['tbt']:.0f} ms"),
        "first-result": (
            "first result painted after the answer was there",
            f"{measured['painted']:.0f} ms",
        ),
    }
    rows = [
        [f"{by['pace']} ms", *(_cell(by[name]) for name in ("letters", "typeahead", "search"))]
        for by in measured["typing"]
    ]
    columns = ["three questions typed, a letter each", "letters", "`/typeahead`", "`/search`"]
    return [Figure(name, what, value) for name, (what, value) in seen.items()], [
        _table(columns, rows)
    ]


def learning(measured: Measured) -> Reading:
    """Every attempt to learn, with what the gate said of it."""
    return [], [_table(measured["columns"], measured["rows"])]


def gpu(measured: Measured) -> Reading:
    """Encoding and indexing on graphics cards."""
    rows = [
        [f"{measured['texts']:,} texts encoded, s", _cell(measured["encode_seconds"])],
        ["texts a second", _cell(measured["texts_per_second"])],
        ["tokens a second", _cell(measured["tokens_per_second"])],
        ["share of what the matrix products allow", _cell(measured["share_of_ceiling"])],
    ]
    rows += [
        [f"index of {int(size):,} vectors, s", _cell(seconds)]
        for size, seconds in measured["index_seconds"].items()
    ]
    return [], [_table(["what", "seen"], rows)]


def _table(columns: list[str], rows: list[list[str]]) -> Table:
    return Table(columns, ["---", *["--:"] * (len(columns) - 1)], rows)


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:,}"


READERS: dict[str, tuple[str, Callable[[Measured], Reading]]] = {
    "commit_to_live": ("From a commit to live", commit_to_live),
    "data_gate": ("The data gate", data_gate),
    "encode": ("Encoding", encode),
    "gpu": ("On a GPU", gpu),
    "index_size": ("An index by size", index_size),
    "languages": ("How good the answers are, by language", languages),
    "learning": ("What learning brought", learning),
    "page": ("The page", page),
    "peers": ("Beside peers", peers),
    "quality": ("How good the answers are", quality),
    "rebuild": ("Rebuilding", rebuild),
    "rollout": ("Rolling out", rollout),
    "serve": ("Serving", serve),
    "watching": ("Being watched", watching),
}


def add_options(parser: ArgumentParser) -> None:
    """How a benchmark tells what it measured."""
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write a result for the figures")
    parser.add_argument("--note", default="", help="a sentence that belongs beside the figures")


def tell(
    name: str, parser: ArgumentParser, options: Namespace, measured: Measured, table: str
) -> None:
    """Print the table or the JSON, and write the result where that is asked for."""
    print(json.dumps(measured, indent=1) if options.json else table)
    if options.write:
        write(options.write, name, command(name, parser, options), measured, options.note)


def write(path: Path, name: str, typed: str, measured: Measured, note: str = "") -> None:
    """The result as `make figures` reads it, with machine, day, commit and command.

    Raises:
        UsageError: only a part was measured.
    """
    title, reader = READERS[name]
    try:
        figures, tables = reader(measured)
    except (KeyError, StopIteration) as error:
        raise UsageError(
            f"this run measured only a part ({error} is missing), which is no result."
            " Leave --write away, or measure all."
        ) from error
    result = {
        "title": title,
        "command": typed,
        "machine": measured.get("machine") or machine(),
        "day": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        **({"note": note} if note else {}),
        "figures": [vars(figure) for figure in figures],
        "tables": [vars(table) for table in tables],
    }
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def command(name: str, parser: ArgumentParser, options: Namespace) -> str:
    """What was typed, without what belongs to one machine: its paths and ids."""
    words = ["python", f"benchmarks/{name}.py"]
    for action in parser._actions:  # argparse tells them nowhere else.
        value = getattr(options, action.dest, None)
        if action.dest in UNTOLD - PLACES or value in (None, action.default):
            continue
        if not action.option_strings:
            words.append(str(action.metavar or action.dest.upper()))
        elif action.dest not in UNTOLD:
            values = value if isinstance(value, list) else [] if value is True else [value]
            words += [action.option_strings[0], *(Path(str(one)).name for one in values)]
    return shlex.join(words)


def _commit() -> str:
    git = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    process = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False)
    return process.stdout.strip() or "unknown"
