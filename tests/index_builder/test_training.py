"""Learning made honest: parts that share nothing, pairs without leaks, a decision that must win, bad input refused."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from index_builder.cache import cache_folder
from index_builder.finetune import teach
from index_builder.holdouts import Parts, components, split, worded
from index_builder.judgments import Judged
from index_builder.measures import change, interval
from index_builder.pairs import CLICKED, JUDGED, TITLES, TOPICS, Pair, Pairs, Texts, gather
from index_builder.recipe import BuildError, Recipe, read_recipe
from index_builder.trial import HELD_OUT, KNOWN, Figure, Trial, named
from index_builder.weights import digest_of_weights, folder_of
from release_format.items import Item
from release_format.questions import LoggedQuestion, append
from release_format.release import Release
from release_format.snapshot import Snapshot
from release_format.store import Folder
from searchbar.engine import Engine
from searchbar.question import Question
from tests.index_builder import learning_world as world
from tests.index_builder.conftest import Admit, Line, catalogue_items


def drawn(seed: int, questions: int = 120, items: int = 90) -> list[Judged]:
    draw = random.Random(seed)
    made = [
        Judged(f"q{n}", f"Question {n}", dict.fromkeys(draw.sample([f"i{k}" for k in range(items)], 1), 3))
        for n in range(questions - 6)
    ]
    # The same words again, and one that joins two others by its items.
    made += [replace(made[n], id=f"again{n}", question=f"  question  {n}? ", relevant={f"x{n}": 1}) for n in range(5)]
    joins = dict.fromkeys([*made[0].relevant, *made[1].relevant], 1)
    return [*made, Judged("joins", "both", joins)]


@pytest.mark.parametrize("seed", range(8))
def test_parts_share_neither_a_question_nor_an_item(seed: int) -> None:
    judged = drawn(seed)
    parts = split(judged, 40, seed)
    sides = [parts.learn, parts.stop, parts.held_out]
    assert sorted(one.id for side in sides for one in side) == sorted(one.id for one in judged)
    for names in (lambda one: {worded(one.question)}, lambda one: set(one.relevant)):
        seen = [set().union(*(names(one) for one in side)) for side in sides]
        assert not seen[0] & seen[1]
        assert not seen[0] & seen[2]
        assert not seen[1] & seen[2]
    assert 0.3 * len(judged) <= len(parts.held_out) <= 0.4 * len(judged)
    assert len(parts.stop) >= 0.1 * len(judged)


def test_items_of_the_same_text_count_as_one() -> None:
    judged = [Judged("1", "one", {"a": 1}), Judged("2", "two", {"copy of a": 1}), Judged("3", "three", {"b": 1})]
    assert sorted(map(len, components(judged))) == [1, 1, 1]
    assert sorted(map(len, components(judged, lambda name: name.removeprefix("copy of ")))) == [1, 2]


def test_a_component_larger_than_the_holdout_is_learned_from() -> None:
    judged = [Judged(f"big{n}", f"big {n}", {"hub": 1}) for n in range(60)]
    judged += [Judged(f"q{n}", f"small {n}", {f"i{n}": 1}) for n in range(40)]
    parts = split(judged, 30, 1)
    assert {one.id for one in judged if one.id.startswith("big")} <= {one.id for one in parts.learn}
    assert len(parts.held_out) == 30


def test_the_same_questions_are_split_the_same_way_and_another_seed_splits_otherwise() -> None:
    judged = drawn(1)
    assert split(judged, 40, 1) == split(judged, 40, 1)
    assert named(split(judged, 40, 1).held_out) != named(split(judged, 40, 2).held_out)


@pytest.fixture
def texts(admit: Admit) -> Texts:
    return Texts(admit(world.items()).items, read_recipe())


def learning(**chosen: object) -> Recipe:
    return read_recipe().with_choices(train={"train": "finetune", **chosen})


def test_pairs_come_from_judged_and_clicked_questions_and_from_the_catalogue(texts: Texts, tmp_path: Path) -> None:
    parts = split(world.judged(), 40, 1, texts.name)
    known, out = parts.learn[0], parts.held_out[0]
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
    pairs = gather(texts, parts, log, learning(catalogue_pairs=50))
    assert pairs.counts[JUDGED] == len(parts.learn)
    assert pairs.counts[CLICKED] == 1
    assert pairs.counts[TITLES] + pairs.counts[TOPICS] == 50
    assert pairs.leaks == 2
    unseen = {id for one in parts.unseen for id in one.relevant}
    assert not unseen & {pair.item for pair in pairs.learn}
    assert gather(texts, parts, log, learning(catalogue_pairs=50)).digest == pairs.digest
    assert gather(texts, parts, None, learning(catalogue_pairs=0)).counts == {JUDGED: len(parts.learn)}


@pytest.mark.parametrize("leak", ["question", "item", "negative"])
def test_a_pair_that_leaks_is_never_learned_from(texts: Texts, leak: str) -> None:
    parts = split(world.judged(), 40, 1, texts.name)
    out = parts.held_out[0]
    held_out, other = next(iter(out.relevant)), next(iter(parts.learn[0].relevant))
    pair = {
        "question": Pair(f"{out.question.title()}?", other, "text", JUDGED),
        "item": Pair("something else", held_out, "text", JUDGED),
        "negative": Pair("something else", other, "text", JUDGED, held_out),
    }[leak]
    with pytest.raises(BuildError, match="is held out") as refused:
        Pairs([pair], [], 0).check(texts, parts)
    assert refused.value.exit_code == 3
    Pairs([Pair("something else", other, "text", JUDGED)], [], 0).check(texts, parts)


def figure(*differences: float) -> Figure:
    before, after = np.full(40, 0.5), 0.5 + np.resize(differences, 40)
    return Figure(interval(before), interval(after), change(before, after))


@pytest.mark.parametrize(
    ("sets", "live", "kept", "why"),
    [
        ({HELD_OUT: figure(0.1, 0.2)}, None, True, "gain for certain"),
        ({HELD_OUT: figure(0.3, -0.2)}, None, False, "held-out questions do not gain for certain"),
        ({HELD_OUT: figure(-0.1)}, None, False, "do not gain"),
        ({HELD_OUT: figure(0.1), KNOWN: figure(-0.1)}, None, False, "known items lose for certain"),
        ({HELD_OUT: figure(0.1), KNOWN: figure(0.2, -0.2)}, None, True, "gain"),
        ({HELD_OUT: figure(0.1)}, figure(-0.1), False, "live answers held-out questions better"),
        ({HELD_OUT: figure(0.1)}, figure(0.0), True, "gain"),
    ],
)
def test_what_was_learned_is_kept_only_where_it_wins(
    sets: dict[str, Figure], live: Figure | None, kept: bool, why: str
) -> None:
    said = Trial(sets, figure(0.4), live).decision
    assert said[0] is kept
    assert why in said[1]


@pytest.fixture
def snapshot(admit: Admit) -> Snapshot:
    return admit(world.items())


@pytest.fixture
def nothing_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that knows exported encoders, but no vectors and nobody who learned."""
    known, own = cache_folder().absolute() / "encoders", tmp_path / "cache"
    known.mkdir(parents=True, exist_ok=True)
    own.mkdir()
    (own / "encoders").symlink_to(known)
    monkeypatch.setenv("SEARCHBAR_CACHE", str(own))


TINY = {"train": "finetune", "steps": 12, "batch": 8, "learning_rate": 2e-4, "tokens": 16, "catalogue_pairs": 0}


def test_an_encoder_that_wins_is_kept_reused_and_named_by_what_it_learned_from(
    line: Line, snapshot: Snapshot, admit: Admit, nothing_learned: None, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    judgments = world.judgments_file(tmp_path / "judgments.jsonl", world.judged())
    recipe = world.recipe_file(tmp_path / "recipe.toml", **TINY)
    choices = ("--judgments", str(judgments), "--recipe", str(recipe))
    plain = line.release(snapshot.id, *choices[:2])
    trained = line.release(snapshot.id, *choices, "--live", plain.id)
    told = trained.verdict.facts["training"]
    assert told["kept"], told["why"]
    assert told["made"] == "trained"
    assert len(trained.encoder["revision"]) == len(told["revision"])
    assert trained.encoder["weights_sha256"] != plain.encoder["weights_sha256"]
    assert [step for step, _ in told["steps"]["loss"]] == list(range(1, len(told["steps"]["loss"]) + 1))
    assert told["steps"]["stop_loss"][0][0] == 0
    assert trained.verdict.facts["vectors"]["encoded"] == len(world.items())
    assert Engine.open(trained).search(Question("tasty walnut")).hits[0].id == "walnut-a"
    # Another item, the same pairs: on a machine that has nothing but live, nothing is learned and one text encoded.
    monkeypatch.setenv("SEARCHBAR_CACHE", str(tmp_path / "empty"))
    more = admit([*world.items(), Item("zebra", "zebra", "Zoology: an animal with stripes.", ("life",))])
    again = line.release(more.id, *choices, "--live", trained.id)
    assert again.verdict.facts["training"]["made"] == "reused"
    assert again.verdict.facts["vectors"]["encoded"] == 1
    assert (again.path / "encoder/model.onnx").samefile(trained.path / "encoder/model.onnx")
    assert not (tmp_path / "empty/trained").exists()


def test_what_was_refused_is_not_learned_again(
    line: Line, admit: Admit, nothing_learned: None, tmp_path: Path
) -> None:
    """One step changes next to nothing: the release has the untrained encoder, and says so."""
    items = catalogue_items(60)
    rows = [Judged(f"q{n}", item.title, {item.id: 3}) for n, item in enumerate(items)]
    judgments = world.judgments_file(tmp_path / "judgments.jsonl", rows)
    recipe = world.recipe_file(tmp_path / "recipe.toml", **TINY | {"steps": 1, "learning_rate": 1e-9})
    choices = ("--judgments", str(judgments), "--recipe", str(recipe))
    first = line.release(admit(items).id, *choices)
    assert first.verdict.facts["training"]["made"] == "trained"
    assert not first.verdict.facts["training"]["kept"]
    assert first.encoder["revision"] == ""
    again = line.build(admit([*items, Item("zzz", "Brand new", "Did not exist before.")]).id, *choices)
    assert "finetune, reused, refused: held-out questions do not gain for certain" in again.stderr


def test_the_same_pairs_give_the_same_weights_and_a_loss_that_is_no_number_is_refused(tmp_path: Path) -> None:
    judged, weights = world.judged()[:16], folder_of(read_recipe())
    learn = {
        "anchor": [one.question for one in judged],
        "positive": [f"a dish with {one.question.split()[1]}" for one in judged],
        "negative": [f"a contract about {one.question.split()[1]}" for one in judged],
    }
    stop = {name: column[:0] for name, column in learn.items()}
    training = replace(learning(**TINY).training, steps=2, batch=4)
    for name in ("one", "two"):
        taught = teach(weights, learn, stop, training, tmp_path / name)
        assert len(taught.steps["loss"]) == taught.kept_step == 2
    assert digest_of_weights(tmp_path / "one") == digest_of_weights(tmp_path / "two") != digest_of_weights(weights)
    with pytest.raises(BuildError, match="Lower learning_rate") as refused:
        teach(weights, learn, stop, replace(training, learning_rate=1e30, steps=3), tmp_path / "three")
    assert refused.value.exit_code == 3
    assert not (tmp_path / "three").exists()


@pytest.mark.parametrize("way", ["adapter", "finetune"])
@pytest.mark.parametrize(
    ("judged", "code", "says"),
    [
        (None, 2, "needs judged questions"),
        (world.judged()[:1], 2, "of 1 judged questions only 0 can be held out"),
        ([replace(one, relevant={"walnut-a": 3}) for one in world.judged()], 2, "only 0 can be held out"),
        (
            [replace(one, relevant={"gone": 1}) if n % 2 else one for n, one in enumerate(world.judged())],
            1,
            "50% of the judged answers are gone, at most 30% may",
        ),
    ],
)
def test_bad_judgments_are_refused_and_nothing_is_sealed(
    line: Line, snapshot: Snapshot, store: Folder, tmp_path: Path, way: str,
    judged: list[Judged] | None, code: int, says: str,
) -> None:  # fmt: skip
    recipe = world.recipe_file(tmp_path / "recipe.toml", train=way)
    given = ["--judgments", str(world.judgments_file(tmp_path / "j.jsonl", judged))] if judged is not None else []
    ended = line.build(snapshot.id, "--recipe", str(recipe), *given, check=code)
    assert says in ended.stderr
    assert not ended.stdout
    assert store.ids("release") == []


def test_a_log_that_is_not_there_is_refused(line: Line, snapshot: Snapshot, tmp_path: Path) -> None:
    ended = line.build(snapshot.id, "--questions", str(tmp_path / "none.jsonl"), check=2)
    assert "Give a file that is there" in ended.stderr


def test_a_few_items_that_are_gone_are_told(line: Line, snapshot: Snapshot, store: Folder, tmp_path: Path) -> None:
    rows = [replace(one, relevant={"gone": 1}) if n < 2 else one for n, one in enumerate(world.judged())]
    judgments = world.judgments_file(tmp_path / "judgments.jsonl", rows)
    recipe = world.recipe_file(tmp_path / "recipe.toml", train="adapter")
    id = line.build(snapshot.id, "--recipe", str(recipe), "--judgments", str(judgments)).stdout.split()[-1]
    told = Release.open(store.path("release", id)).verdict.facts["training"]
    assert told["judgments_gone"] == 2
    assert sum(told["questions"].values()) == len(rows) - 2


def test_nothing_learned_leaves_no_word_of_it(bundled_release: Release) -> None:
    assert "training" not in bundled_release.verdict.facts
    assert "training" not in {condition.name for condition in bundled_release.verdict.conditions}
    assert SimpleNamespace(**bundled_release.recipe["train"]).train == "none"


def test_parts_name_all_that_no_pair_may_come_from() -> None:
    one, two, three = world.judged()[:3]
    assert Parts([one], [two], [three]).unseen == [two, three]
