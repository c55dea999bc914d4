"""The original encoder (torch): its export to ONNX, how well that agrees, and GPUs.

With training/finetune.py the only file that imports torch or sentence_transformers, and only when
there is something to export, or a GPU.
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index_builder.encoding.cpu_backend import MODEL, TOKENIZER, Vectors, batches_ahead
from index_builder.errors import BuildError
from release_format.exit_codes import USAGE
from release_format.seal import digest_of_file, write_atomically
from searchbar.results.token_vectors import TABLE_FILE
from searchbar.retrieval.encoder import Encoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DESCRIPTION = "encoder.json"
TOKENS = "input_ids"
OPSET = 17
TOKENS_A_GPU_BATCH, TEXTS_A_POOL = 65_536, 131_072
# Lengths of the texts on which original and export are compared: every step up to the window, and
# beyond it.
STEPS_TO_WINDOW = 24
WORDS = (
    "search bar index release video editor faster than über naïve 検索 поиск C++ 3.14 don't e-mail"
)


def export(weights: Path, target: Path, description: dict[str, Any]) -> None:
    """Export the model to ONNX, pooling and normalisation inside the graph.

    Args:
        weights: a sentence-transformers folder.
        target: an existing directory; gets model.onnx, token_vectors.npy, tokenizer.json and
            encoder.json, which also says how well the export agrees with the original.
        description: what encoder.json says besides: model, revision, max_tokens, weights_sha256,
            exported_as.
    """
    # Written out plainly, attention is a pattern that OpenVINO knows and computes in one pass (3 %
    # of all its time).
    original = load(weights, int(description["max_tokens"]), attention="eager")
    _write_tokenizer(original, target / TOKENIZER, int(description["max_tokens"]))
    _write_graph(original, target / MODEL)
    _move_token_vectors(target)
    complete = {
        **description,
        "dimension": original.get_embedding_dimension(),
        "onnx_sha256": digest_of_file(target / MODEL),
    }
    _write_description(target, complete)
    complete["agreement"] = agreement(original, target, int(description["max_tokens"]))
    _write_description(target, complete)


def load(
    weights: Path, max_tokens: int, device: str = "cpu", attention: str = "sdpa"
) -> SentenceTransformer:
    """The original encoder, reading at most this many tokens."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(
            str(weights),
            device=device,
            local_files_only=True,
            model_kwargs={"attn_implementation": attention},
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise BuildError(
            f"{weights} is not a sentence-transformers model ({error}). Name another one."
        ) from error
    window = getattr(model[0].auto_model, "config").max_position_embeddings  # noqa: B009
    if max_tokens > window:
        raise BuildError(
            f"the model reads at most {window} tokens: lower max_tokens in [encoder].", USAGE
        )
    model.max_seq_length = max_tokens
    return model


def agreement(original: SentenceTransformer, exported: Path, max_tokens: int) -> dict[str, Any]:
    """The lowest cosine of the original's vector and the export's, over texts of every length."""
    texts = texts_of_every_length(max_tokens)
    vectors = np.asarray(original.encode(texts, normalize_embeddings=True, show_progress_bar=False))
    cosines = (vectors * Encoder.open(exported).encode(texts)).sum(axis=1)
    return {"cosine_min": round(float(cosines.min()), 7), "texts": len(texts)}


def texts_of_every_length(max_tokens: int) -> list[str]:
    """Texts of no word up to beyond the window, foreign letters too; the same ones each time."""
    draw = random.Random(1)  # noqa: S311
    step = max(1, max_tokens // STEPS_TO_WINDOW)
    lengths = sorted({*range(1, 9), *range(8, max_tokens + 1, step), 2 * max_tokens})
    return ["", *(" ".join(draw.choices(WORDS.split(), k=length)) for length in lengths)]


def _write_tokenizer(original: SentenceTransformer, path: Path, max_tokens: int) -> None:
    # What a model's own file says of truncation and padding is often for another use (128 tokens,
    # always padded).
    tokenizer = original.tokenizer.backend_tokenizer
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    tokenizer.save(str(path))


def _write_graph(original: SentenceTransformer, path: Path) -> None:
    import torch

    class Graph(torch.nn.Module):
        """Ids and mask in, unit vectors out."""

        def __init__(self) -> None:
            super().__init__()
            self.model = original

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            out = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(out["sentence_embedding"], dim=1)

    example = torch.ones((2, 8), dtype=torch.int64)
    dynamic = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Graph().eval(),
            (example, example),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=[TOKENS, "attention_mask"],
            output_names=["embedding"],
            dynamic_axes={TOKENS: dynamic, "attention_mask": dynamic, "embedding": {0: "texts"}},
        )


def _move_token_vectors(target: Path) -> None:
    """Give the table of token vectors a file of its own, which ONNX Runtime maps into memory.

    So two servers share its pages; inside the model file it would be copied into every process,
    half of all that the encoder takes.
    """
    import onnx
    from onnx.external_data_helper import set_external_data

    model = onnx.load(target / MODEL)
    gathers = (node for node in model.graph.node if node.op_type == "Gather")
    name = next(node.input[0] for node in gathers if TOKENS in node.input)
    table = next(tensor for tensor in model.graph.initializer if tensor.name == name)
    path = target / TABLE_FILE
    np.save(path, onnx.numpy_helper.to_array(table))
    length = len(table.raw_data)
    set_external_data(table, TABLE_FILE, offset=path.stat().st_size - length, length=length)
    table.ClearField("raw_data")
    onnx.save(model, target / MODEL)


def _write_description(target: Path, description: dict[str, Any]) -> None:
    write_atomically(
        target / DESCRIPTION, json.dumps(description, indent=1, ensure_ascii=False) + "\n"
    )


def gpus() -> list[str]:
    """The GPUs that torch can use here."""
    import torch

    return [f"cuda:{number}" for number in range(torch.cuda.device_count())]


def encode_on(
    devices: Sequence[str], weights: Path, exported: Path, texts: Sequence[str]
) -> Iterator[tuple[list[int], Vectors]]:
    """Yield positions of texts and their vectors, computed in half precision on these GPUs.

    Never run on one so far. With one GPU, other processes tokenise ahead, so that it never waits;
    several share the texts by sentence-transformers' own pool.
    """
    max_tokens = int(json.loads((exported / DESCRIPTION).read_bytes())["max_tokens"])
    model = load(weights, max_tokens, devices[0])
    if len(devices) > 1:
        yield from _in_pool(model, devices, texts)
        return
    _use_half_precision(model)
    waiting: tuple[list[int], Any] | None = None
    for positions, tokens in batches_ahead(exported, texts, TOKENS_A_GPU_BATCH):
        started = positions, _on_device(model, *tokens)
        # The vectors of one batch are fetched while the next is computed.
        if waiting:
            yield waiting[0], waiting[1].cpu().numpy()
        waiting = started
    if waiting:
        yield waiting[0], waiting[1].cpu().numpy()


def _use_half_precision(model: SentenceTransformer) -> None:
    import torch

    is_old = model.device.type == "cuda" and not torch.cuda.is_bf16_supported()
    model[0].to(torch.float16 if is_old else torch.bfloat16)


def _on_device(model: SentenceTransformer, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Any:
    import torch

    with torch.inference_mode():
        arrays = {"input_ids": ids, "attention_mask": mask}
        features: Any = {
            name: torch.from_numpy(array).to(model.device, non_blocking=True)
            for name, array in arrays.items()
        }
        features = model[0](features)
        # Half precision is for the matrix products; means over tokens keep all their digits.
        features["token_embeddings"] = features["token_embeddings"].float()
        for module in list(model)[1:]:
            features = module(features)
        return torch.nn.functional.normalize(features["sentence_embedding"], dim=1).half()


def _in_pool(
    model: SentenceTransformer, devices: Sequence[str], texts: Sequence[str]
) -> Iterator[tuple[list[int], Vectors]]:
    order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
    pool = model.start_multi_process_pool(list(devices))
    try:
        for start in range(0, len(order), TEXTS_A_POOL):
            part = order[start : start + TEXTS_A_POOL]
            vectors = model.encode(
                [texts[p] for p in part], pool=pool, batch_size=512, normalize_embeddings=True
            )
            yield part, np.asarray(vectors, np.float16)
    finally:
        model.stop_multi_process_pool(pool)
