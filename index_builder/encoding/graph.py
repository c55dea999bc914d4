"""The encoder as files that serve without torch: its graph in ONNX, token vectors, tokenizer."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index_builder.errors import BuildError
from release_format.system.temporary_folder import temporary_folder
from searchbar.results.token_vectors import TABLE_FILE
from searchbar.retrieval.encoder import MODEL

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TOKENS, MASK = "input_ids", "attention_mask"
OPSET = 17
# One ONNX file holds less than 2 GB; weights beyond this lie beside it.
MOST_BYTES_WITHIN = 1_900_000_000
WEIGHTS_FILE = "weights.bin"
PASSED_ON = ("Cast", "Identity")


def write_tokenizer(original: SentenceTransformer, path: Path, max_tokens: int) -> None:
    """Write the tokenizer, cutting texts at so many tokens, on the side where the original does."""
    # What a model's own file says of truncation and padding is often for another use (128 tokens,
    # always padded).
    tokenizer = original.tokenizer.backend_tokenizer
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, direction=original.tokenizer.truncation_side)
    tokenizer.save(str(path))


def write_graph(original: SentenceTransformer, target: Path) -> None:
    """Write the graph, with pooling, normalisation and everything between them inside.

    Raises:
        BuildError: names the module that cannot be exported.
    """
    import onnx

    with temporary_folder("searchbar-export-") as work:
        _trace(original, work / MODEL)
        model = onnx.load(work / MODEL)
    _move_token_vectors(model, target)
    _save(model, target / MODEL)


def _trace(original: SentenceTransformer, path: Path) -> None:
    """Export, and say of what fails in which module it does."""
    entered: list[str] = []
    hooks = [
        module.register_forward_pre_hook(lambda module, _: entered.append(_name(module)))
        for module in original
    ]
    try:
        _export(original, path)
    except Exception as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise BuildError(
            f"the model's {entered[-1] if entered else 'graph'} cannot be exported to ONNX ({why})."
            " Name another model in [encoder]."
        ) from error
    finally:
        for hook in hooks:
            hook.remove()


def _export(original: SentenceTransformer, path: Path) -> None:
    import torch

    kept = original.truncate_dim

    class Graph(torch.nn.Module):
        """Ids and mask in, unit vectors out."""

        def __init__(self) -> None:
            super().__init__()
            self.model = original

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            out = self.model({TOKENS: input_ids, MASK: attention_mask})
            vectors = out["sentence_embedding"]
            if kept is not None:
                vectors = vectors[:, :kept]
            return torch.nn.functional.normalize(vectors, dim=1)

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
            input_names=[TOKENS, MASK],
            output_names=["embedding"],
            dynamic_axes={TOKENS: dynamic, MASK: dynamic, "embedding": {0: "texts"}},
        )


def _name(module: Any) -> str:
    """A module's name; of a Transformer that of the model in it, which is what differs."""
    inner = getattr(module, "auto_model", None)
    return type(module if inner is None else inner).__name__


def _move_token_vectors(model: Any, target: Path) -> None:
    """Give the table of token vectors a file of its own, which ONNX Runtime maps into memory.

    So two servers share its pages; inside the model file it would be copied into every process,
    half of all that a small encoder takes. A graph that reads no such table keeps what it reads.
    """
    import onnx
    from onnx.external_data_helper import set_external_data

    table = _token_table(model.graph)
    if table is None:
        return
    path = target / TABLE_FILE
    np.save(path, onnx.numpy_helper.to_array(table))
    length = len(table.raw_data)
    set_external_data(table, TABLE_FILE, offset=path.stat().st_size - length, length=length)
    table.ClearField("raw_data")


def _token_table(graph: Any) -> Any:
    tokens = {TOKENS}
    for node in graph.node:
        if node.op_type in PASSED_ON and node.input[0] in tokens:
            tokens.add(node.output[0])
    tables = {tensor.name: tensor for tensor in graph.initializer}
    gathers = (node for node in graph.node if node.op_type == "Gather")
    read = (
        tables[node.input[0]]
        for node in gathers
        if node.input[1] in tokens and node.input[0] in tables
    )
    return next(read, None)


def _save(model: Any, path: Path) -> None:
    import onnx

    if sum(len(tensor.raw_data) for tensor in model.graph.initializer) < MOST_BYTES_WITHIN:
        onnx.save(model, path)
        return
    onnx.save(
        model,
        path,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=WEIGHTS_FILE,
    )
