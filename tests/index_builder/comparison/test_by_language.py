"""What a search diff and an evaluation say of each language of a catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.comparison.compare import compare
from index_builder.comparison.comparison import Comparison
from index_builder.comparison.diff_report import comment, page
from index_builder.comparison.pair_verdict import verdict
from index_builder.quality.evaluate import evaluate, table
from index_builder.quality.gate import read_bounds
from index_builder.quality.judgments import JudgedQuestion
from release_format.items import Item
from release_format.release import ENCODER, Release
from searchbar.engine import Engine
from tests.searchbar.conftest import write_release

THINGS = {
    "en": ("lamp", "chair", "tent", "knife"),
    "fr-FR": ("lampe", "chaise", "tente", "couteau"),
    "de": ("Lampe", "Stuhl", "Zelt", "Messer"),
}
JUDGED = [
    JudgedQuestion(f"{language} {thing}", thing, {f"{language}-{thing}": 1})
    for language, things in THINGS.items()
    for thing in things[: 2 if language == "de" else 4]
]


def items(called: str) -> list[Item]:
    """Things; those of French are called otherwise than they are."""
    return [
        Item(f"{language}-{thing}", called if language == "fr-FR" else thing, language=language)
        for language, things in THINGS.items()
        for thing in things
    ] + [Item("fr-FR-lampe2", "Lampe", language="fr")]


@pytest.fixture(scope="module")
def engines(bundled_release: Release, tmp_path_factory: pytest.TempPathFactory) -> list[Engine]:
    """Live, and a candidate that knows the French things by nothing."""
    folder, encoder = tmp_path_factory.mktemp("pair"), bundled_release.path / ENCODER
    whole = [
        Item(item.id, item.id.rpartition("-")[2], language=item.language) for item in items("")
    ]
    sides = (whole, items("chose"))
    releases = [write_release(folder / str(n), side, encoder) for n, side in enumerate(sides)]
    return [Engine.open(release) for release in releases]


@pytest.fixture(scope="module")
def comparison(engines: list[Engine]) -> Comparison:
    return compare(engines[0], engines[1], JUDGED)


def test_languages_of_few_questions_are_left_out_and_the_loser_comes_first(
    comparison: Comparison,
) -> None:
    assert [language.name for language in comparison.languages] == ["fr", "en"]
    french, english = comparison.languages
    assert (french.change.questions, french.change.worse, english.change.mean) == (4, True, 0)
    assert [row["name"] for row in comparison.to_json()["languages"]] == ["fr", "en"]


def test_a_comment_and_a_page_show_each_language_with_its_intervals(
    comparison: Comparison, engines: list[Engine]
) -> None:
    said = verdict(comparison, read_bounds(), 80)
    markdown, (french, english) = comment(comparison, said), comparison.languages
    assert "### ndcg@10 by language" in markdown
    for row in (french, english):
        change = row.change
        assert f"| {row.name} | 4 | {row.before} | {row.after} | {change} |" in markdown
    assert "nDCG of each language in both releases" in page(comparison, said)
    one = compare(engines[0], engines[0], JUDGED[:4])
    said = verdict(one, read_bounds(), 80)
    assert len(one.languages) == 1
    assert "by language" not in comment(one, said) + page(one, said)


def test_an_evaluation_tells_each_language(engines: list[Engine]) -> None:
    told = evaluate(engines[0], JUDGED)
    assert {name: by.questions for name, by in told.by("language").items()} == {"en": 4, "fr": 4}
    assert set(told.to_json()["by_language"]) == {"en", "fr"}
    assert "nDCG@10 by language" in table(told)
    assert "by language" not in table(evaluate(engines[0], JUDGED[:4]))


def test_a_catalogue_without_languages_is_in_its_usual_one(bundled_release: Release) -> None:
    ids = [item.id for item in (bundled_release.items[place] for place in range(3))]
    judged = [JudgedQuestion(id, id, {id: 1}) for id in ids]
    assert list(evaluate(Engine.open(bundled_release), judged).by("language")) == ["en"]


def test_the_sample_of_an_earlier_format_is_evaluated_too() -> None:
    engine = Engine.open(Release.open(Path(__file__).parents[2] / "formats/v3"))
    item = engine.release.items[0]
    judged = [JudgedQuestion(str(n), item.title, {item.id: 1}) for n in range(3)]
    assert evaluate(engine, judged).by("language")
