"""What a benchmark's JSON becomes in the committed results."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import ROOT, SIX, page, results
from benchmarks.recorded import READERS, add_options, command, write
from release_format.exit_codes import UsageError

SIZES = ["build_cpu_seconds", "again_cpu_seconds", "index_mb", "recall", "recall_filtered"]
SIZES += ["p50_cpu_ms", "resident_mb"]
LIVE = ["admit_seconds", "build_seconds", "ready_seconds", "values_seconds"]
PEER = ["build_documents_per_second", "build_documents_per_cpu_second", "change_seconds"]
PEER += ["change_cpu_seconds", "p50_ms", "http_questions_per_second"]
TIMES = {"per_s": 40, "p50_ms": 10.0, "p99_ms": 15.0}
MEASURED: dict[str, dict[str, Any]] = {
    "data_gate": {
        "rows": 1000,
        "one percent changed": {"seconds": 2.5, "cpu_seconds": 3, "peak_mb": 77},
        "diff": {"seconds": 0.3},
    },
    "encode": {
        "texts": 50,
        "ways": {
            "theirs": {"documents_per_second": 5.0},
            "ours": {
                "documents_per_second": 20.0,
                "times": 4.0,
                "overlap_at_10": 0.98,
                "cosine_mean": 0.9,
            },
        },
    },
    "serve": {
        "items": 3000,
        "ready_s": 0.5,
        "ready_mb": 100,
        "mb": 120,
        "encode-only": {"1": {**TIMES, "p50_ms": 5.0}, "64": {**TIMES, "per_s": 80}},
        "search": {"1": TIMES, "64": TIMES},
        "overload": TIMES,
        "suggest": {"p50_ms": 0.6},
        "repeated": {"p50_ms": 1.1},
        "ranges": {"with_ms": 11.5, "without_ms": 10.5},
    },
    "watching": {
        "items": 3000,
        "plain_ms": 8.5,
        "watched_ms": 8.6,
        "added": 0.012,
        "added_low": 0.004,
        "added_high": 0.021,
    },
    "page": {
        "bytes": 24612,
        "lcp": 250.4,
        "cls": 0,
        "tbt": 0.0,
        "painted": 20.2,
        "typing": [{"pace": 80, "letters": 90, "typeahead": 4, "search": 3}],
    },
    "gpu": {
        "texts": 50,
        "encode_seconds": 2.0,
        "texts_per_second": 25,
        "tokens_per_second": 3000,
        "share_of_ceiling": 0.4,
        "index_seconds": {"50": 0.1},
    },
    "index_size": {
        "measured": [dict.fromkeys(SIZES, 2.5) | {"items": 3000, "kind": "exact"}],
        "extrapolated": [
            dict.fromkeys(SIZES, 5.0) | {"items": 6000, "kind": "exact", "recall": None}
        ],
    },
    "commit_to_live": {
        part: [{"items": items, "changed": 6} | dict.fromkeys(LIVE, seconds)]
        for part, items, seconds in (("measured", 600, 1.5), ("extrapolated", 6000, 15))
    },
    "languages": {
        "sets": [
            {
                "set": "shop",
                "language": language,
                "questions": 9,
                "words": 0.5,
                "meaning": 0.25,
                "both": 0.625,
                "over_better_leg": "+0.125",
                "is_worse": is_worse,
            }
            for language, is_worse in (("fr", False), ("de", True))
        ]
    },
    "learning": {"columns": ["set", "gate"], "rows": [["pears", "kept"]]},
    "peers": {
        "items": 200,
        "changed": 2,
        "peers": {"ours": dict.fromkeys(PEER, 7.5), "theirs": dict.fromkeys(PEER)},
    },
    "quality": {
        "sets": {
            name: {
                "questions": 9,
                "means": {way: {"ndcg@10": mean} for way in ("dense", "lexical", "ours")},
                "over_better_leg": "+0.1",
                "over_best_sum": "+0.2",
                "over": {"unfitted": "+0.3"},
            }
            for name, mean in (("pears", 0.5), ("plums", 0.7))
        }
    },
    "rebuild": {
        "items": 500,
        "changed": 5,
        "scratch": "from scratch",
        "scratch_seconds": 30.0,
        "rebuild_seconds": 3.0,
        "rebuild_cpu_seconds": 4.0,
        "times": 10.0,
        "same_id": True,
        "cosine_min": 0.9999,
        "same_top_10": "9 of 9",
    },
    "rollout": {
        "measures": ["shipping", "switching"],
        "shipping": {"shipping 9 MB": "1 s"},
        "switching": {"failed of 90 requests": "**0**", "the switch": "2 ms"},
    },
}
SEEN = {
    "data_gate": {"admit": "2.5 s, 77 MB", "diff": "0.3 s"},
    "encode": {"encode": "20.0 to 5.0 documents/s, 4.0 × (overlap@10 0.98, cosine 0.9)"},
    "serve": {
        "memory": "100 / 120 MB",
        "over-encoding": "2.0 ×",
        "throughput": "40, 50 %",
        "overload": "1.5 ×",
    },
    "watching": {"added": "1.2 % [0.4, 2.1] of its CPU time (8.5 to 8.6 ms)"},
    "quality": {"mean": "0.600 / 0.600 / 0.600"},
    "languages": {"worse": "1 of 2"},
    "rebuild": {"rebuild": "3.0 s (4.0 CPU s)", "same": "yes; 0.9999; 9 of 9"},
    "rollout": {"failed": "0"},
}
ROWS = {
    "page": ["80 ms", "90", "4", "3"],
    "commit_to_live": ["6,000 (in proportion, not measured)", "6", *("15",) * 4],
    "gpu": ["index of 50 vectors, s", "0.1"],
    "index_size": [
        "6,000",
        "exact (in proportion, not measured)",
        *("5.0",) * 3,
        "–",
        *("5.0",) * 3,
    ],
    "languages": ["shop", "de", "9", "0.500", "0.250", "0.625", "+0.125"],
    "learning": ["pears", "kept"],
    "peers": ["theirs", *("–",) * 6],
    "quality": ["mean", "", "0.600", "0.600", "0.600", "", "", ""],
    "rollout": ["the switch", "2 ms"],
}


@pytest.mark.parametrize("name", READERS)
def test_what_a_benchmark_writes_is_what_the_page_reads(tmp_path: Path, name: str) -> None:
    measured = {"machine": "an abacus", **MEASURED[name]}
    write(tmp_path / f"{name}.json", name, f"python benchmarks/{name}.py", measured, "Slowly.")
    result = results(tmp_path)[name]
    assert (result.machine, result.note, result.source) == ("an abacus", "Slowly.", "")
    assert re.fullmatch(r"[0-9a-f]{12}(-dirty)?|unknown", result.commit)
    for figure, seen in SEEN.get(name, {}).items():
        assert result.figure(figure).seen == seen
    assert [table.rows[-1] for table in result.tables] == [ROWS[key] for key in ROWS if key == name]
    assert "earlier" not in page({name: result})


def test_the_first_of_the_switches_is_no_row_of_the_table(tmp_path: Path) -> None:
    _, tables = READERS["rollout"][1](MEASURED["rollout"])
    assert tables[0].rows == [["shipping 9 MB", "1 s"], ["the switch", "2 ms"]]


def test_the_six_can_be_measured_again() -> None:
    for file, name in SIX:
        figures, _ = READERS[file][1](MEASURED[file])
        assert name in [figure.name for figure in figures]


def test_a_part_of_a_measurement_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only a part"):
        write(tmp_path / "rollout.json", "rollout", "", {"measures": ["shipping"]})
    assert not list(tmp_path.iterdir())


def test_a_result_tells_what_was_typed_but_no_path_of_this_machine() -> None:
    parser = ArgumentParser()
    parser.add_argument("snapshot", metavar="SNAPSHOT")
    parser.add_argument("--items", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--store")
    add_options(parser)
    typed = ["/home/me/it", "--items", "5", "--store", "/home/me/store", "--write", "/home/me/f"]
    told = command("rebuild", parser, parser.parse_args(typed))
    assert told == "python benchmarks/rebuild.py SNAPSHOT --items 5"


@pytest.mark.parametrize(("release", "told"), [("--release", ""), ("release", " RELEASE")])
def test_an_id_is_told_by_what_it_is_and_only_where_it_must_be_typed(
    release: str, told: str
) -> None:
    parser = ArgumentParser()
    parser.add_argument(release)
    typed = [*(["--release"] if release.startswith("-") else []), "f" * 64]
    assert command("rollout", parser, parser.parse_args(typed)) == (
        f"python benchmarks/rollout.py{told}"
    )


def test_every_benchmark_can_write_its_result() -> None:
    for name in READERS:
        source = (ROOT / f"benchmarks/{name}.py").read_text(encoding="utf-8")
        assert "add_options(parser)" in source, name
        assert f'tell("{name}", parser, options, ' in source, name
