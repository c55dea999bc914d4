"""Completion: half a word becomes one that the catalogue holds beside the others."""

from __future__ import annotations

import pytest

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.retrieval.withdrawn import Withdrawn
from tests.searchbar.conftest import MakeRelease

EDITORS = (
    Item("a", "Paint", "Edits a photo in layers.", ("graphics",)),
    Item("b", "Darkroom", "A photo editor for the desk.", ("graphics",)),
    Item("c", "Sketch", "Another photo editor.", ("graphics",)),
    Item("d", "Newsroom", "An edition of news.", ("news",)),
    Item("e", "Morning", "One more edition of news.", ("news",)),
    Item("f", "Evening", "The last edition of news.", ("news",)),
    Item("g", "Schloß", "Ein Gerät für Bücher, größer als die anderen.", language="de"),
    Item("h", "ed", "Edits line by line.", ("editors",)),
)


@pytest.fixture(scope="module")
def editors(make_release: MakeRelease) -> Engine:
    return Engine.open(make_release(EDITORS))


@pytest.mark.parametrize(
    ("typed", "reads"),
    [
        ("edi", "edition"),
        ("photo edi", "photo editor"),
        ("how do I take a photo edi", "how do I take a photo editor"),
        ("news edi", "news edition"),
        ("Photo ED", "Photo editor"),
        ("ed", "ed"),
        ("line ed", "line ed"),
        ("photo", "photo"),
        ("photo editor", "photo editor"),
        ("photo editor ", "photo editor "),
        ("photo zzz", "photo zzz"),
        ("e", "e"),
        ("topic:ed", "topic:ed"),
        ('"photo ed', '"photo editor'),
        ("photo -ed", "photo -ed"),
        ("photo 1", "photo 1"),
        ("Büch", "bücher"),
        ("Ger", "gerät"),
        ("编辑照", "编辑照"),
        ("\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "😀"),
    ],
)
def test_the_last_word_is_finished_beside_the_others(
    editors: Engine, typed: str, reads: str
) -> None:
    assert editors.completed(typed) == reads


def test_what_is_no_question_is_refused(editors: Engine) -> None:
    for wrong in ("", " ", "x" * 2000, "\ud800"):
        with pytest.raises(SearchError):
            editors.completed(wrong)


def test_a_word_of_withdrawn_items_alone_is_never_offered(
    make_release: MakeRelease, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("list") / "withdrawn.txt"
    path.write_text("n\n")
    items = [Item("n", "Hushword", "A hushword."), Item("m", "Lamp", "A lamp for the hush.")]
    engine = Engine.open(make_release(items), withdrawn=Withdrawn(path))
    assert engine.completed("hushw") == "hushw"
    assert [item.id for item in engine.begun("hush", 3)] == []
    path.write_text("m\n")
    engine.retriever.withdrawn.refresh()
    assert engine.completed("hushw") == "hushword"
    assert [item.id for item in engine.begun("hush", 3)] == ["n"]
