"""The encoder alone and in company, and one that cannot be opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.retrieval import encoder as encoder_module
from searchbar.retrieval.encoder import Encoder

TEXTS = [
    "",
    "a",
    "Shrink photos without losing quality",
    "word " * 400,
    "日本語 🎬",
    "A sentence. Another one!",
    "\ud800",
]


def test_a_text_has_the_same_vector_alone_and_in_company(encoder: Encoder) -> None:
    together = encoder.encode_query(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert float(encoder.encode_query([text])[0] @ vector) > 0.9999


@pytest.mark.parametrize(
    "harm", ["model.onnx", "token_vectors.npy", "tokenizer.json", "encoder.json"]
)
def test_an_encoder_that_cannot_be_opened_says_so(
    encoder_directory: Path, tmp_path: Path, harm: str
) -> None:
    for path in encoder_directory.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes() if path.name != harm else b"{}")
    with pytest.raises(SearchError, match="cannot be opened"):
        Encoder.open(tmp_path)


def test_an_encoder_of_another_size_is_refused(make_release: Any, encoder: Encoder) -> None:
    vectors = encoder.encode_query(["Apple"])[:, :128].copy()
    with pytest.raises(SearchError, match="do not belong together"):
        Engine.open(make_release([Item("a", "Apple")], vectors=vectors))


def test_tokens_are_those_of_every_word_however_often_they_were_asked_for(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["It shrinks, re-encodes; shrinks!", "", "…", "Größe 日本語 shrinks \ud800"]
    alone = [encoder.tokens([text])[0] for text in texts]
    assert alone[0] == encoder.tokens(["It shrinks re encodes shrinks"])[0]
    assert alone[1] == []
    assert encoder.tokens(texts) == alone
    monkeypatch.setattr(encoder_module, "REMEMBERED", 2)
    assert encoder.tokens([*texts, "never asked before"])[:4] == alone, (
        "what is remembered has an end"
    )


def test_a_script_that_the_encoder_does_not_know_leaves_the_words_beside_it(
    encoder: Encoder,
) -> None:
    joined, apart = encoder.encode_query(["หูฟังsony", "หูฟัง sony"])
    assert joined @ apart > 0.999
    for word in ("า", "コ", "ปลา", "手机"):
        assert not encoder.knows(word)
    assert encoder.knows("sony")
