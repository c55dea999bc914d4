"""Evaluating a release: figures against another library, groups, what is gone, the verb."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import ndcg_score
from sklearn.neighbors import KNeighborsClassifier

from index_builder.__main__ import PROGRAM
from index_builder.quality.evaluate import Evaluation, evaluate
from index_builder.quality.judgments import JudgedQuestion, read_judgments
from index_builder.quality.topic_accuracy import LEAST_CHANCE, measure_topic_accuracy
from release_format.cli import run_program
from release_format.items import read_offsets
from release_format.release import PASSAGES, VECTORS, Release
from searchbar.engine import Engine
from searchbar.query.question import UNCUT, Question
from tests.conftest import SHARED_STORE

JUDGMENTS = Path(__file__).parents[3] / "catalogue/judgments.jsonl"
GONE = JudgedQuestion("gone", "what was there once", {"no-such-item": 1})
PARTLY = JudgedQuestion("partly", "host my own git server", {"gitea": 1, "no-such-item": 3})


@pytest.fixture(scope="module")
def engine(bundled_release: Release) -> Engine:
    return Engine.open(bundled_release)


@pytest.fixture(scope="module")
def evaluation(engine: Engine) -> Evaluation:
    return evaluate(engine, [*read_judgments(JUDGMENTS), GONE, PARTLY])


def test_the_bundled_catalogue_answers_what_it_should(evaluation: Evaluation) -> None:
    figures = evaluation.figures
    assert figures["ndcg@10"].mean >= 0.75
    assert figures["success@1"].mean >= 0.75
    assert figures["recall@10"].mean <= figures["recall@100"].mean
    assert all(figure.low <= figure.mean <= figure.high for figure in figures.values())
    assert evaluation.by("kind")["name"].mean >= 0.95


def test_ndcg_is_that_of_scikit_learn(evaluation: Evaluation) -> None:
    one = next(
        one
        for one in evaluation.judged
        if 0.2 < evaluation.values["ndcg@10"][evaluation.judged.index(one)] < 0.95
    )
    ids = evaluation.answers[one.id].ids
    every = [*ids, *(id for id in one.relevant if id not in ids)]
    grades = [[one.relevant.get(id, 0) for id in every]]
    ranks = [[-float(rank) for rank in range(len(every))]]
    assert evaluation.values["ndcg@10"][evaluation.judged.index(one)] == pytest.approx(
        ndcg_score(grades, ranks, k=10)
    )


def test_a_visitor_gets_the_very_ids_that_are_judged(
    engine: Engine, evaluation: Evaluation
) -> None:
    for one in evaluation.judged[::20]:
        hits = engine.search(Question(one.question, k=100, cut=UNCUT)).hits
        assert [hit.id for hit in hits] == list(evaluation.answers[one.id].ids)


def test_items_that_are_gone_are_told_and_a_question_without_any_left_is_left_out(
    evaluation: Evaluation,
) -> None:
    assert evaluation.gone == {"gone": ["no-such-item"], "partly": ["no-such-item"]}
    judged = {one.id for one in evaluation.judged}
    assert "gone" not in judged
    assert "partly" in judged
    assert all(one.relevant == {} for one in evaluation.unanswerable)
    assert len(evaluation.unanswerable) == 20


def test_neighbours_foretell_topics_as_scikit_learn_says(
    bundled_release: Release,
) -> None:
    told = measure_topic_accuracy(bundled_release)
    assert told is not None
    assert 0.3 < told.accuracy == pytest.approx(told.micro_f1)
    assert told.log_loss < -np.log(LEAST_CHANCE)
    topics = {topic for item in bundled_release.items for topic in item.topics}
    assert 2 <= told.topics <= len(topics)


def test_an_item_does_not_vote_for_itself(bundled_release: Release) -> None:
    """With one neighbour, itself, a classifier is always right; ours leaves it out."""
    told = measure_topic_accuracy(bundled_release)
    assert told is not None
    items = list(bundled_release.items)
    counts: dict[str, int] = {}
    for item in items:
        for topic in item.topics:
            counts[topic] = counts.get(topic, 0) + 1
    rarest = [
        min((t for t in item.topics if counts[t] > 1), key=lambda t: (counts[t], t), default="")
        for item in items
    ]
    first = np.array(read_offsets(bundled_release.path / PASSAGES))[:-1]
    vectors = np.load(bundled_release.path / VECTORS)[first].astype(np.float32)
    known = [row for row, topic in enumerate(rarest) if topic]
    theirs = KNeighborsClassifier(
        11, weights=lambda d: np.where(d < 1e-3, 0, np.exp(-d * d / 2 / 0.1))
    )
    theirs.fit(vectors[known], [rarest[row] for row in known])
    accuracy = theirs.score(vectors[known], [rarest[row] for row in known])
    assert told.accuracy == pytest.approx(accuracy, abs=0.02)


def test_the_verb_prints_figures_and_the_id(
    bundled_release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    line = [
        "evaluate",
        bundled_release.id[:12],
        "--judgments",
        str(JUDGMENTS),
        "--store",
        str(SHARED_STORE),
    ]
    assert run_program("index_builder", PROGRAM.main, line) == 0
    printed = capsys.readouterr().out
    assert "ndcg@10" in printed
    assert printed.splitlines()[-1] == bundled_release.id
    assert run_program("index_builder", PROGRAM.main, [*line, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["figures"]) == {"ndcg@10", "recall@10", "recall@100", "mrr@10", "success@1"}
    assert told["questions"] + told["unanswerable"] == 165
    assert told["by_topic"]
    assert [value for _, value in told["worst"]] == sorted(value for _, value in told["worst"])
    assert told["topics_foretold"]["items"] > 500


def test_judgments_of_another_catalogue_are_refused(
    bundled_release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "j.jsonl").write_text(
        '{"id": "a", "question": "q", "relevant": {"no-such-item": 1}}\n'
    )
    line = ["evaluate", str(bundled_release.path), "--judgments", str(tmp_path / "j.jsonl")]
    assert run_program("index_builder", PROGRAM.main, line) == 2
    assert "judges no item of release" in capsys.readouterr().err
