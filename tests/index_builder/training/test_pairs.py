"""Pairs to learn from: where they come from, and that none of them is held out."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.errors import BuildError
from index_builder.recipe import read_recipe
from index_builder.training.pairs import (
    CLICKED,
    JUDGED,
    TITLES,
    TOPICS,
    ItemTexts,
    TrainingPair,
    TrainingPairs,
    _clicked,
    gather,
)
from index_builder.training.split import split
from release_format.questions import LoggedQuestion, append
from tests.index_builder.conftest import Admit
from tests.index_builder.training import learning_world as world


@pytest.fixture
def texts(admit: Admit) -> ItemTexts:
    return ItemTexts(admit(world.items()).items, read_recipe())


def test_pairs_come_from_judged_and_clicked_questions_and_from_the_catalogue(
    texts: ItemTexts, tmp_path: Path
) -> None:
    parts = split(world.judged(), 40, 1, texts.name)
    known, out = parts.train[0], parts.test[0]
    log = tmp_path / "log.jsonl"
    for question, kind, id in (
        ("dinner with walnuts", "click", next(iter(known.relevant))),
        ("dinner with walnuts", "good", next(iter(known.relevant))),
        ("not this one", "bad", next(iter(known.relevant))),
        ("gone", "click", "no-such-item"),
        (out.question.upper(), "click", next(iter(known.relevant))),
        ("words of its own", "click", next(iter(out.relevant))),
    ):
        append(log, LoggedQuestion(question, feedback={"kind": kind, "id": id}))
    append(log, LoggedQuestion("a question that nobody clicked on", hits=["walnut-a"]))
    pairs = gather(texts, parts, log, world.recipe(catalogue_pairs=50))
    assert pairs.counts[JUDGED] == len(parts.train)
    assert pairs.counts[CLICKED] == 1
    assert pairs.counts[TITLES] + pairs.counts[TOPICS] == 50
    assert pairs.leaks == 2
    unseen = {id for one in parts.unseen for id in one.relevant}
    assert not unseen & {pair.item for pair in pairs.train}
    assert gather(texts, parts, log, world.recipe(catalogue_pairs=50)).digest == pairs.digest
    assert gather(texts, parts, None, world.recipe(catalogue_pairs=0)).counts == {
        JUDGED: len(parts.train)
    }


@pytest.mark.parametrize("leak", ["question", "item", "negative"])
def test_a_pair_that_leaks_is_never_learned_from(texts: ItemTexts, leak: str) -> None:
    parts = split(world.judged(), 40, 1, texts.name)
    out = parts.test[0]
    held_out, other = next(iter(out.relevant)), next(iter(parts.train[0].relevant))
    pair = {
        "question": TrainingPair(f"{out.question.title()}?", other, "text", JUDGED),
        "item": TrainingPair("something else", held_out, "text", JUDGED),
        "negative": TrainingPair("something else", other, "text", JUDGED, held_out),
    }[leak]
    with pytest.raises(BuildError, match="is held out") as refused:
        TrainingPairs([pair], [], 0).check(texts, parts)
    assert refused.value.exit_code == 3
    TrainingPairs([TrainingPair("something else", other, "text", JUDGED)], [], 0).check(
        texts, parts
    )


def test_a_folder_is_no_log_of_clicks(texts: ItemTexts, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"cannot be read .* Name a log of questions") as refused:
        list(_clicked(texts, tmp_path))
    assert refused.value.exit_code == 2
