"""benchmarks/quality.py: what it prints, and (as proof) what is claimed of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks.beir import engine_of, sets_in
from benchmarks.quality import BEST_SUM, LEGS, OURS, PEERS, UNFITTED, main, measure
from index_builder.quality.judgments import read_judgments
from index_builder.quality.metrics import MAIN, change
from release_format.exit_codes import UsageError
from tests.index_builder.conftest import catalogue_items

METHODS = {"dense", "passages", "lexical", "rrf", "sum", BEST_SUM, UNFITTED, OURS}


@pytest.fixture
def small_set(tmp_path: Path) -> Path:
    """Forty items of the bundled catalogue, each asked for by its title."""
    folder = tmp_path / "sets/small"
    (folder / "qrels").mkdir(parents=True)
    items = catalogue_items(40)
    corpus = ({"_id": i.id, "title": i.title, "text": i.description} for i in items)
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus))
    queries = ({"_id": f"q{i.id}", "text": f"what is {i.title}"} for i in items)
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in queries))
    rows = "".join(f"q{i.id}\t{i.id}\t1\n" for i in items)
    (folder / "qrels/test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{rows}")
    return folder.parent


def test_it_prints_every_method_of_every_set(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "quality.json"
    assert main([str(small_set), "--json", "--write", str(file)]) == 0
    said = capsys.readouterr()
    assert "small: The quality gate says yes" in said.err
    told = json.loads(said.out)["sets"]
    assert set(told) == {"small"}
    assert set(told["small"]["means"]) == METHODS
    assert all(0.5 < figures["ndcg@10"] <= 1 for figures in told["small"]["means"].values())
    assert set(told["small"]["over"]) == set(PEERS)
    assert "small: 20 questions choose" in said.err, "each half by what the other chose"
    written = json.loads(file.read_text())
    assert written["command"] == "python benchmarks/quality.py FOLDER_OF_BEIR_SETS"
    assert [figure["name"] for figure in written["figures"]] == ["mean"]


@pytest.mark.proof
def test_a_set_that_the_quality_gate_refuses_is_told_and_ends_with_1(
    small_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every question, half of what was judged is gone."""
    qrels = small_set / "small/qrels/test.tsv"
    gone = [f"{row.split(chr(9))[0]}\tgone\t1" for row in qrels.read_text().splitlines()[1:]]
    qrels.write_text(qrels.read_text() + "\n".join(gone) + "\n")
    assert main([str(small_set)]) == 1
    told = capsys.readouterr()
    assert "small: The quality gate says no: judgments-gone" in told.err
    assert told.out == ""


def test_a_folder_without_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="BEIR layout"):
        sets_in(tmp_path)


@pytest.mark.proof
def test_ours_beats_the_best_sum_in_the_mean_and_no_leg_beats_ours() -> None:
    folder = Path(
        os.environ.get("SEARCHBAR_JUDGED_SETS", Path(__file__).parents[4] / "shared/data")
    )
    if not folder.is_dir():
        pytest.skip("there are no judged sets: name their folder in SEARCHBAR_JUDGED_SETS")
    ours, sums = [], []
    for path in sets_in(folder):
        with engine_of(path) as engine:
            figures = measure(engine, read_judgments(path), path.name)
        means = {method: float(values[MAIN].mean()) for method, values in figures.items()}
        better = max(LEGS, key=lambda leg: means[leg])
        assert not change(figures[better][MAIN], figures[OURS][MAIN]).worse, path.name
        assert not change(figures[UNFITTED][MAIN], figures[OURS][MAIN]).worse, path.name
        ours.append(means[OURS])
        sums.append(means[BEST_SUM])
        if path.name == "scifact":
            assert means["dense"] == pytest.approx(0.645, abs=0.005)
    assert sum(ours) > sum(sums)
