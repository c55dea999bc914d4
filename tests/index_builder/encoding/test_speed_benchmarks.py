"""benchmarks/gpu.py and peers.py: what they measure with, and say where they cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import gpu, peers
from benchmarks.peer import PEERS
from benchmarks.rebuild import changed
from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.weights import Weights
from index_builder.recipe import read_recipe
from release_format.cli import run_program
from tests.index_builder.conftest import catalogue_items


@pytest.fixture
def weights() -> Weights:
    return Weights.of(read_recipe())


def test_without_a_gpu_it_could_not_tell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "gpus", list)
    assert run_program("benchmarks", gpu.main, ["0123"]) == 3
    assert "there is no GPU here" in capsys.readouterr().err


@pytest.mark.parametrize("given", [[], ["0123", "--texts", "0"], ["0123", "--index", "many"]])
def test_wrong_options_are_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        gpu.main(given)
    assert ended.value.code == 2


def test_the_ceiling_is_that_of_the_encoder(weights: Weights) -> None:
    config = json.loads((weights.folder / "config.json").read_bytes())
    assert sum(rows * columns for rows, columns in gpu.products(config)) == 6 * (
        4 * 384**2 + 2 * 384 * 1536
    )
    assert (
        gpu.tokens_in(exported_encoder(read_recipe(), weights, None), ["", "edit photos"]) == 2 + 4
    )


@pytest.mark.proof
def test_the_road_to_a_gpu_is_measured_on_a_processor(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gpu.ceiling("cpu", weights.folder, tokens=64, rounds=1) > 0
    monkeypatch.setattr(
        "index_builder.encoding.model.batches_ahead",
        lambda *_: iter([([0], _ids(3)), ([1], _ids(5))]),
    )
    encoder = exported_encoder(read_recipe(), weights, None)
    counted = gpu.encoding(["cpu"], weights.folder, encoder, ["edit", "photos"])
    assert counted["texts_per_second"] <= counted["tokens_per_second"]


def _ids(tokens: int) -> tuple[Any, Any]:
    return np.full((1, tokens), 101, np.int64), np.ones((1, tokens), np.int64)


def test_synthetic_vectors_are_unit_and_seeded() -> None:
    vectors = gpu.clustered(1_000).astype(np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=2e-3)
    assert np.array_equal(vectors, gpu.clustered(1_000))
    assert gpu.indexing(2_000) > 0


def test_an_unknown_peer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("benchmarks", peers.main, ["0123", "--only", "nobody"]) == 2
    assert "there is no peer 'nobody'" in capsys.readouterr().err


def test_peers_get_the_same_texts_and_what_changed(tmp_path: Path) -> None:
    items = catalogue_items(120)
    after = [changed(number, item) for number, item in enumerate(items)]
    peers._write(tmp_path / "a", items, after, questions := peers._questions(items))
    rows = {
        name: (tmp_path / "a" / f"{name}.jsonl").read_text().splitlines()
        for name in ("documents", "after", "changed")
    }
    assert [len(rows[name]) for name in rows] == [120, 120, 2]
    assert set(rows["changed"]) == set(rows["after"]) - set(rows["documents"])
    assert questions == peers._questions(items)
    assert len(set(questions)) > len(questions) / 2
    assert set(peers.OVER_HTTP) < set(PEERS)


@pytest.mark.proof
def test_ours_is_measured_as_the_peers_are(tmp_path: Path) -> None:
    report = peers.measure(tmp_path, catalogue_items(120), [], Path(), Path())
    figures = report["peers"][peers.OURS]
    assert figures["answered"] == 10
    assert figures["http_questions_per_second"] > 0
    assert figures["build_documents_per_second"] > 0
    assert peers.OURS in peers.table(report)
