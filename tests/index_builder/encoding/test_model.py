"""The exported encoder and the engines that run it, against sentence-transformers itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index_builder.encoding import backends, cpu_backend
from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.model import encode_on, export, load, texts_of_every_length
from index_builder.encoding.options import DESCRIBED, EncodingOptions
from index_builder.encoding.weights import Weights
from index_builder.errors import BuildError
from index_builder.recipe import read_recipe
from release_format.seal import digest_of
from searchbar.retrieval.encoder import Encoder

TEXTS = texts_of_every_length(256)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return Weights.of(read_recipe())


@pytest.fixture(scope="module")
def encoder(weights: Weights) -> Path:
    return exported_encoder(read_recipe(), weights, None)


@pytest.fixture(scope="module")
def original(weights: Weights) -> NDArray[np.float32]:
    """What sentence-transformers says, as anybody would call it."""
    vectors: NDArray[np.float32] = load(weights.folder, 256).encode(TEXTS, show_progress_bar=False)
    return vectors


def gathered(encoder: Path, texts: list[str], engine: str) -> NDArray[np.float32]:
    vectors = np.full((len(texts), 384), np.nan, np.float32)
    for positions, some in cpu_backend.encode(encoder, texts, engine):
        vectors[positions] = some
    return vectors


def lowest_cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    cosines = (
        (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    )
    return float(cosines.min())


def test_the_export_agrees_at_every_length(encoder: Path, original: NDArray[np.float32]) -> None:
    assert lowest_cosine(Encoder.open(encoder).encode_document(TEXTS), original) >= 0.9999
    described = json.loads((encoder / "encoder.json").read_bytes())
    assert described["agreement"]["cosine_min"] >= 0.9999
    assert described["dimension"] == 384
    assert described["max_tokens"] == 256


@pytest.mark.parametrize("engine", [cpu_backend.OPENVINO_BF16, cpu_backend.ONNXRUNTIME])
def test_each_engine_agrees(encoder: Path, original: NDArray[np.float32], engine: str) -> None:
    vectors = gathered(encoder, TEXTS, engine)
    assert lowest_cosine(vectors, original) >= 0.999
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=2e-3)


def test_the_road_to_a_gpu_agrees_on_a_processor(
    encoder: Path, weights: Weights, original: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu_backend, "TEXTS_A_TASK", 16)
    found = dict[int, NDArray[np.float16]]()
    for positions, some in encode_on(["cpu"], weights.folder, encoder, TEXTS):
        found |= dict(zip(positions, some, strict=True))
    vectors = np.array([found[position] for position in range(len(TEXTS))], np.float32)
    assert lowest_cosine(vectors, original) >= 0.999


def test_a_gpu_is_taken_where_there_is_one_and_much_to_do(
    encoder: Path, weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "driver").touch()
    monkeypatch.setattr(backends, "DRIVER", tmp_path / "driver")
    monkeypatch.setattr("index_builder.encoding.backends.gpus", lambda: ["cuda:0", "cuda:1"])
    assert backends.choose(encoder, weights.folder, 50_000).name == "torch on cuda:0, cuda:1"
    assert "core(s)" in backends.choose(encoder, weights.folder, 50).name
    monkeypatch.setattr("index_builder.encoding.backends.gpus", list)
    assert "core(s)" in backends.choose(encoder, weights.folder, 50_000).name


FIRST_CALLS_AT_ONCE = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from index_builder.encoding.cpu_backend import _open_openvino
sys.setswitchinterval(1e-6)
compute, start = _open_openvino(Path(sys.argv[1]), 4), threading.Barrier(8)
def first(_):
    start.wait()
    return compute(np.ones((1, 8), np.int64), np.ones((1, 8), np.int64)).shape
with ThreadPoolExecutor(8) as threads:
    print(*threads.map(first, range(8)))
"""


@pytest.mark.parametrize("attempt", range(3))
def test_first_calls_at_the_same_time_do_not_wait_for_each_other_for_ever(
    encoder: Path, attempt: int
) -> None:
    """Every other process of these hung, when its first call was not made by one thread alone."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_CALLS_AT_ONCE, str(encoder)],
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert done.stdout.count("(1, 384)") == 8, f"{attempt}: {done.stderr}"


@pytest.mark.parametrize("engine", [cpu_backend.OPENVINO_BF16, cpu_backend.ONNXRUNTIME])
def test_many_texts_are_shared_among_cores(
    encoder: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setattr(cpu_backend, "cores", lambda: 3)
    texts = [f"{text} {number}" for number, text in enumerate(TEXTS)]
    vectors = gathered(encoder, texts, engine)
    assert lowest_cosine(vectors, Encoder.open(encoder).encode_document(texts)) >= 0.999


def test_who_stops_asking_waits_for_no_more_than_what_runs(encoder: Path) -> None:
    before = threading.active_count()
    every = cpu_backend.encode(encoder, ["text " * 200] * 4000, cpu_backend.ONNXRUNTIME)
    next(every)
    assert isinstance(every, Generator)
    every.close()
    assert threading.active_count() <= before


def test_batches_hold_texts_of_like_length_within_the_budget(encoder: Path) -> None:
    batches = list(cpu_backend._batches(encoder, TEXTS * 20))
    assert sorted(position for positions, _ in batches for position in positions) == list(
        range(len(TEXTS) * 20)
    )
    assert all(ids.size <= cpu_backend.TOKENS_A_BATCH for _, (ids, _) in batches)
    assert (
        sum(mask.sum() for _, (_, mask) in batches) / sum(ids.size for _, (ids, _) in batches)
        > 0.95
    )


def test_a_processor_without_bf16_gets_onnx_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino

    for able, engine in (
        (["FP32", "BF16"], cpu_backend.OPENVINO_BF16),
        (["FP32"], cpu_backend.ONNXRUNTIME),
    ):
        monkeypatch.setattr(openvino.Core, "get_property", lambda *_, able=able: able)
        assert cpu_backend.choose_engine() == engine
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert cpu_backend.choose_engine() == cpu_backend.ONNXRUNTIME


def test_the_default_model_has_no_prompts_and_its_vectors_keep_their_name(
    weights: Weights, encoder: Path
) -> None:
    """What is cached and live of it stays usable, as if there were no prompts."""
    assert weights.options == EncodingOptions()
    assert weights.vectors_of == digest_of([weights.sha256, 256])
    assert weights.encoder == weights.sha256
    opened = Encoder.open(encoder)
    np.testing.assert_array_equal(opened.encode_query(TEXTS), opened.encode_document(TEXTS))
    assert not json.loads((encoder / "encoder.json").read_bytes()).keys() & set(DESCRIBED)


def test_a_second_build_exports_nothing(
    weights: Weights, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise AssertionError("exported again")

    monkeypatch.setattr("index_builder.encoding.model.export", fail)
    assert exported_encoder(read_recipe(), weights, None) == encoder


def test_a_window_that_the_model_lacks_is_refused(weights: Weights, tmp_path: Path) -> None:
    described = {"max_tokens": 4096, "weights_sha256": weights.sha256}
    with pytest.raises(BuildError, match="at most 512 tokens"):
        export(weights.folder, tmp_path, described)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BuildError, match="not a sentence-transformers model"):
        load(tmp_path, 128)


def test_the_weights_are_told_apart_by_content(weights: Weights, tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(weights.folder, copy)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f'[encoder]\nmodel = "{copy}"\n', encoding="utf-8")
    assert Weights.of(read_recipe(recipe)).sha256 == weights.sha256
    (copy / "README.md").write_text("another card", encoding="utf-8")
    assert Weights.of(read_recipe(recipe)).sha256 == weights.sha256
    (copy / "vocab.txt").write_text("another vocabulary", encoding="utf-8")
    assert Weights.of(read_recipe(recipe)).sha256 != weights.sha256


def test_a_model_that_is_nowhere_is_a_usage_error(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[encoder]\nmodel = "nobody/no-such-model"\n', encoding="utf-8")
    with pytest.raises(
        BuildError, match="neither a folder here nor could it be fetched"
    ) as refused:
        Weights.of(read_recipe(recipe))
    assert refused.value.exit_code == 2
