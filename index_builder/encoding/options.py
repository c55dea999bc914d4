"""How an encoder is used: the prompts of questions and texts, and how much of a vector counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index_builder.errors import BuildError
from index_builder.recipe import DECLARED, Recipe
from release_format.exit_codes import USAGE

# What a model says of itself beside its modules.
CONFIGURATION = "config_sentence_transformers.json"
# By which names a model declares its prompts; the first that says something counts.
QUERY, DOCUMENT = ("query",), ("document", "passage", "corpus")
# What encoder.json says of them, where they are set.
TOLD = ("query_prompt", "document_prompt", "truncate_dim")
DESCRIBED = (*TOLD, "trust_remote_code")
OF_VECTORS = ("document_prompt", "truncate_dim")


@dataclass(frozen=True)
class EncodingOptions:
    """The prompts of questions and of texts, and how many numbers of a vector are kept (0: all).

    `trust_remote_code` lets the model's own code run while it is loaded.
    """

    query_prompt: str = ""
    document_prompt: str = ""
    truncate_dim: int = 0
    trust_remote_code: bool = False

    @classmethod
    def of(cls, recipe: Recipe, folder: Path) -> EncodingOptions:
        """What the recipe says, and what the model in a folder declares where the recipe leaves it.

        Raises:
            BuildError: the model's configuration cannot be read.
        """
        known, chosen = declared(folder), recipe.tables["encoder"]
        wanted = {name: chosen[name] for name in TOLD if chosen[name] not in (DECLARED, 0)}
        return replace(known, **wanted, trust_remote_code=bool(chosen["trust_remote_code"]))

    @property
    def told(self) -> dict[str, Any]:
        """What is set of what makes vectors; nothing, where texts are encoded as they are."""
        return {name: value for name in TOLD if (value := getattr(self, name))}

    @classmethod
    def described(cls, encoder: Mapping[str, Any]) -> EncodingOptions:
        """What encoder.json says."""
        return cls(**{name: encoder[name] for name in DESCRIBED if name in encoder})

    @property
    def description(self) -> dict[str, Any]:
        """The same, for encoder.json."""
        return {name: value for name in DESCRIBED if (value := getattr(self, name))}

    @property
    def said(self) -> str:
        """The same in a sentence for the console; empty where there is nothing to say."""
        parts = [
            f"{what} {json.dumps(prompt, ensure_ascii=False)}"
            for what, prompt in (
                ("questions begin with", self.query_prompt),
                ("texts begin with", self.document_prompt),
            )
            if prompt
        ]
        parts += [f"vectors keep {self.truncate_dim} numbers"] if self.truncate_dim else []
        return ", ".join(parts)


def of_vectors(encoder: Mapping[str, Any]) -> dict[str, Any]:
    """What encoder.json, or `told`, says that the vectors of texts depend on."""
    return {name: encoder[name] for name in OF_VECTORS if encoder.get(name)}


def declared(folder: Path) -> EncodingOptions:
    """What a model's own configuration declares.

    A model that names none of the usual prompts has one for everything, if it names a default.

    Raises:
        BuildError: its configuration cannot be read.
    """
    read = _configuration(folder)
    prompts = {
        str(name): prompt
        for name, prompt in (read.get("prompts") or {}).items()
        if isinstance(prompt, str)
    }
    query, document = (
        next((prompts[name] for name in names if prompts.get(name)), "")
        for names in (QUERY, DOCUMENT)
    )
    if not query and not document:
        query = document = prompts.get(str(read.get("default_prompt_name")), "")
    return EncodingOptions(query, document, int(read.get("truncate_dim") or 0))


def _configuration(folder: Path) -> Mapping[str, Any]:
    path = folder / CONFIGURATION
    if not path.is_file():
        return {}
    try:
        read = json.loads(path.read_bytes())
        if isinstance(read, dict) and isinstance(read.get("prompts") or {}, dict):
            return read
    except ValueError:
        pass
    raise BuildError(
        f"{path} is no configuration of a model. Fetch the model again, or name another one in"
        " [encoder].",
        USAGE,
    )
