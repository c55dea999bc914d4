"""How well meaning finds what words find, by language: measured on real releases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest

from benchmarks.languages import shops
from index_builder.build.fitted import open_fitted
from index_builder.fitting.agreement import (
    FEWEST,
    Agreements,
    LanguageAgreement,
    measure_agreement,
    sentence_of,
)
from index_builder.request.request import BuildRequest
from release_format.items import Item
from release_format.release import ENCODER, Release
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from searchbar.engine import Engine
from searchbar.query.question import Question
from searchbar.retrieval.fusion import Fusion
from tests.searchbar.conftest import write_release

# One thing, what it is like, and where it is used; the middle sentence is what is asked.
GREEK = (
    ("Λάμπα", "Καρέκλα", "Μπουφάν", "Σκηνή", "Κουβέρτα"),
    ("Φωτίζει απαλά το δωμάτιο", "Αντέχει πολλά χρόνια", "Διπλώνει εύκολα στη μέση"),
    ("για το γραφείο της δουλειάς", "για την αυλή το καλοκαίρι"),
)


def greek() -> Iterator[Item]:
    """Things that only their numbers tell apart, for an encoder that knows no word of them."""
    for number, (thing, like, where) in enumerate(product(*GREEK)):
        text = f"{thing} {number}. {like} {where} {100 + number}."
        yield Item(f"el{number:02}", f"{thing} {number}", text, language="el")


def english() -> Sequence[Item]:
    return next(shop.items for shop in shops() if list(shop.judged) == ["en"])


@pytest.fixture(scope="module")
def shop(bundled_release: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A shop in two languages, and one item in a third."""
    text = "En stol i ek för köket, och en lite högre för balkongen och trädgården."
    swedish = Item("sv", "Stol", text, language="sv")
    folder = tmp_path_factory.mktemp("shop") / "r"
    items = [*greek(), *english(), swedish]
    return write_release(folder, items, bundled_release.path / ENCODER)


def test_meaning_finds_less_in_a_language_that_the_encoder_does_not_know(shop: Release) -> None:
    retriever = Engine.open(shop).retriever
    told = measure_agreement(retriever, ["en", "fr"])
    assert list(told.by_language) == ["el", "sv"], "the most frequent first, and none that it knows"
    unknown, swedish = told.by_language["el"], told.by_language["sv"]
    assert (unknown.items, unknown.asked, swedish.asked) == (30, 30, 1)
    assert unknown.by_words > 0.9 > unknown.by_meaning
    assert told.meaning == {"el": unknown.meaning}
    assert unknown.meaning < 1 == swedish.meaning
    assert told.weighed == pytest.approx(30 / 71)
    known = measure_agreement(retriever, ["el", "sv"]).by_language["en"]
    assert known.asked >= FEWEST
    assert known.share > unknown.share
    assert measure_agreement(retriever, ["EN", "el-GR", "Swedish"]).said == ""


def test_what_is_said_says_what_counts_and_what_to_do() -> None:
    by = {
        "fr": LanguageAgreement(1200, 40, 0.7, 1.0),
        "zh": LanguageAgreement(300, 40, 0.1, 0.9),
        "no": LanguageAgreement(100, 40, 0.9, 0.95),
        "fi": LanguageAgreement(9, FEWEST - 1, 0.0, 1.0),
    }
    told = Agreements(by, 3_000)
    assert told.meaning == {"fr": 0.5, "zh": 0.25}
    assert told.weighed == 0.5
    assert told.said == (
        "Languages that the encoder does not know: fr: words count double, meaning finds 70% of"
        " what words find; zh: words count four times, meaning finds 11% of what words find; no:"
        " words count as ever, meaning finds 95% of what words find; fi: 9 items, too few to"
        " measure. Choose a multilingual model to find them by what they mean (docs/models.md)."
    )
    assert "Choose" not in Agreements({"no": by["no"]}, 10).said
    assert told.to_json()["by"]["fr"]["meaning"] == 0.5
    assert LanguageAgreement(20, 20, 0.9, 0.0).share == 1, (
        "where words find nothing, meaning counts"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        ("Short. Also short.", "short."),
        ("The first sentence is here. The one in the middle is this. And the last one is there.",
         "The one in the middle is this."),
        ("one two three four five six", "four five six"),
        ("适用于华为手机的透明保护壳和充电器的长句子在这里。第二个句子也足够长可以被提问使用的样子。",
         "第二个句子也足够长可以被提问使用的样子。"),
        ("没有句号的一段文字", "的一段文字"),
        ("防风防雨带帽子。适合三岁的儿童。", "适合三岁的儿童。"),
    ],
)  # fmt: skip
def test_a_question_is_a_sentence_of_a_text(text: str, sentence: str) -> None:
    assert sentence_of(text) == sentence


def test_a_build_weighs_languages_and_says_so(
    shop: Release,
    bundled_snapshot: Snapshot,
    shared_store: Folder,
    bundled_release: Release,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    staged = write_release(tmp_path / "r", list(greek()), bundled_release.path / ENCODER)
    fitted = open_fitted(BuildRequest.of(shared_store, bundled_snapshot.id), staged, [])
    assert fitted.agreements
    meaning = fitted.agreements.meaning["el"]
    written = json.loads((staged.path / "lexical/languages.json").read_bytes())
    assert written == {"usual": "en", "items": {"el": 30}, "meaning": {"el": meaning}}
    said = capsys.readouterr()
    assert "el: words count" in said.out + said.err
    assert fitted.facts["languages"]["said"] == fitted.agreements.said
    assert fitted.words
    assert fitted.words.words != 0.65, "what words count there is not counted twice"
    found = fitted.engine.result_sets(["Φωτίζει απαλά"])[0]
    retriever = fitted.engine.retriever
    assert retriever.meaning(found.plan, found.positions, found.bm25) <= meaning
    assert fitted.engine.search(Question("Σκηνή")).hits[0].title.startswith("Σκηνή")
    own = tmp_path / "own.toml"
    own.write_text("[fusion]\nwords = 0.3\n", encoding="utf-8")
    asked = BuildRequest.of(shared_store, bundled_snapshot.id, recipe=own)
    assert open_fitted(asked, shop, []).facts == {}, "what a recipe says is left as it is"
    assert Fusion().words == 0.3
