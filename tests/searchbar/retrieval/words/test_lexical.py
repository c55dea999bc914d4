"""The lexical index against the texts of its items."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from release_format.release import LEXICAL
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.query import analyzers
from searchbar.query.analyzers import WORDS, analyzer
from searchbar.retrieval.words.lexical import Lexical
from searchbar.retrieval.words.reader import WordReader


def test_words_weigh_by_title_and_rarity(tools: Engine) -> None:
    lexical = tools.retriever.lexical
    positions, scores = lexical.search({"editor": 1.0, "vim": 1.0}, 10)
    assert tools.retriever.items[int(positions[0])].id == "vim"
    assert scores[0] > scores[1] > 0
    assert lexical.idf("never") > lexical.idf("vim") > lexical.idf("editor")
    # One of the items is in French.
    assert lexical.stems("the editors are editing") == ["editor", "edit", "editing"]
    assert lexical.stems("to the") == ["to", "the"]


@pytest.mark.parametrize("remembered", [16384, 3])
def test_places_are_those_of_the_tokens_that_are_indexed(
    tools: Engine, monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr(analyzers, "REMEMBERED", remembered)
    earlier = WordReader(None, lambda _: True)
    odd = [
        "",
        "C++ and c#, IT'S snake_case 3.5-beta\tend",
        "a" * 63 + " " + "b" * 64 + " " + "c" * 65 + " tools",
    ]
    texts = (
        [item.description for item in tools.release.items]
        + odd
        + ["Größe in Zoll – running ½ dogs", "日本語 tools"]
    )
    for text in texts:
        tokens = [
            (t.text, t.char_offset_from, t.char_offset_to)
            for t in analyzer(WORDS).pre_tokenize(text).tokens
        ]
        every = {stem for stem, _, _ in tokens}
        reader = tools.retriever.lexical.reader if text.isascii() else earlier
        assert reader.places(text, every) == tokens
        third = set(sorted(every)[::3])
        assert reader.places(text, third) == [token for token in tokens if token[0] in third]


def test_a_lexical_index_without_its_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / LEXICAL).mkdir()
    with pytest.raises(SearchError, match="lexical index"):
        Lexical.open(tmp_path / LEXICAL)


def test_a_lock_file_made_while_its_directory_goes_leaves_nothing_behind(
    tools: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """tantivy's watcher makes one now and then, from a thread of its own, between emptying and
    removing."""
    late, rmdir = [".tantivy-meta.lock"], os.rmdir

    def after_the_watcher(path: str, **at: Any) -> None:
        while late:
            (Path(path) / late.pop()).touch()
        rmdir(path, **at)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "rmdir", after_the_watcher)
    assert len(Lexical.open(tools.release.path / LEXICAL)) == len(tools.release.items)
    assert not late
    assert not list(tmp_path.iterdir())
