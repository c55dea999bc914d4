"""Names first, words and meaning, rules, what is said about a set."""

from __future__ import annotations

import pytest

from release_format.items import Item
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.query.question import Question
from searchbar.query.rules import Rules
from searchbar.relevance.estimate import Relevance
from searchbar.retrieval.retriever import Retriever


def ids(engine: Engine, text: str, **choices: object) -> list[str]:
    return [hit.id for hit in engine.search(Question(text, **choices)).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("ffmpeg", "ffmpeg"),
        ("FFmpeg", "ffmpeg"),
        (" FFMPEG ", "ffmpeg"),
        ("python3-numpy", "numpy"),
        ("python3 numpy", "numpy"),
        ("SKU-48290", "sku-48290"),
        ("sku 48291", "sku-48291"),
        ("SKU48290", "sku-48290"),
        ("please order sku 48291 today", "sku-48291"),
        ("sku-4829", "sku-48290"),
        ("C++", "c++"),
        ("c", "c"),
        ("cafe", "café"),
        ('"vim"', "vim"),
    ],
)
def test_what_is_named_comes_first(tools: Engine, question: str, first: str) -> None:
    hit = tools.search(Question(question)).hits[0]
    assert (hit.id, hit.matched) == (first, "exact")


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("shrink pictures", "jpegoptim"),
        ("cut hedges", "sku-48291"),
        ("movie converter", "ffmpeg"),
        ("matrix computations in python", "numpy"),
    ],
)
def test_meaning_finds_what_shares_no_word(tools: Engine, question: str, first: str) -> None:
    assert first in ids(tools, question)[:2]


def test_an_identifier_is_never_corrected(tools: Engine) -> None:
    answer = tools.search(Question("sku-48299"))
    assert answer.did_you_mean == ""
    assert all(hit.matched != "exact" for hit in answer.hits)


def test_a_misspelt_word_is_read_as_one_that_exists(bundled: Engine) -> None:
    answer = bundled.search(Question("kuberntes packge manager"))
    assert answer.did_you_mean == "kubernetes package manager"
    assert answer.hits[0].id == "helm"


def test_a_misspelt_name_is_still_first(bundled: Engine) -> None:
    hit = bundled.search(Question("inkscpae")).hits[0]
    assert (hit.id, hit.matched) == ("inkscape", "exact")


@pytest.mark.parametrize(
    "question", ["chatbot that runs offline", "photos", "a readme generator", "playbooks", "xqzj"]
)
def test_a_right_word_is_left_alone(bundled: Engine, question: str) -> None:
    assert bundled.search(Question(question)).did_you_mean == ""


def test_quoted_words_must_occur_as_they_stand(tools: Engine) -> None:
    assert set(ids(tools, '"text editor"')) == {"vim", "emacs"}
    assert set(ids(tools, '"text editor" -keyboard')) == {"emacs"}
    assert ids(tools, 'keyboard "text editor"')[0] == "vim"


@pytest.mark.parametrize("question", ['"', '""', '"!"', 'a " b', '"ffmpeg'])
def test_stray_quotation_marks_demand_nothing(tools: Engine, question: str) -> None:
    assert len(ids(tools, question)) == 10


def test_synonyms_reach_both_legs(tools: Engine) -> None:
    answer = tools.search(Question("film", explain=True))
    assert answer.hits[0].id == "ffmpeg"
    assert answer.hits[0].explain is not None
    assert answer.hits[0].explain["lexical_rank"] == 1
    assert answer.explain is not None
    assert answer.explain["rules"] == ["synonym: film → video"]


def test_a_pin_comes_first_for_its_question_alone(tools: Engine) -> None:
    assert ids(tools, "Write  TEXT")[0] == "emacs"
    assert ids(tools, "driven from the keyboard")[0] == "vim"


def test_pins_hold_for_what_was_meant_and_for_words_within(bundled: Engine) -> None:
    rules = Rules.from_table(
        {
            "pins": [
                {"question": "kubernetes package manager", "ids": ["gimp"]},
                {"contains": "web servers", "ids": ["krita"]},
                {"contains": "package managers", "ids": ["inkscape"]},
            ]
        }
    )
    retriever = Retriever(bundled.release, rules=rules)
    engine = Engine(bundled.release, retriever, Relevance())
    for question in (
        "kubernetes package manager",
        "kuberntes packge manager",
        "Kubernetes package manager -docker",
    ):
        assert ids(engine, question)[:2] == ["gimp", "inkscape"]
    assert "gimp" not in ids(engine, '"kubernetes" package manager'), "a pin is no exception"
    assert ids(engine, "small web server for static files")[0] == "krita"
    assert "krita" not in ids(engine, "a server on the web")


def test_what_is_hidden_is_never_found(tools: Engine) -> None:
    for question in ("ffmpeg-doc", "FFmpeg manual", "documentation of ffmpeg"):
        assert "ffmpeg-doc" not in ids(tools, question, k=100)


def test_a_named_item_is_a_good_match_and_nonsense_is_none(tools: Engine) -> None:
    assert not tools.search(Question("sku-48290")).no_good_match
    nothing = tools.search(Question("quarterly tax return of a bakery in Ohio"))
    assert nothing.no_good_match
    assert nothing.hits


@pytest.mark.parametrize("level", ["missing", None, -1.0])
def test_without_a_level_nothing_is_called_bad(
    make_release: object, level: float | str | None
) -> None:
    """Not told: by a release that has none, by one that says so, and by an older one that put it
    below everything."""
    levels = (
        {} if level == "missing" else {"no_good_match": {"level": level, "score": "confidence"}}
    )
    release: Release = make_release([Item("a", "Apple"), Item("b", "Pear")], levels=levels)  # type: ignore[operator]
    engine = Engine.open(release)
    answer = engine.search(Question("international shipping law", explain=True))
    assert (engine.level, answer.no_good_match) == (None, False)
    assert answer.explain == {"rules": [], "level": None}
    assert engine.why_not(Question("apple", k=1), "b")["reason"] == "outranked"


@pytest.mark.parametrize(("level", "is_bad"), [(None, False), (0.0, False), (9.0, True)])
def test_another_level_is_another_engine_over_the_same_retriever(
    tools: Engine, level: float | None, is_bad: bool
) -> None:
    engine = Engine(tools.release, tools.retriever, Relevance(level))
    answer = engine.search(Question("driven from the keyboard", explain=True))
    assert (answer.explain, answer.no_good_match) == ({"rules": [], "level": level}, is_bad)
    with pytest.raises(AttributeError):
        engine.level = 0.5  # type: ignore[misc]
    assert tools.level == 0.25, "as the release says"


def test_pages_beyond_the_end_are_empty_and_say_the_same(tools: Engine) -> None:
    near, far = tools.search(Question("editor")), tools.search(Question("editor", offset=500))
    assert far.hits == []
    assert (far.total, far.facets) == (near.total, near.facets)


def test_sorting_orders_the_same_set(tools: Engine) -> None:
    by_title = [hit.title for hit in tools.search(Question("python", sort="title", k=100)).hits]
    assert by_title == sorted(by_title, key=str.casefold)
    assert sorted(ids(tools, "python", k=100)) == sorted(ids(tools, "python", k=100, sort="-title"))
    dated = ids(tools, "editor", sort="-updated_at", k=100)
    assert dated[:2] == ["vim", "emacs"]
    assert ids(tools, "editor", sort="updated_at", k=100)[:2] == ["emacs", "vim"]
    assert ids(tools, "garden", sort="price", k=2) == ["sku-48291", "sku-48290"]


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (Question("a" * 1001), "1,001 characters"),
        (Question("\ud800"), "not text"),
        (Question("a", k=0), "k is 0"),
        (Question("a", k=10_000), "1 to 100"),
        (Question("a", offset=-1), "offset"),
        (Question("a", filters={"topik": ["x"]}), "'topik'; use colour, language, price, topic"),
        (Question("a", sort="nothing"), "cannot sort by 'nothing'"),
        (Question("a", filters={"topic": ["\x07"]}), "not text"),
        (Question("a", filters={"topic": [str(n) for n in range(65)]}), "fewer"),
    ],
)
def test_a_bad_question_is_refused_in_a_sentence(
    tools: Engine, question: Question, says: str
) -> None:
    with pytest.raises(SearchError, match=says) as refused:
        tools.search(question)
    assert refused.value.cause is Cause.BAD_QUESTION
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE items; --",
        "<script>alert(1)</script>",
        "(a|b)*[",
        "title:foo AND (",
        "+-*/\\^~",
        "🎬🎥",
        "مرحبا بالعالم",
        "日本語のテスト",
        "%00",
        "a" * 1000,
        "\u202eevil",
        "NOT",
        "*",
        'field:"x',
        "\t",
        "é" * 200,
        "1=1",
        "${jndi:x}",
        "\u0301",
    ],
)
def test_odd_questions_have_sensible_answers(tools: Engine, text: str) -> None:
    answer = tools.search(Question(text, k=100))
    assert answer.total + answer.less_likely == len(TOOLS_SHOWN)
    assert all(
        "<" not in hit.snippet.replace("<mark>", "").replace("</mark>", "") for hit in answer.hits
    )


TOOLS_SHOWN = range(12)


def test_similar_items_are_others_of_the_same_kind(tools: Engine) -> None:
    assert [item.id for item in tools.similar("numpy", 1)] == ["scipy"]
    assert "numpy" not in [item.id for item in tools.similar("numpy", 100)]
    with pytest.raises(SearchError, match="no item 'nope'"):
        tools.similar("nope")


def test_suggestions_begin_with_titles_then_topics_then_words(tools: Engine) -> None:
    assert tools.suggest("py") == ["python3-numpy", "python3-scipy", "python"]
    assert tools.suggest("ema") == ["GNU Emacs"]
    assert tools.suggest("PYTHON")[-1] == "python"
    assert tools.suggest("pythön")[0] == "python"
    assert "FFmpeg manual" not in tools.suggest("ff")
    assert tools.suggest("zzz") == []
    assert tools.suggest("~c") != ["~c"]


def test_an_item_is_fetched_by_its_id(tools: Engine) -> None:
    assert tools.item("vim").title == "Vim"
    for id in ("nope", "ffmpeg-doc"):
        with pytest.raises(SearchError) as refused:
            tools.item(id)
        assert refused.value.cause is Cause.UNKNOWN_ITEM


STEPS = ("encode", "dense", "lexical", "fuse")


def test_the_steps_of_a_remembered_answer_took_no_time(tools_release: Release) -> None:
    engine = Engine.open(tools_release)
    first, second = (engine.search(Question("draw pictures", 3, offset)) for offset in (0, 3))
    assert all(first.took_ms[step] > 0 for step in STEPS)
    assert first.took_ms["total"] >= max(first.took_ms[step] for step in ("dense", "lexical"))
    assert [second.took_ms[step] for step in STEPS] == [0.0] * len(STEPS)
    assert second.took_ms["total"] > 0


def test_a_question_that_waits_twice_is_counted_once(tools_release: Release) -> None:
    answers = Engine.open(tools_release).search_many([Question("draw pictures")] * 3)
    assert [answer.took_ms["dense"] > 0 for answer in answers] == [True, False, False]
    assert len({tuple(hit.id for hit in answer.hits) for answer in answers}) == 1


def test_a_name_is_a_good_match_within_filters_that_leave_it_out(tools: Engine) -> None:
    """Whether anything fits is about the question, not about its filters."""
    tools = Engine(tools.release, tools.retriever, Relevance(0.9))
    answer = tools.search(Question("sku-48290", filters={"topic": ["editors"]}))
    # Without the filter, they are two of the ten that are shown beside the name.
    assert (answer.no_good_match, answer.total, answer.less_likely) == (False, 2, 0)
    whole = tools.search(Question("sku-48290", filters={"topic": ["editors"]}, cut="none"))
    assert {hit.id for hit in whole.hits} == {"vim", "emacs"}
    gone = tools.search(Question("sku-48290", filters={"topic": ["no such topic"]}))
    assert (gone.no_good_match, gone.total, gone.less_likely) == (False, 0, 0)


def test_only_what_fits_is_sorted(make_release: object) -> None:
    items = [Item(f"a{n:02}", f"Zebra lamp {n:02}", "A lamp for the desk.") for n in range(12)]
    items += [Item(f"b{n:02}", f"Anvil {n:02}", "Forged from steel.") for n in range(12)]
    curve = {"steepness": 20, "intercept": -3, "confidence": 6, "drop": 12}
    levels = {"version": 2, "no_good_match": {"level": 0.4}, "relevant_set": curve}
    engine = Engine.open(make_release(items, levels=levels))  # type: ignore[operator]
    answer = engine.search(Question("desk lamp", k=50, sort="title"))
    assert [hit.title for hit in answer.hits] == [f"Zebra lamp {n:02}" for n in range(12)]
    whole = engine.search(Question("desk lamp", k=50, sort="title", cut="none"))
    assert whole.hits[0].title == "Anvil 00"
    assert (answer.total, answer.less_likely) == (12, 12)
    assert (whole.total, whole.less_likely) == (24, 12)
    values, _ = engine.facet_values("topic", Question("desk lamp"))
    assert values == {}
    browsed = engine.search(Question("", k=50))
    assert (browsed.total, browsed.less_likely) == (24, 0)
    reason = engine.why_not(Question("desk lamp"), "b03")
    assert reason["reason"] in ("less likely", "below the level")


def test_another_cut_is_refused(tools: Engine) -> None:
    with pytest.raises(SearchError, match="say 'none' for all that was found"):
        tools.search(Question("lamp", cut="half"))


def test_words_of_no_language_that_the_encoder_knows_are_read_as_words(
    make_release: object,
) -> None:
    items = [
        Item("kuchen", "Apfelkuchen", "Kuchen mit Streuseln und Zimtzucker."),
        Item("hammer", "Schlosserhammer", "Stiel aus Eschenholz, geschmiedeter Kopf."),
        Item("decke", "Wolldecke", "Gewebte Decke aus Schurwolle."),
    ]
    curve = {"steepness": 20, "intercept": -3, "confidence": 6, "drop": 12}
    levels = {"version": 2, "no_good_match": {"level": 0.52}, "relevant_set": curve}
    engine = Engine.open(make_release(items, levels=levels))  # type: ignore[operator]
    fits = engine.search(Question("Streuseln Zimtzucker"))
    assert (fits.no_good_match, fits.hits[0].id) == (False, "kuchen")
    assert engine.search(Question("Hundefutter Trockenfleisch")).no_good_match
