"""What a build asks its judged questions for: each is encoded once, however often it is asked."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_builder.build.fitted import open_fitted
from index_builder.fitting import encoded_once
from index_builder.fitting.encoded_once import EncodedOnce
from index_builder.quality.judgments import read_judgments
from index_builder.quality.query_runner import ask_judged
from index_builder.quality.rules_lint import lint
from index_builder.request.request import BuildRequest
from release_format.release import ENCODER, Release
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from searchbar.retrieval.encoder import Encoder

JUDGMENTS = Path(__file__).parents[3] / "catalogue/judgments.jsonl"
RULES = {"synonyms": [{"words": ["photo", "picture"]}], "pins": [], "hides": []}


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each text was encoded so far."""
    counts: Counter[str] = Counter()
    own = Encoder._encode

    def encode(self: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
        counts.update(texts)
        return own(self, texts)

    monkeypatch.setattr(Encoder, "_encode", encode)
    return counts


def test_a_judged_question_is_encoded_once(
    bundled_release: Release,
    bundled_snapshot: Snapshot,
    shared_store: Folder,
    tmp_path: Path,
    encoded: Counter[str],
) -> None:
    """By what fits the weight of words, by what judges, and by what tries rules."""
    shutil.copytree(bundled_release.path, tmp_path / "staged")
    staged = Release.open(tmp_path / "staged", sizes_only=True)
    judged = read_judgments(JUDGMENTS)[:40]
    request = BuildRequest.of(shared_store, bundled_snapshot.id, judgments=JUDGMENTS)
    fitted = open_fitted(request, staged, judged)
    engine, words = fitted.engine, fitted.words
    assert words
    assert words.questions > 20
    assert fitted.agreements
    assert not fitted.agreements.said, "the encoder knows English"
    assert encoded, "fitting asks them"
    ask_judged(engine, judged)
    lint(RULES, engine, judged)
    asked = {question.question for question in judged}
    assert asked <= set(encoded)
    assert {text: encoded[text] for text in asked} == dict.fromkeys(asked, 1)


def test_what_is_remembered_is_what_is_encoded(
    bundled_release: Release, encoded: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoded_once, "MOST", 3)
    encoder = EncodedOnce.open(bundled_release.path / ENCODER)
    texts = ["edit photos", "play chess", "edit photos", "a much longer question about music", ""]
    vectors = encoder.encode_query(texts)
    expected = Encoder.open(bundled_release.path / ENCODER).encode_query(texts)
    encoded.clear()
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_array_equal(
        encoder.encode_query(texts[::-1]), encoder.encode_query(texts)[::-1]
    )
    assert encoded == Counter({"": 2}), "the first three are remembered, and no more"
    assert encoder.encode_query([]).shape == (0, encoder.dimension)
