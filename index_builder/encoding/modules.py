"""Which models can be exported: the modules they are made of, and how many tokens they read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from index_builder.errors import BuildError
from release_format.exit_codes import USAGE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGE = "sentence_transformers"
FIRST = "Transformer"
EXPORTED = (FIRST, "Pooling", "Dense", "Normalize", "LayerNorm", "Dropout", "WeightedLayerPooling")
# What makes a Transformer read questions by other rules than texts.
OF_ITS_OWN = ("query_length", "document_length", "query_expansion")


def refuse_other_modules(model: SentenceTransformer, weights: Path) -> None:
    """Refuse what reads no text or does more with it than the exported graph can.

    Raises:
        BuildError: names the module, and says what to do.
    """
    for module in model:
        if why := _why_not(module, model):
            raise BuildError(
                f"{weights}: its module {type(module).__name__} cannot be exported: {why}.", USAGE
            )


def window_of(model: SentenceTransformer) -> int | None:
    """How many tokens a model has positions for; None where it reads texts of any length."""
    transformer: Any = model[0].auto_model
    most = getattr(transformer.config, "max_position_embeddings", None)
    return most - _first_position(transformer) if isinstance(most, int) and most > 0 else None


def _first_position(transformer: Any) -> int:
    """RoBERTa and its kin count from behind the position of padding."""
    for module in transformer.modules():
        padding, table = (
            getattr(module, name, None) for name in ("padding_idx", "position_embeddings")
        )
        if isinstance(padding, int) and hasattr(table, "num_embeddings"):
            return padding + 1
    return 0


def _why_not(module: Any, model: SentenceTransformer) -> str:
    kind = type(module).__name__
    is_first = module is model[0]
    if is_first and kind == FIRST:
        return _why_no_texts(module)
    if type(module).__module__.partition(".")[0] == PACKAGE and (kind not in EXPORTED or is_first):
        return (
            f"a model begins with {FIRST}, and goes on with {', '.join(EXPORTED[1:])}. Name such a"
            " one in [encoder]"
        )
    if not getattr(module, "include_prompt", True) and any(model.prompts.values()):
        return (
            "it leaves the tokens of prompts out (include_prompt = false). Name another model, or"
            ' say query_prompt = "" and document_prompt = "" in [encoder]'
        )
    return ""


def _why_no_texts(module: Any) -> str:
    if "text" not in module.modality_config:
        return "it reads no text. Name a model of texts in [encoder]"
    if not hasattr(module.tokenizer, "backend_tokenizer"):
        return (
            f"its {type(module.tokenizer).__name__} has no form that works without Python. Name a"
            " model with a tokenizer.json in [encoder]"
        )
    told = [name for name in OF_ITS_OWN if getattr(module, name, None) is not None]
    return (
        f"it says {told[0]}, by which questions are read unlike texts. Take that out of its"
        " configuration, or name another model in [encoder]"
        if told
        else ""
    )
