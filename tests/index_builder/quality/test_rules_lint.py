"""Linting rules: what is not written as a rule is refused; what does nothing, or harm, is told."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from index_builder.quality.judgments import JudgedQuestion, read_judgments
from index_builder.quality.rules_lint import Linted, lint
from index_builder.request.rules_file import RulesTables, read_rules
from release_format.config.table import ConfigError, check
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.query.rules import Rules
from searchbar.relevance.estimate import Relevance
from searchbar.retrieval.retriever import Retriever

RULES = Path(__file__).parents[3] / "catalogue/rules.toml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[synonym]]\nwords = ['a', 'b']", "Did you mean 'synonyms'"),
        ("[pins]\nquestion = 'a'", "of its own"),
        ("[[pins]]\nquestion = 'a'\nid = 'b'", "Did you mean 'ids'"),
        ("[[pins]]\nquestion = 'a'\nids = 'b'", "must be a list"),
        ("[[pins]]\nquestion = 'a'\nids = []", "at least 1"),
        ("[[hides]]\nid = 7", "must be a text"),
        ("[[synonyms]]\nwords = ['alone']", "at least 2"),
        ("[[synonyms]]\nwords = ['!!', 'a']", "a letter or a digit"),
        ("[[synonyms]]", "either words"),
        ("[[synonyms]]\nasked = ['a']", "either words"),
        ("[[synonyms]]\nalso = ['a']", "either words"),
        ("[[synonyms]]\nwords = ['a', 'b']\nasked = ['a']\nalso = ['c']", "either words"),
        ("[[synonyms]]\nasked = ['a']\nalso = []", "at least 1"),
        ("[[synonyms]]\nask = ['a']\nalso = ['b']", "Did you mean 'asked'"),
        ("[[pins]]\nids = ['a']", "either question"),
        ("[[pins]]\nquestion = 'a'\ncontains = 'a'\nids = ['a']", "either question"),
        ("[[pins]]\ncontain = 'a'\nids = ['a']", "Did you mean 'contains'"),
        ("[[pins]]\ncontains = '!'\nids = ['a']", "a letter or a digit"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        check(RulesTables, tomllib.loads(text), "rules.toml")
    assert refused.value.exit_code == 2


def test_rules_that_are_no_toml_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text("[[pins")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_rules(tmp_path / "rules.toml")


def linted(release: Release, table: dict[str, Any], *judged: JudgedQuestion) -> Linted:
    check(RulesTables, table, "rules.toml")
    retriever = Retriever(release, rules=Rules.from_table(table))
    return lint(table, Engine(release, retriever, Relevance()), judged)


def test_rules_that_name_nothing_are_dead(bundled_release: Release) -> None:
    found = linted(bundled_release, {
        "pins": [{"question": "x", "ids": ["no-such-item"]}],
        "hides": [{"id": "no-such-item"}],
        "synonyms": [{"words": ["qqzzxx", "zzqqyy"]}, {"words": ["qqzzxx yy", "kubernetes"]}],
    })  # fmt: skip
    assert len(found.dead) == 3
    assert found.measured()["rules-dead"].value == 3


def test_rules_that_contradict_each_other_are_told(bundled_release: Release) -> None:
    found = linted(bundled_release, {
        "pins": [{"question": "Draw!", "ids": ["gimp"]}, {"question": "draw", "ids": ["krita"]}],
        "hides": [{"id": "gimp"}],
        "synonyms": [{"words": ["a b", "c"]}, {"words": ["A-B", "d"]}],
    })  # fmt: skip
    assert len(found.conflicting) == 3


def test_rules_of_one_way_and_of_words_within_are_linted_too(bundled_release: Release) -> None:
    found = linted(bundled_release, {
        "pins": [
            {"contains": "drawing app", "ids": ["no-such-item", "gimp"]},
            {"contains": "Drawing apps", "ids": ["krita"]},
            {"contains": "gimp", "ids": ["gimp"]},
        ],
        "hides": [{"id": "krita"}],
        "synonyms": [
            {"asked": ["kubernetes"], "also": ["qqzzxx"]},
            {"asked": ["qqzzxx"], "also": ["containers"]},
            {"asked": ["qqzzxx"], "also": ["kubernetes"]},
            {"words": ["server", "servers"]},
        ],
    })  # fmt: skip
    assert found.dead == (
        "the pin of 'drawing app' names no-such-item, which is not there",
        "none of the synonyms 'kubernetes' → 'qqzzxx' occurs",
    )
    assert [said.split(" is ")[0] for said in found.conflicting[:2]] == ["krita", "'draw app'"]
    assert len(found.conflicting) == 3
    assert found.conflicting[2].endswith("has synonyms in 2 rules")
    assert len(found.needless) == 2
    assert "forms of a word" in found.needless[0]
    assert "'gimp' finds its pins" in found.needless[1]


def test_a_pin_that_changes_nothing_is_needless(bundled_release: Release) -> None:
    pins = [{"question": "gimp", "ids": ["gimp"]}, {"question": "gimp", "ids": ["krita"]}]
    assert len(linted(bundled_release, {"pins": pins}).needless) == 1


def test_rules_that_judges_disagree_with_are_harmful(bundled_release: Release) -> None:
    judged = [
        JudgedQuestion("1", "play music", {"mpd": 1, "vlc": 1}),
        JudgedQuestion("2", "web server", {"nginx": 3, "apache": 2}),
    ]
    table = {
        "synonyms": [
            {"words": ["web server", "photo gallery with albums"]},
            {"asked": ["photo gallery"], "also": ["web servers"]},
        ],
        "hides": [{"id": "nginx"}],
    }
    found = linted(bundled_release, table, *judged)
    assert [said.split(" is ")[0] for said in found.harmful if "hidden" in said] == ["nginx"]


def test_the_bundled_rules_are_good_ones(bundled_release: Release) -> None:
    assert (
        linted(
            bundled_release,
            dict(read_rules(RULES)),
            *read_judgments(RULES.with_name("judgments.jsonl")),
        )
        == Linted()
    )
