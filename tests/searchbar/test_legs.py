"""The encoder alone and in company, the index against exact search, the words against their texts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from release_format.items import Item
from release_format.release import LEXICAL
from searchbar import dense as dense_module
from searchbar import encoder as encoder_module
from searchbar import lexical as lexical_module
from searchbar.dense import Dense
from searchbar.encoder import Encoder
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.lexical import WORDS, Lexical, analyzer
from searchbar.question import Question
from searchbar.snippets import Snippet, sentences
from searchbar.spelling import Spelling
from searchbar.tokens import TokenVectors
from searchbar.words import fold, loose, parts

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
    together = encoder.encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert float(encoder.encode([text])[0] @ vector) > 0.9999


@pytest.mark.parametrize("harm", ["model.onnx", "token_vectors.npy", "tokenizer.json", "encoder.json"])
def test_an_encoder_that_cannot_be_opened_says_so(encoder_directory: Path, tmp_path: Path, harm: str) -> None:
    for path in encoder_directory.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes() if path.name != harm else b"{}")
    with pytest.raises(SearchError, match="cannot be opened"):
        Encoder.open(tmp_path)


@pytest.fixture(scope="module")
def several_passages(make_release: Any) -> tuple[Dense, np.ndarray]:
    """300 items of none to three passages each."""
    random = np.random.default_rng(3)
    counts = random.integers(0, 4, 300)
    counts[0] = 1
    vectors = random.normal(size=(int(counts.sum()), 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    items = [Item(f"i{n:03}", f"Item {n}") for n in range(300)]
    release = make_release(items, vectors=vectors, texts=[["x"] * count for count in counts])
    owners = np.repeat(np.arange(300), counts)
    return Dense.open(release.path), owners


@pytest.mark.parametrize("few", [4, 4096])
def test_the_nearest_items_are_those_of_the_nearest_passages(
    several_passages: tuple[Dense, np.ndarray], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(dense_module, "FEW", few)
    dense, owners = several_passages
    random = np.random.default_rng(5)
    for _ in range(20):
        question = random.normal(size=384).astype(np.float32)
        question /= np.linalg.norm(question)
        allowed = random.random(300) < random.choice([0.05, 0.5, 1.0])
        best = np.full(300, -2.0)
        np.maximum.at(best, owners, dense.vectors.astype(np.float32) @ question)
        np.testing.assert_allclose(dense.cosines(question)[best > -2], best[best > -2], atol=1e-6)
        best[~allowed] = -2
        wanted = [int(i) for i in np.argsort(-best, kind="stable") if best[i] > -2][:25]
        assert dense.nearest(question, 25, allowed).tolist() == wanted
        chosen = np.array(wanted[:5], np.int64)
        np.testing.assert_allclose(dense.best_passages(chosen, question) @ question, best[chosen], atol=1e-6)


def test_whichever_thread_asks_faiss_keeps_to_that_one(tools: Engine) -> None:
    def ask() -> int:
        tools.finder.dense.nearest(np.zeros(tools.finder.encoder.dimension, np.float32), 3)
        return faiss.omp_get_max_threads()

    with ThreadPoolExecutor(1) as other:
        assert other.submit(ask).result() == 1


def test_an_index_of_other_vectors_is_refused(make_release: Any) -> None:
    release = make_release([Item("a", "Apple"), Item("b", "Bread")])
    index = faiss.IndexFlatIP(384)
    faiss.write_index(index, str(release.path / "index.faiss"))
    with pytest.raises(SearchError, match="do not belong together"):
        Engine.open(release)


def test_an_encoder_of_another_size_is_refused(make_release: Any, encoder: Encoder) -> None:
    vectors = encoder.encode(["Apple"])[:, :128].copy()
    with pytest.raises(SearchError, match="do not belong together"):
        Engine.open(make_release([Item("a", "Apple")], vectors=vectors))


def test_words_weigh_by_title_and_rarity(tools: Engine) -> None:
    lexical = tools.finder.lexical
    positions, scores = lexical.search({"editor": 1.0, "vim": 1.0}, 10)
    assert tools.finder.items[int(positions[0])].id == "vim"
    assert scores[0] > scores[1] > 0
    assert lexical.idf("never") > lexical.idf("vim") > lexical.idf("editor")
    assert lexical.stems("the editors are editing") == ["editor", "edit"]
    assert lexical.stems("to the") == ["to", "the"]


@pytest.mark.parametrize("remembered", [16384, 3])
def test_places_are_those_of_the_tokens_that_are_indexed(
    tools: Engine, monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr(lexical_module, "REMEMBERED", remembered)
    lexical = tools.finder.lexical
    odd = ["", "C++ and c#, IT'S snake_case 3.5-beta\tend", "a" * 63 + " " + "b" * 64 + " " + "c" * 65 + " tools"]
    texts = (
        [item.description for item in tools.release.items] + odd + ["Größe in Zoll – running ½ dogs", "日本語 tools"]
    )
    for text in texts:
        tokens = [(t.text, t.char_offset_from, t.char_offset_to) for t in analyzer(WORDS).pre_tokenize(text).tokens]
        every = {stem for stem, _, _ in tokens}
        assert lexical.places(text, every) == tokens
        some = set(sorted(every)[::3])
        assert lexical.places(text, some) == [token for token in tokens if token[0] in some]


def test_a_lexical_index_without_its_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / LEXICAL).mkdir()
    with pytest.raises(SearchError, match="lexical index"):
        Lexical.open(tmp_path / LEXICAL)


def test_a_lock_file_made_while_its_directory_goes_leaves_nothing_behind(
    tools: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """tantivy's watcher makes one now and then, from a thread of its own, between emptying and removing."""
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


def test_spelling_offers_only_words_that_exist() -> None:
    spelling = Spelling(
        lambda: [("kubernetes", 3), ("message", 5), ("massage", 1), ("sku48290", 1)], {"photos"}.__contains__
    )
    assert spelling.correct("kuberntes") == "kubernetes"
    assert spelling.correct("mesage") == "message"
    assert spelling.correct("photos") == ""
    assert spelling.correct("sku48291") == ""
    assert spelling.correct("mess") == ""
    assert spelling.correct("entirely") == ""


def test_names_are_folded_as_people_write_them() -> None:
    assert fold("  Café\u00a0 BAR ") == "café bar"
    assert fold(" A\x1fB\t\r\n C\x00 ") == "a b c\x00"
    assert loose("Python3_NumPy") == loose("python3-numpy") == "python3 numpy"
    assert loose("C++") == "c++"
    assert loose("C#") != loose("C")
    assert loose("Café") == "cafe"
    assert parts('find "exact words" and “others too” ""').phrases == ("exact words", "others too")
    prose = 'Is there a way to disable the "did you mean" feature and have my query taken literally'
    assert parts(prose).phrases == (), "prose mentions what it quotes"


TEXT = "It paints. A tool & toy for photos, with layers. " + "Filler words here " * 30 + "and photos at the end."


def places(text: str, stems: Container[str]) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    at = 0
    for word in text.split(" "):
        bare = word.strip(".,")
        found += [(bare.lower(), at, at + len(bare))] if bare.lower() in stems else []
        at += len(word) + 1
    return found


def test_a_snippet_marks_the_words_in_the_heaviest_stretch() -> None:
    assert Snippet.of(TEXT, {"photos": 2.0, "layers": 1.0}, places).html() == (
        "… A tool &amp; toy for <mark>photos</mark>, with <mark>layers</mark>. …"
    )
    assert Snippet.of(TEXT, {"end": 1.0}, places).html().endswith("at the <mark>end</mark>.")
    assert Snippet.of("Short. All of it.", {"short": 1.0}, places).html() == "<mark>Short</mark>. All of it."
    assert Snippet.of("No dots <b>", {}, places).html() == "No dots &lt;b&gt;"
    assert Snippet.of("", {"x": 1.0}, places).html() == ""
    assert len(Snippet.of("word " * 500, {"none": 1.0}, places).html()) < 250
    assert [TEXT[a:b] for a, b in sentences(TEXT)][:2] == ["It paints.", "A tool & toy for photos, with layers."]


def test_token_vectors_say_roughly_what_a_text_means(
    encoder: Encoder, encoder_directory: Path, tmp_path: Path
) -> None:
    model = TokenVectors.of(encoder_directory)
    assert model is not None

    def nearness(one: str, other: str) -> float:
        first, second = model.vectors(encoder.tokens([one, other]))
        return float(first @ second)

    assert nearness("reduce the size of pictures", "makes images smaller") > nearness(
        "reduce the size of pictures", "tax law"
    )
    assert nearness("cat", "cat") == pytest.approx(1)
    assert nearness("", "cat") == 0
    assert TokenVectors.of(tmp_path) is None  # as in the first releases, where the table is inside the graph


def test_tokens_are_those_of_every_word_however_often_they_were_asked_for(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["It shrinks, re-encodes; shrinks!", "", "…", "Größe 日本語 shrinks \ud800"]
    alone = [encoder.tokens([text])[0] for text in texts]
    assert alone[0] == encoder.tokens(["It shrinks re encodes shrinks"])[0]
    assert alone[1] == []
    assert encoder.tokens(texts) == alone
    monkeypatch.setattr(encoder_module, "REMEMBERED", 2)
    assert encoder.tokens([*texts, "never asked before"])[:4] == alone, "what is remembered has an end"


def test_a_hit_by_meaning_shows_the_sentence_that_is_nearest(make_release: Any) -> None:
    about = (
        "Written in portable C by a number of volunteers around the world since 1998, and kept up to date ever since. "
        "It takes still pictures and makes them smaller. The website has news, a list of all those who took part, "
        "and an archive of every version there was since the first."
    )
    engine = Engine.open(make_release([Item("x", "Xyz", about)]))
    hit = engine.search(Question("shrink photographs")).hits[0]
    assert hit.matched == "meaning"
    assert hit.snippet == "… It takes still pictures and makes them smaller. …"
