"""The original encoder (torch): its export, how well that agrees, and GPUs.

With graph.py and training/finetune.py the only file that imports torch or sentence_transformers,
and only when there is something to export, or a GPU.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index_builder.encoding.cpu_backend import Vectors, batches_ahead
from index_builder.encoding.graph import write_graph, write_tokenizer
from index_builder.encoding.modules import refuse_other_modules, window_of
from index_builder.encoding.options import EncodingOptions, declared
from index_builder.errors import BuildError
from release_format.exit_codes import USAGE
from release_format.seal import digest_of_file, write_atomically
from searchbar.retrieval.encoder import DESCRIPTION, MODEL, TOKENIZER, Encoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TOKENS_A_GPU_BATCH, TEXTS_A_POOL = 65_536, 131_072
# Lengths of the texts on which original and export are compared: every step up to the window, and
# beyond it.
STEPS_TO_WINDOW = 24
WORDS = (
    "search bar index release video editor faster than über naïve 検索 поиск C++ 3.14 don't e-mail"
)


def export(
    weights: Path,
    target: Path,
    description: dict[str, Any],
    options: EncodingOptions | None = None,
) -> None:
    """Export the model to ONNX, pooling and normalisation inside the graph.

    Args:
        weights: a sentence-transformers folder.
        target: an existing directory; gets model.onnx, token_vectors.npy, tokenizer.json and
            encoder.json, which also says how well the export agrees with the original.
        description: what encoder.json says besides: model, revision, max_tokens, weights_sha256,
            exported_as.
        options: prompts and dimension; as the model declares them, where none are given.

    Raises:
        BuildError: it is no such model, or a module of it cannot be exported.
    """
    options = options or declared(weights)
    # Written out plainly, attention is a pattern that OpenVINO knows and computes in one pass (3 %
    # of all its time).
    max_tokens = int(description["max_tokens"])
    original = load(weights, max_tokens, attention="eager", options=options)
    write_tokenizer(original, target / TOKENIZER, max_tokens)
    write_graph(original, target)
    complete = {
        **description,
        **options.description,
        "dimension": original.get_embedding_dimension(),
        "onnx_sha256": digest_of_file(target / MODEL),
    }
    _write_description(target, complete)
    complete["agreement"] = agreement(original, target, max_tokens)
    _write_description(target, complete)


def load(
    weights: Path,
    max_tokens: int,
    device: str = "cpu",
    attention: str = "",
    options: EncodingOptions | None = None,
) -> SentenceTransformer:
    """The original encoder, reading at most this many tokens, with these prompts.

    Raises:
        BuildError: it cannot be loaded, reads fewer tokens, or has modules that cannot be exported.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    options = options or declared(weights)
    try:
        model = SentenceTransformer(
            str(weights),
            device=device,
            local_files_only=True,
            trust_remote_code=options.trust_remote_code,
            prompts={"query": options.query_prompt, "document": options.document_prompt},
            truncate_dim=options.truncate_dim or None,
            # What computes here, and the graph, computes in it, however the weights were saved.
            model_kwargs={"dtype": "float32", **_attention(attention)},
        )
    except (OSError, ValueError, RuntimeError, ImportError, AttributeError) as error:
        raise BuildError(_why_not(weights, error)) from error
    refuse_other_modules(model, weights)
    window = window_of(model)
    if window and max_tokens > window:
        raise BuildError(
            f"the model reads at most {window} tokens: lower max_tokens in [encoder].", USAGE
        )
    dimension = model.get_embedding_dimension()
    if options.truncate_dim > (dimension or options.truncate_dim):
        raise BuildError(
            f"the model's vectors have {dimension} numbers: lower truncate_dim in [encoder].", USAGE
        )
    model.max_seq_length = max_tokens
    return model


def _attention(name: str) -> dict[str, str]:
    return {"attn_implementation": name} if name else {}


def _why_not(weights: Path, error: Exception) -> str:
    if "trust_remote_code" in str(error):
        return (
            f"{weights} brings Python code of its own, which is not run unasked. Read it; if you"
            " trust it, say trust_remote_code = true in [encoder], else name another model."
        )
    return f"{weights} is not a sentence-transformers model ({error}). Name another one."


def agreement(original: SentenceTransformer, exported: Path, max_tokens: int) -> dict[str, Any]:
    """The lowest cosine of the original's vector and the export's, over texts of every length.

    Read as texts of items, and as questions where these have a prompt of their own.
    """
    texts = texts_of_every_length(max_tokens)
    encoder = Encoder.open(exported)
    documents = original.encode_document(texts, normalize_embeddings=True)
    cosines = [(np.asarray(documents) * encoder.encode_document(texts)).sum(axis=1)]
    if original.prompts["query"] != original.prompts["document"]:
        questions = original.encode_query(texts, normalize_embeddings=True)
        cosines.append((np.asarray(questions) * encoder.encode_query(texts)).sum(axis=1))
    return {"cosine_min": round(float(np.min(cosines)), 7), "texts": len(texts)}


def texts_of_every_length(max_tokens: int) -> list[str]:
    """Texts of no word up to beyond the window, foreign letters too; the same ones each time."""
    draw = random.Random(1)  # noqa: S311
    step = max(1, max_tokens // STEPS_TO_WINDOW)
    lengths = sorted({*range(1, 9), *range(8, max_tokens + 1, step), 2 * max_tokens})
    return ["", *(" ".join(draw.choices(WORDS.split(), k=length)) for length in lengths)]


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
    described = json.loads((exported / DESCRIPTION).read_bytes())
    options = EncodingOptions.described(described)
    model = load(weights, int(described["max_tokens"]), devices[0], options=options)
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
        vectors = features["sentence_embedding"][:, : model.truncate_dim]
        return torch.nn.functional.normalize(vectors, dim=1).half()


def _in_pool(
    model: SentenceTransformer, devices: Sequence[str], texts: Sequence[str]
) -> Iterator[tuple[list[int], Vectors]]:
    order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
    pool = model.start_multi_process_pool(list(devices))
    try:
        for start in range(0, len(order), TEXTS_A_POOL):
            part = order[start : start + TEXTS_A_POOL]
            vectors = model.encode_document(
                [texts[p] for p in part], pool=pool, batch_size=512, normalize_embeddings=True
            )
            yield part, np.asarray(vectors, np.float16)
    finally:
        model.stop_multi_process_pool(pool)
