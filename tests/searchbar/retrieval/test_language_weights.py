"""What a vector counts, by the languages of what holds a question's words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from release_format.items import Item, Items, write_items
from searchbar.query.analysis.languages import FILE, Languages
from searchbar.retrieval.words.language_weights import BEST, LanguageWeights

MEANING = {"fr": 0.5, "zh": 0.25}
ROWS = [
    Item("0", "Desk lamp", "A lamp for the desk and for the shelf.", language="en"),
    Item("1", "Lampe de bureau", "Pour lire.", language="fr-FR"),
    Item("2", "手机保护壳", "适用于华为手机的透明保护壳。"),
    Item("3", "Lampe", "Une lampe pour le bureau et pour la table de nuit, avec un bras."),
]


def weights(folder: Path, items: Sequence[Item], languages: Languages | None) -> LanguageWeights:
    write_items(folder, items)
    return LanguageWeights(languages, Items(folder))


@pytest.mark.parametrize(
    ("bm25", "counts"),
    [
        ([5, 0, 0, 0], 1.0),
        ([0, 5, 0, 0], 0.5),
        ([0, 0, 2, 0], 0.25),
        ([0, 0, 0, 2], 0.5),
        ([3, 3, 0, 0], 0.75),
        ([3, 1, 0, 0], 0.875),
        ([0, 0, 0, 0], 1.0),
    ],
)
def test_a_vector_counts_as_in_the_languages_that_hold_the_words(
    tmp_path: Path, bm25: list[float], counts: float
) -> None:
    weigh = weights(tmp_path, ROWS, Languages({"en": 1, "fr": 2, "zh": 1}, "en", MEANING))
    assert weigh(np.arange(4), np.array(bm25, np.float32)) == pytest.approx(counts)
    assert weigh(np.empty(0, np.int64), np.empty(0, np.float32)) == 1


def test_the_best_by_words_tell_and_not_the_many(tmp_path: Path) -> None:
    items = [Item(f"{n:03}", "Lampe", "", language="fr" if n < BEST else "en") for n in range(90)]
    weigh = weights(tmp_path, items, Languages({"fr": BEST, "en": 80}, "en", MEANING))
    bm25 = np.where(np.arange(90) < BEST, 7.0, 6.9).astype(np.float32)
    assert weigh(np.arange(90), bm25) == pytest.approx(0.5)


def test_where_no_language_counts_less_no_item_is_read(tmp_path: Path) -> None:
    for languages in (None, Languages({"en": 4}), Languages({"fr": 4}, "fr")):
        weigh = weights(tmp_path, ROWS, languages)
        (tmp_path / "items.jsonl").write_bytes(b"")
        assert weigh(np.arange(4), np.ones(4, np.float32)) == 1


def test_what_counts_less_is_kept_beside_the_counts(tmp_path: Path) -> None:
    languages = Languages({"fr": 3, "en": 2}, "fr", {"fr": 0.5})
    languages.write(tmp_path)
    assert Languages.open(tmp_path) == languages
    plain = Languages({"en": 2})
    plain.write(tmp_path)
    assert Languages.open(tmp_path) == plain
    assert b"meaning" not in (tmp_path / FILE).read_bytes()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o644
