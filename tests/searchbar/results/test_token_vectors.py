"""Rough vectors: near where texts mean the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchbar.results.token_vectors import TokenVectors
from searchbar.retrieval.encoder import Encoder


def test_token_vectors_say_roughly_what_a_text_means(
    encoder: Encoder, encoder_directory: Path, tmp_path: Path
) -> None:
    model = TokenVectors.of(encoder_directory)
    assert model is not None

    def nearness(text: str, other: str) -> float:
        first, second = model.vectors(encoder.tokens([text, other]))
        return float(first @ second)

    assert nearness("reduce the size of pictures", "makes images smaller") > nearness(
        "reduce the size of pictures", "tax law"
    )
    assert nearness("cat", "cat") == pytest.approx(1)
    assert nearness("", "cat") == 0
    # As in the first releases, where the table is inside the graph.
    assert TokenVectors.of(tmp_path) is None
