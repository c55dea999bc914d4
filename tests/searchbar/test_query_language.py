"""What the query language does to answers: against brute force over the texts of the items."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.query.analyzers import PLAIN, analyzer
from searchbar.query.question import UNCUT, Answer, Question
from tests.searchbar.conftest import TOOLS, MakeRelease

SHOWN = [item for item in TOOLS if item.id != "ffmpeg-doc"]
CHECKED = settings(max_examples=60, deadline=None, derandomize=True)


def ask(engine: Engine, text: str, **choices: object) -> Answer:
    return engine.search(Question(text, **{"k": 100, **choices}))  # type: ignore[arg-type]


def found(answer: Answer) -> list[str]:
    return [hit.id for hit in answer.hits]


def holds(item: Item, phrase: str) -> bool:
    """Whether a text of an item has these words as they stand."""
    wanted = analyzer(PLAIN).analyze(phrase)
    for text in (item.title, item.description, *item.topics):
        words = analyzer(PLAIN).analyze(text)
        if any(words[at : at + len(wanted)] == wanted for at in range(len(words))):
            return True
    return False


WORDS = st.sampled_from(
    sorted({word for item in TOOLS for word in item.description.lower().split() if word.isalpha()})
)
PHRASES = st.one_of(WORDS, st.sampled_from(["text editor", "arrays and", "for Python", "no such"]))


@CHECKED
@given(
    word=st.sampled_from(["", "editor", "python arrays"]),
    phrases=st.lists(PHRASES, max_size=2),
    without=st.lists(PHRASES, max_size=2),
    topics=st.lists(st.sampled_from(["graphics", "editors", "python", "nothing"]), max_size=2),
)
def test_what_is_demanded_is_what_is_found(
    tools: Engine, word: str, phrases: list[str], without: list[str], topics: list[str]
) -> None:
    """Of so few items all that may be found are: the whole set is known by brute force."""
    demands = [f'"{phrase}"' for phrase in phrases] + [f'-"{phrase}"' for phrase in without]
    demands += [f"topic:{topic}" for topic in topics]
    text = " ".join([word, *demands]) if demands else "editor"
    answer = ask(tools, text, cut=UNCUT)
    left = [
        item
        for item in SHOWN
        if (not topics or set(topics) & set(item.topics))
        and not any(holds(item, phrase) for phrase in (without if demands else []))
    ]
    kept: list[str] = []
    for phrase in dict.fromkeys(phrases):
        if holding := [item for item in left if holds(item, phrase)]:
            left, kept = holding, [*kept, phrase]
    dropped = [phrase for phrase in dict.fromkeys(phrases) if phrase not in kept]
    if not left:
        kept, dropped = [*dict.fromkeys(phrases)], []
    assert set(found(answer)) == {item.id for item in left}
    assert answer.total == len(left) == len(answer.hits)
    assert (answer.read["phrases"], answer.read["phrases_dropped"]) == (kept, dropped)
    counted = {topic for item in left for topic in item.topics}
    assert set(answer.facets["topic"]["values"]) == counted, "facets are about the same items"


@pytest.mark.parametrize(
    ("text", "bare", "filters"),
    [
        ("garden colour:red", "garden", {"colour": ["red"]}),
        ("garden -colour:red", "garden", {"colour": ["!red"]}),
        ("garden Colour:red topic:garden", "garden", {"colour": ["red"], "topic": ["garden"]}),
        ("photos topic:graphics topic:garden", "photos", {"topic": ["graphics", "garden"]}),
        ("coffee language:fr", "coffee", {"language": ["fr"]}),
        ('editor -topic:"command-line"', "editor", {"topic": ["!command-line"]}),
    ],
)
def test_a_filter_in_the_question_is_one_beside_it(
    tools: Engine, text: str, bare: str, filters: dict[str, list[str]]
) -> None:
    inside, beside = ask(tools, text), ask(tools, bare, filters=filters)
    assert found(inside) == found(beside) != []
    assert (inside.total, inside.facets) == (beside.total, beside.facets)
    assert inside.read["filters"] == filters
    assert beside.read["filters"] == {}


def test_filters_in_and_beside_the_question_are_joined(tools: Engine) -> None:
    filters = {"topic": ["graphics"]}
    assert set(found(ask(tools, "tool topic:garden", filters=filters))) == {
        "gimp", "jpegoptim", "sku-48290", "sku-48291"
    }  # fmt: skip
    assert found(ask(tools, "tool colour:red", filters={"topic": ["garden"]})) == ["sku-48291"]


def test_a_phrase_that_nothing_holds_is_searched_without_quotation_marks(tools: Engine) -> None:
    dropped, plain = ask(tools, '"editor text" modes'), ask(tools, "editor text modes")
    assert dropped.read["phrases_dropped"] == ["editor text"]
    assert found(dropped) == found(plain)
    within = ask(tools, '"text editor"', filters={"topic": ["graphics"]})
    assert within.read["phrases_dropped"] == ["text editor"], "nothing within the filters"
    assert set(found(within)) == {"gimp", "jpegoptim"}
    nothing = ask(tools, '"text editor"', filters={"topic": ["no such"]})
    assert (nothing.total, nothing.read["phrases_dropped"]) == (0, []), "the filters are to blame"


def test_words_of_a_dropped_phrase_are_corrected_and_all_else_stays(bundled: Engine) -> None:
    answer = bundled.search(Question('“kuberntes packge”  manager -docker topic:"containers"'))
    assert answer.did_you_mean == '“kubernetes package”  manager -docker topic:"containers"'
    assert answer.read["phrases_dropped"] == ["kuberntes packge"]
    meant = bundled.search(Question(answer.did_you_mean.replace("“", "").replace("”", "")))
    assert [hit.id for hit in answer.hits] == [hit.id for hit in meant.hits]


@pytest.mark.parametrize("text", ['"SKU-48290"', 'hose "sku 48290"', "sku48290 -shears"])
def test_a_quoted_name_is_held_by_what_it_names(tools: Engine, text: str) -> None:
    answer = ask(tools, text)
    assert (answer.hits[0].id, answer.hits[0].matched) == ("sku-48290", "exact")
    assert answer.read["phrases_dropped"] == []


def test_what_is_left_out_is_not_named_either(tools: Engine) -> None:
    assert "vim" not in found(ask(tools, "vim -keyboard"))
    assert found(ask(tools, "garden -sku48290"))[0] in ("sku-48290", "sku-48291"), "no word of it"


@pytest.mark.parametrize("text", ["-editor", 'topic:graphics -"without loss"', "topic:graphics"])
def test_a_question_that_looks_for_nothing_shows_all_that_is_left(tools: Engine, text: str) -> None:
    answer = ask(tools, text)
    assert answer.hits
    assert {hit.matched for hit in answer.hits} == {""}
    assert not answer.no_good_match
    assert answer.total_text == str(answer.total) == str(len(answer.hits))


def names(*titles: str) -> Sequence[Item]:
    return [Item(f"i{at}", title, "A thing to be found.") for at, title in enumerate(titles)]


def test_what_is_the_very_name_of_an_item_is_no_language(make_release: MakeRelease) -> None:
    titles = ("Rock -and Roll", "topic:graphics", '"Heroes" -live', "Heroes live", "Rock")
    engine = Engine.open(make_release(names(*titles)))
    for title in titles:
        answer = ask(engine, title.upper())
        assert (answer.hits[0].title, answer.hits[0].matched) == (title, "exact")
        assert answer.total == len(titles), "nothing was demanded"


def test_why_not_tells_what_the_language_demands(tools: Engine) -> None:
    def reason(text: str, id: str) -> str:
        return str(tools.why_not(Question(text), id)["reason"])

    assert reason("editor -keyboard", "vim") == "without"
    assert reason("garden colour:red", "sku-48290") == "filtered"
    assert tools.why_not(Question("gimp -topic:graphics"), "gimp")["rank_without"] == 1
    assert reason('"text editor"', "gimp") == "phrase"
    assert reason('"editor text"', "vim") == "found"
