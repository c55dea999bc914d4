"""Rules: synonyms both ways and one way, in any form; pins of a question and of words in it."""

from __future__ import annotations

from typing import Any

import pytest

from searchbar.query.analyzers import WORDS, analyzer
from searchbar.query.rule_matcher import RuleMatcher
from searchbar.query.rules import Rules

TABLE = {
    "synonyms": [
        {"words": ["film", "video"]},
        {"asked": ["laptop", "portable computer"], "also": ["notebook", "ultrabook"]},
        {"words": ["C++", "cpp"]},
    ],
    "pins": [
        {"question": "Write text", "ids": ["emacs"]},
        {"contains": "garden hose", "ids": ["hose", "reel"]},
        {"contains": "C++", "ids": ["gcc"]},
    ],
    "hides": [{"id": "old"}],
}


def matcher(table: dict[str, Any]) -> RuleMatcher:
    return RuleMatcher(Rules.from_table(table), analyzer(WORDS).analyze)


RULES = matcher(TABLE)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("film", ["film → video"]),
        ("two films of videos", ["film → video", "video → film"]),
        ("laptop", ["laptop → notebook", "laptop → ultrabook"]),
        ("Laptops!", ["laptop → notebook", "laptop → ultrabook"]),
        ("portable computers", ["portable computer → notebook", "portable computer → ultrabook"]),
        ("notebook", []),
        ("ultrabooks", []),
        ("computer, portable", []),
        ("c", []),
        ("c++ compiler", ["c++ → cpp"]),
        ("cpp", ["cpp → c++"]),
        ("filmmaker", []),
        ("", []),
    ],
)
def test_synonyms_hold_for_every_form_of_a_word_and_in_their_direction(
    text: str, meant: list[str]
) -> None:
    found = [f"{match.word} → {match.synonym}" for match in RULES.synonyms_in(text)]
    assert found == meant


def test_a_variant_has_a_synonym_in_every_place_of_what_it_stands_for() -> None:
    assert RULES.variants("Films and a film-maker's laptops") == [
        "video and a video maker s laptops",
        "films and a film maker s notebook",
        "films and a film maker s ultrabook",
    ]
    assert RULES.variants("portable computer bag") == ["notebook bag", "ultrabook bag"]
    assert RULES.variants("bag") == []


@pytest.mark.parametrize(
    ("texts", "ids"),
    [
        (["write TEXT"], ["emacs"]),
        (["write texts"], []),
        (["please write text"], []),
        (["wriet text", "write text"], ["emacs"]),
        (["cheap garden hoses, green"], ["hose", "reel"]),
        (["hose for the garden"], []),
        (["garden rubber hose"], []),
        (["c compiler"], []),
        (["a c++ compiler"], ["gcc"]),
        (["garden hose", "garden hose"], ["hose", "reel"]),
    ],
)
def test_a_pin_is_of_a_whole_question_or_of_words_that_follow_each_other(
    texts: list[str], ids: list[str]
) -> None:
    assert RULES.pinned(*texts) == ids


def test_a_pin_of_the_whole_question_goes_before_one_of_its_words() -> None:
    both = {"pins": [{"contains": "hose", "ids": ["a", "b"]}, {"question": "hose", "ids": ["b"]}]}
    assert matcher(both).pinned("hose") == ["b", "a"]


def test_a_table_of_before_there_were_ways_is_read_as_it_was() -> None:
    rules = Rules.from_table(
        {
            "synonyms": [{"words": ["a", "B c", "d"]}],
            "pins": [{"question": "X!", "ids": ["1", "2"]}, {"question": "x", "ids": ["3"]}],
            "hides": [{"id": "h"}],
        }
    )
    assert rules.synonyms == {"a": ["b c", "d"], "b c": ["a", "d"], "d": ["a", "b c"]}
    assert (rules.pins, rules.contained, rules.hides) == ({"x": ["1", "2", "3"]}, {}, ["h"])
    assert Rules.from_table({}) == Rules({}, {}, [])


def test_a_rule_holds_inside_a_text_that_has_no_spaces() -> None:
    rules = matcher(
        {
            "synonyms": [{"words": ["手机", "电话"]}, {"words": ["C++", "cpp"]}],
            "pins": [{"contains": "抹茶", "ids": ["tea"]}],
            "hides": [],
        }
    )
    assert [match.synonym for match in rules.synonyms_in("华为手机壳")] == ["电话"]
    assert [match.synonym for match in rules.synonyms_in("C++教程")] == ["cpp"]
    assert not rules.synonyms_in("手和机器")
    assert "电话" in rules.variants("华为手机壳")[0]
    assert rules.pinned("京都抹茶アイス") == ["tea"]
    assert rules.pinned("茶抹") == []
