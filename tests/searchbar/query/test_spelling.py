"""Spelling: only words that exist are offered."""

from __future__ import annotations

from searchbar.query.spelling import Spelling


def test_spelling_offers_only_words_that_exist() -> None:
    spelling = Spelling(
        lambda: [("kubernetes", 3), ("message", 5), ("massage", 1), ("sku48290", 1)],
        {"photos"}.__contains__,
    )
    assert spelling.correct("kuberntes") == "kubernetes"
    assert spelling.correct("mesage") == "message"
    assert spelling.correct("photos") == ""
    assert spelling.correct("sku48291") == ""
    assert spelling.correct("mess") == ""
    assert spelling.correct("entirely") == ""
