"""Builds that learn: what wins is kept and reused, what does not is refused, and both are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from index_builder.encoding.vector_cache import cache_folder
from index_builder.quality.judgments import JudgedQuestion
from release_format.items import Item
from release_format.release import Release
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.index_builder.conftest import Admit, Line, catalogue_items
from tests.index_builder.training import learning_world as world


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


@pytest.mark.proof  # it learns twice: most of a minute
def test_an_encoder_that_wins_is_kept_reused_and_named_by_what_it_learned_from(
    line: Line, snapshot: Snapshot, admit: Admit, nothing_learned: None, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    judgments = world.judgments_file(tmp_path / "judgments.jsonl", world.judged())
    recipe = world.recipe_file(tmp_path / "recipe.toml", **world.TINY)
    choices = ("--judgments", str(judgments), "--recipe", str(recipe))
    plain = line.release(snapshot.id, *choices[:2])
    trained = line.release(snapshot.id, *choices, "--live", plain.id)
    told = trained.verdict.facts["training"]
    assert told["kept"], told["why"]
    assert told["made"] == "trained"
    assert len(trained.encoder["revision"]) == len(told["revision"])
    assert trained.encoder["weights_sha256"] != plain.encoder["weights_sha256"]
    assert [step for step, _ in told["steps"]["loss"]] == list(
        range(1, len(told["steps"]["loss"]) + 1)
    )
    assert told["steps"]["stop_loss"][0][0] == 0
    assert trained.verdict.facts["vectors"]["encoded"] == len(world.items())
    assert Engine.open(trained).search(Question("tasty walnut")).hits[0].id == "walnut-a"
    # Another item, the same pairs: on a machine that has nothing but live, nothing is learned and
    # one text encoded.
    monkeypatch.setenv("SEARCHBAR_CACHE", str(tmp_path / "empty"))
    more = admit(
        [*world.items(), Item("zebra", "zebra", "Zoology: an animal with stripes.", ("life",))]
    )
    again = line.release(more.id, *choices, "--live", trained.id)
    assert again.verdict.facts["training"]["made"] == "reused"
    assert again.verdict.facts["vectors"]["encoded"] == 1
    assert (again.path / "encoder/model.onnx").samefile(trained.path / "encoder/model.onnx")
    assert not (tmp_path / "empty/trained").exists()


@pytest.mark.proof  # it learns and evaluates: a third of a minute
def test_what_was_refused_is_not_learned_again(
    line: Line, admit: Admit, nothing_learned: None, tmp_path: Path
) -> None:
    """One step changes next to nothing: the release has the untrained encoder, and says so."""
    items = catalogue_items(60)
    rows = [JudgedQuestion(f"q{n}", item.title, {item.id: 3}) for n, item in enumerate(items)]
    judgments = world.judgments_file(tmp_path / "judgments.jsonl", rows)
    recipe = world.recipe_file(
        tmp_path / "recipe.toml", **world.TINY | {"steps": 1, "learning_rate": 1e-9}
    )
    choices = ("--judgments", str(judgments), "--recipe", str(recipe))
    first = line.release(admit(items).id, *choices)
    assert first.verdict.facts["training"]["made"] == "trained"
    assert not first.verdict.facts["training"]["kept"]
    assert first.encoder["revision"] == ""
    again = line.build(
        admit([*items, Item("zzz", "Brand new", "Did not exist before.")]).id, *choices
    )
    assert "finetune, reused, refused: held-out questions do not gain for certain" in again.stderr


@pytest.mark.parametrize("way", ["adapter", "finetune"])
@pytest.mark.parametrize(
    ("judged", "code", "says"),
    [
        (None, 2, "needs judged questions"),
        (world.judged()[:1], 2, "of 1 judged questions only 0 can be held out"),
        (
            [replace(one, relevant={"walnut-a": 3}) for one in world.judged()],
            2,
            "only 0 can be held out",
        ),
        (
            [
                replace(one, relevant={"gone": 1}) if n % 2 else one
                for n, one in enumerate(world.judged())
            ],
            1,
            "50% of the judged answers are gone, at most 30% may",
        ),
    ],
)
def test_bad_judgments_are_refused_and_nothing_is_sealed(
    line: Line, snapshot: Snapshot, store: Folder, tmp_path: Path, way: str,
    judged: list[JudgedQuestion] | None, code: int, says: str,
) -> None:  # fmt: skip
    recipe = world.recipe_file(tmp_path / "recipe.toml", train=way)
    given = (
        ["--judgments", str(world.judgments_file(tmp_path / "j.jsonl", judged))]
        if judged is not None
        else []
    )
    ended = line.build(snapshot.id, "--recipe", str(recipe), *given, check=code)
    assert says in ended.stderr
    assert not ended.stdout
    assert store.ids("release") == []


def test_a_log_that_is_not_there_is_refused(line: Line, snapshot: Snapshot, tmp_path: Path) -> None:
    ended = line.build(snapshot.id, "--questions", str(tmp_path / "none.jsonl"), check=2)
    assert "Give a file that is there" in ended.stderr


def test_a_few_items_that_are_gone_are_told(
    line: Line, snapshot: Snapshot, store: Folder, tmp_path: Path
) -> None:
    rows = [
        replace(one, relevant={"gone": 1}) if n < 2 else one for n, one in enumerate(world.judged())
    ]
    judgments = world.judgments_file(tmp_path / "judgments.jsonl", rows)
    recipe = world.recipe_file(tmp_path / "recipe.toml", train="adapter")
    id = line.build(
        snapshot.id, "--recipe", str(recipe), "--judgments", str(judgments)
    ).stdout.split()[-1]
    told = Release.open(store.path("release", id)).verdict.facts["training"]
    assert told["judgments_gone"] == 2
    assert sum(told["questions"].values()) == len(rows) - 2


def test_nothing_learned_leaves_no_word_of_it(bundled_release: Release) -> None:
    assert "training" not in bundled_release.verdict.facts
    assert "training" not in {condition.name for condition in bundled_release.verdict.conditions}
    assert SimpleNamespace(**bundled_release.recipe["train"]).train == "none"
