"""Accepted + quarantined = read; the same rows give the same snapshot, others another one."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_checks.admission import AdmitRequest, Findings
from data_checks.admit import admit
from data_checks.gate.thresholds import read_thresholds
from data_checks.sources.row import Row
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from tests.data_checks.conftest import Admit
from tests.data_checks.library import as_csv, library, write_jsonl

TEXTS = st.text(max_size=30) | st.sampled_from(
    ["", "a", "A", "Ã©", "\u202e", "\0", "<b>x</b>", "\ud800", "https://x.example"]
)
VALUES = (
    TEXTS
    | st.none()
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.lists(TEXTS, max_size=3)
    | st.dictionaries(TEXTS, TEXTS, max_size=2)
)
ROWS = st.dictionaries(
    st.sampled_from(
        ["id", "title", "description", "topics", "url", "language", "updated_at", "price"]
    )
    | TEXTS,
    VALUES,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(ROWS | st.just({"id": "a", "title": "A"}), max_size=12),
    broken=st.integers(0, 3),
)
def test_no_row_ever_vanishes(
    rows: list[dict[str, object]], broken: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    source_rows = [
        Row(f"line {n}", row, "is broken" if n < broken else "") for n, row in enumerate(rows)
    ]
    outcomes = []
    for order in (source_rows, source_rows[::-1]):
        request = AdmitRequest("any", iter(order), read_thresholds())
        admission = admit(request, Folder(folder), folder)
        facts = admission.verdict.facts
        assert facts["read"] == len(rows) == facts["accepted"] + facts["quarantined"]
        assert len(admission.quarantine) == facts["quarantined"]
        outcomes.append((admission.verdict.subject, facts["quarantined_by_rule"]))
    assert outcomes[0] == outcomes[1], "order counts"


def test_order_line_ends_and_carrier_do_not_count(admit: Admit, tmp_path: Path) -> None:
    rows = library(60)
    rows[3]["description"] = "Ünïcode, “quotes”\nand a second line."
    mixed = random.Random(5).sample(rows, len(rows))
    table = [{**row, "price": 5, "sold": None} for row in mixed]
    files = {
        "a.jsonl": "".join(json.dumps({**row, "price": 5}) + "\n" for row in rows),
        "b.csv": as_csv([{**row, "price": "5"} for row in mixed]),
        "c.csv": as_csv(
            [{**row, "price": " 5 "} for row in mixed], lineterminator="\r\n", quoting=1
        ),
    }
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode())
    pq.write_table(pa.Table.from_pylist(table), tmp_path / "d.parquet")
    ids = {admit(tmp_path / name).id for name in (*files, "d.parquet")}
    assert len(ids) == 1
    rows[7]["title"] += "s"
    assert (
        admit(write_jsonl(tmp_path / "changed.jsonl", [{**row, "price": 5} for row in rows])).id
        not in ids
    )


def test_a_sealed_snapshot_holds_what_was_accepted(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    rows = library(120)
    rows.append({"id": "bad", "title": "Bad", "url": "javascript:alert(1)"})
    answer = admit(write_jsonl(tmp_path / "c.jsonl", rows))
    assert answer.code == 0
    snapshot = Snapshot.open(store.path("snapshot", answer.id))
    assert [item.id for item in snapshot.items] == sorted(
        row["id"] for row in rows if row["id"] != "bad"
    )
    assert [(row.id, row.rule) for row in snapshot.quarantine()] == [("bad", "url-shape")]
    assert "javascript" in answer.quarantine[0]["row"]
    assert b"alert(1)" not in (snapshot.path / "items.jsonl").read_bytes()


def test_a_second_look_is_unchanged(admit: Admit, small_live: Path, tmp_path: Path) -> None:
    answer = admit(write_jsonl(tmp_path / "same.jsonl", library(190)), live=small_live)
    assert (answer.code, answer.id) == (0, small_live.name)
    assert "Unchanged" in answer.stderr
    assert answer.verdict.facts["unchanged"] is True


def test_a_named_person_accepts_one_condition(
    admit: Admit, small_live: Path, tmp_path: Path
) -> None:
    catalogue = write_jsonl(tmp_path / "less.jsonl", library(190)[:160])
    refused = admit(catalogue, live=small_live)
    assert refused.refused_by == ["removed"]
    accepted = tmp_path / "accepted.toml"
    entry = (
        f'[[accepted]]\nsnapshot = "{refused.verdict.subject[:12]}"\ncondition = "removed"\nby ='
        ' "Ada"\nbecause = "The old shelf burnt down."\n'
    )
    accepted.write_text(entry)
    answer = admit(catalogue, live=small_live)
    assert answer.code == 0
    (condition,) = (c for c in answer.verdict.conditions if c.name == "removed")
    assert (condition.accepted_by, condition.accepted_because) == (
        "Ada",
        "The old shelf burnt down.",
    )
    assert "Ada" in (answer.reports / "data-report.html").read_text()
    accepted.write_text(entry.replace(refused.verdict.subject[:12], "0" * 12))
    assert admit(catalogue, live=small_live).code == 1
    accepted.write_text(entry.replace('"removed"', '"removd"'))
    wrong = admit(catalogue, live=small_live)
    assert wrong.code == 2
    assert "Did you mean 'removed'?" in wrong.stderr


def test_a_repair_mends_what_it_was_written_for(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    rows = library(20)
    rows[0]["url"] = "javascript:alert(1)"
    catalogue = write_jsonl(tmp_path / "c.jsonl", rows)
    repairs = tmp_path / "repairs.toml"
    repairs.write_text(
        '[[repair]]\nid = "book-00000"\nfield = "url"\nwas = "javascript:alert(1)"\n'
        'now = "https://mended.example"\nbecause = "It is known."\n'
    )
    answer = admit(catalogue)
    assert answer.code == 0
    assert Snapshot.open(store.path("snapshot", answer.id)).items[0].url == "https://mended.example"
    assert "book-00000" in (answer.reports / "data-repairs.jsonl").read_text()
    rows[0]["url"] = "https://new.example"
    later = admit(write_jsonl(catalogue, rows))
    assert later.code == 0
    assert [c.name for c in later.verdict.warnings()] == ["stale-repairs"]


def test_the_disk_fills_up_and_nothing_is_sealed(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    import resource

    catalogue = write_jsonl(tmp_path / "c.jsonl", library(400))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        answer = admit(catalogue)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert answer.code == 3
    assert not list(store.root.glob("snapshots/*"))


def test_rows_that_got_lost_on_the_way_seal_nothing(
    admit: Admit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lossy(rows: Iterator[Row], findings: Findings) -> Iterator[Row]:
        for row in rows:
            findings.read += 1
            if findings.read != 7:
                yield row

    monkeypatch.setattr("data_checks.admit._counted", lossy)
    answer = admit(write_jsonl(tmp_path / "c.jsonl", library(50)))
    assert (answer.code, answer.id) == (3, "")
    assert "50 rows were read, but only 49 are accounted for. Report this." in answer.stderr
