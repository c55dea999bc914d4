"""Encodes texts with the exported encoder, with every core of this machine at work.

One model for all cores and one thread a core, which shares nothing but the weights with the next:
as fast as one process a core (both are at the limit of the cores' matrix products), and ready two
seconds of a core sooner. The only file that imports openvino; where that is not fast, ONNX Runtime
computes.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from searchbar.cores import cores
from searchbar.retrieval.encoder import DESCRIPTION, MODEL, TOKENIZER, prompts_of

OPENVINO_BF16, ONNXRUNTIME = "OpenVINO in bf16", "ONNX Runtime in fp32"
TOKENS_A_BATCH = 1024
# So many texts are tokenised and sorted by length at a time: enough for batches of one length.
TEXTS_AT_ONCE, TOKENISED_AT_ONCE = 65_536, 2_048
BATCHES_WAITING, TEXTS_A_TASK = 4, 16_384
SAMPLE = 64

Tokens = tuple[NDArray[np.int64], NDArray[np.int64]]
Vectors = NDArray[np.float16]


class Compute(Protocol):
    """Token ids and mask in, unit vectors out."""

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors: ...


def choose_engine() -> str:
    """What is fast here: bf16 where the processor multiplies in it, else fp32."""
    try:
        import openvino
    except ImportError:
        return ONNXRUNTIME
    able = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return OPENVINO_BF16 if "BF16" in able else ONNXRUNTIME


def encode(
    encoder: Path, texts: Sequence[str], engine: str = ""
) -> Iterator[tuple[list[int], Vectors]]:
    """Yield positions of texts and their vectors, in an order of its own, until all are encoded."""
    threads = cores()
    running: dict[Future[Vectors], list[int]] = {}
    with ThreadPoolExecutor(threads) as pool:
        opening = pool.submit(_open, engine or choose_engine(), encoder, threads)
        later = _batches(encoder, texts)
        # The first texts are tokenised while the model is opened.
        batches = chain(list(islice(later, 1)), later)
        compute = opening.result()
        try:
            while True:
                for positions, tokens in islice(batches, BATCHES_WAITING * threads - len(running)):
                    running[pool.submit(compute, *tokens)] = positions
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def estimate(encoder: Path, texts: Sequence[str], engine: str) -> float:
    """How many seconds `encode` will take, from a few texts of every length."""
    compute = _open(engine, encoder, 1)
    by_length = sorted(texts, key=len)
    sample = by_length[:: max(1, len(texts) // SAMPLE)]
    batches = [tokens for _, tokens in _batches(encoder, sample)]
    compute(*batches[0])
    started = time.perf_counter()
    for tokens in batches:
        compute(*tokens)
    return (time.perf_counter() - started) / len(sample) * len(texts) / cores()


def batches_ahead(
    encoder: Path, texts: Sequence[str], tokens_a_batch: int
) -> Iterator[tuple[list[int], Tokens]]:
    """Tokenised batches, made in other processes while the caller computes."""
    processes = max(1, cores() - 1)
    starts = iter(range(0, len(texts), TEXTS_A_TASK))
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        running: deque[tuple[int, Future[list[tuple[list[int], Tokens]]]]] = deque()
        while True:
            for start in islice(starts, 2 * processes - len(running)):
                part = texts[start : start + TEXTS_A_TASK]
                running.append((start, pool.submit(_all_batches, encoder, part, tokens_a_batch)))
            if not running:
                return
            start, future = running.popleft()
            for positions, tokens in future.result():
                yield [start + position for position in positions], tokens


def _all_batches(
    encoder: Path, texts: Sequence[str], tokens_a_batch: int
) -> list[tuple[list[int], Tokens]]:
    return list(_batches(encoder, texts, tokens_a_batch))


def _batches(
    encoder: Path, texts: Sequence[str], tokens_a_batch: int = TOKENS_A_BATCH
) -> Iterator[tuple[list[int], Tokens]]:
    """Texts of like length together, about as many tokens in each batch."""
    tokenizer = Tokenizer.from_file(str(encoder / TOKENIZER))
    _, prompt = prompts_of(json.loads((encoder / DESCRIPTION).read_bytes()))
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        ids = list(_tokenized(tokenizer, texts[start : start + TEXTS_AT_ONCE], prompt))
        groups = list(_groups([len(tokens) for tokens in ids], tokens_a_batch))
        # In random order a batch takes as long as the next one on average, so the time left is told
        # rightly.
        random.Random(start).shuffle(groups)  # noqa: S311
        for group in groups:
            yield [start + i for i in group], _padded([ids[i] for i in group])


def _tokenized(
    tokenizer: Tokenizer, texts: Sequence[str], prompt: str
) -> Iterator[NDArray[np.int32]]:
    # The tokenizer's own objects take 20 KB a text, so only a few are kept at a time.
    for start in range(0, len(texts), TOKENISED_AT_ONCE):
        part = texts[start : start + TOKENISED_AT_ONCE]
        inputs = [prompt + text for text in part] if prompt else part
        for encoding in tokenizer.encode_batch_fast(inputs):
            yield np.array(encoding.ids, np.int32)


def _groups(lengths: Sequence[int], tokens_a_batch: int) -> Iterator[list[int]]:
    group: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and (len(group) + 1) * lengths[i] > tokens_a_batch:
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def _padded(rows: Sequence[NDArray[np.int32]]) -> Tokens:
    ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
    return ids, mask


def _open(engine: str, encoder: Path, threads: int) -> Compute:
    return (
        _open_openvino(encoder, threads) if engine == OPENVINO_BF16 else _open_onnxruntime(encoder)
    )


def _open_openvino(encoder: Path, threads: int) -> Compute:
    import openvino

    # As many streams as threads: each computes a batch of its own, on any core that is free.
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "NUM_STREAMS": threads,
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,
    }
    model = openvino.Core().compile_model(encoder / MODEL, "CPU", settings)
    own = threading.local()

    def compute(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        if not hasattr(own, "request"):
            own.request = model.create_infer_request()
        return np.asarray(own.request.infer([ids, mask], share_inputs=True)[0]).astype(np.float16)

    # OpenVINO fills a table of its own in the first call. Two threads at once would wait there for
    # ever: one fills the table and needs the interpreter, the other has the interpreter and needs
    # the table.
    token = np.ones((1, 1), np.int64)
    compute(token, token)
    return compute


def _open_onnxruntime(encoder: Path) -> Compute:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Of one run; several threads may run one session.
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        encoder / MODEL, options, providers=["CPUExecutionProvider"]
    )

    def compute(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        vectors = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return np.asarray(vectors).astype(np.float16)

    return compute
