"""The content of a release: facts as values, and engines for trials that leave no trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index_builder.build.build import build
from index_builder.build.content import ContentFacts, trial_engine, write_content
from index_builder.encoding.vector_cache import cache_folder
from index_builder.request.request import BuildRequest
from release_format import release as names
from release_format.fields import Field, FieldType, Schema
from release_format.store.folder import Folder
from release_format.verdict import Verdict
from searchbar.query.question import Question
from searchbar.retrieval.adapter import FILE
from searchbar.retrieval.columns import COLUMNS, Columns
from searchbar.retrieval.words.lexical import Lexical
from tests.index_builder.conftest import Admit, catalogue_items


@pytest.fixture
def nothing_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that knows exported encoders, and no vectors."""
    known, own = cache_folder().absolute() / "encoders", tmp_path / "cache"
    known.mkdir(parents=True, exist_ok=True)
    own.mkdir()
    (own / "encoders").symlink_to(known)
    monkeypatch.setenv("SEARCHBAR_CACHE", str(own))


@pytest.fixture
def request_of_ten(admit: Admit, store: Folder) -> BuildRequest:
    return BuildRequest.of(store, admit(catalogue_items(10)).id)


def vectors_of(verdict: Verdict) -> tuple[int, int]:
    counts: Mapping[str, Any] = verdict.facts["vectors"]
    return counts["encoded"], counts["from_cache"]


def test_two_builds_of_one_request_do_not_influence_each_other(
    request_of_ten: BuildRequest, tmp_path: Path, nothing_encoded: None
) -> None:
    """The second finds the vectors of the first: each tells where its own came from."""
    before = vars(request_of_ten).copy()
    first = build(request_of_ten, Folder(tmp_path / "one"), tmp_path / "reports")
    written = (tmp_path / "reports/verdict.json").read_text(encoding="utf-8")
    told = first.to_json()
    second = build(request_of_ten, Folder(tmp_path / "two"), tmp_path / "reports")
    assert (vectors_of(first), vectors_of(second)) == ((10, 0), (0, 10))
    assert first.to_json() == told
    assert Verdict.from_json(written).facts.items() <= first.facts.items()
    assert first.facts.keys() == second.facts.keys()
    assert vars(request_of_ten) == before


def test_the_facts_of_content_are_a_value(request_of_ten: BuildRequest, tmp_path: Path) -> None:
    facts = write_content(request_of_ten, _folder(tmp_path / "content"))
    assert (facts.vectors.passages, facts.lexical.written, facts.index.kind) == (10, 10, "exact")
    took = [getattr(facts, field.name) for field in fields(facts) if "seconds" in field.name]
    assert len(took) == 4
    assert min(took) >= 0
    assert max(took) > 0
    with pytest.raises(FrozenInstanceError):
        facts.index_seconds = 0.0  # type: ignore[misc]
    again = write_content(request_of_ten, _folder(tmp_path / "again"))
    assert _timeless(again) == _timeless(facts)


def test_another_use_of_a_field_leaves_nothing_of_live_behind(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    """The items are letter by letter those of live; what is indexed of them is not."""
    items = [
        replace(item, extra={"brand": "Zorvex", "ean": "77120"}) for item in catalogue_items(10)
    ]
    brand, ean = (Field(name, FieldType.KEYWORD) for name in ("brand", "ean"))
    before = Schema({"brand": brand, "ean": ean})
    searched, code = replace(brand, search=2.0, sort=True), replace(ean, code=True, filter=True)
    after = Schema({"brand": searched, "ean": code})
    build(BuildRequest.of(store, admit(items, before).id), store, tmp_path / "reports")
    (live,) = store.ids(names.KIND)
    request = BuildRequest.of(store, admit(items, after).id, live=live)
    facts = write_content(request, _folder(tmp_path / "content"))
    assert (facts.lexical.written, facts.lexical.from_live) == (10, 0)
    words = Lexical.open(tmp_path / "content" / names.LEXICAL)
    assert (words.occurs("zorvex"), len(words.named("77120")[0])) == (10, 10)
    assert {"brand", "title"} <= set(Columns.open(tmp_path / "content" / COLUMNS, 10))
    assert facts.vectors.encoded + facts.vectors.from_cache == 10
    shown = replace(before, fields={n: replace(f, show=1) for n, f in before.fields.items()})
    request = BuildRequest.of(store, admit(items, shown).id, live=live)
    facts = write_content(request, _folder(tmp_path / "shown"))
    assert (facts.lexical.written, facts.lexical.from_live) == (0, 10)


def test_a_trial_writes_content_once_and_its_adapter_nowhere(
    request_of_ten: BuildRequest, tmp_path: Path
) -> None:
    _folder(tmp_path / "work")
    plain = trial_engine(tmp_path / "work", request_of_ten, None)
    (folder,) = (tmp_path / "work").iterdir()
    written = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    backwards = -np.eye(384, dtype=np.float32)
    adapted = trial_engine(tmp_path / "work", request_of_ten, backwards)
    fused = request_of_ten.recipe.with_choices(fusion={"words": 0.9})
    trial_engine(tmp_path / "work", replace(request_of_ten, recipe=fused), None)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == written
    assert not (folder / FILE).exists()
    question = Question("a tool that nobody named")
    assert [hit.id for hit in plain.search(question).hits] != [
        hit.id for hit in adapted.search(question).hits
    ]
    other = request_of_ten.recipe.with_choices(text={"template": "{title}"})
    trial_engine(tmp_path / "work", replace(request_of_ten, recipe=other), None)
    assert len(list((tmp_path / "work").iterdir())) == 2


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _timeless(facts: ContentFacts) -> ContentFacts:
    vectors = replace(facts.vectors, seconds=0.0, encoded=0, from_cache=0, engine="")
    return replace(
        facts, encoder_seconds=0.0, lexical_seconds=0.0, vectors=vectors, vectors_seconds=0.0,
        index_seconds=0.0,
    )  # fmt: skip
