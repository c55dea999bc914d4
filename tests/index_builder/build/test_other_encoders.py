"""Releases whose encoder is none of BERT's English kind: sealed, asked, and corrected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from index_builder.request.request import BuildRequest
from release_format.items import Item
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.index_builder.conftest import Admit, Line
from tests.index_builder.encoding.tiny_models import DOCUMENT, FAMILIES, LINES, QUERY, WINDOW

QUICK = "xlm-r"
HOSE = "A hose of many metres with a brass nozzle for gardens and yards. "
ITEMS = (
    Item("hose", "Garden hose", HOSE + " ".join(LINES[1:5])),
    Item("clips", "Clips", "Cuts videos and joins them."),
    Item("paint", "Paint", "Retouches photos and paints pictures in layers."),
    Item("edit", "Edit", "Edits text with modes and commands."),
    Item("jacket", "Regenjacke", "Eine Regenjacke für Kinder, wasserdicht und warm."),
    Item("case", "手机壳", "适用于 手机 壳 保护 膜"),
    Item("cable", "Кабель", "Кабель для зарядки телефона."),
    Item("café", "Café", "Le café est déjà prêt à être servi."),
)


def recipe(folder: Path, **encoder: Any) -> Path:
    """A recipe that names a model, whose long texts become several passages."""
    choices = {"max_tokens": WINDOW, **encoder}
    lines = [f"{key} = {json.dumps(value)}" for key, value in choices.items()]
    path = folder / "recipe.toml"
    text = "[encoder]\n" + "\n".join(lines) + "\n[passages]\noverlap = 4\n[probes]\ncount = 4\n"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "family",
    [pytest.param(name, marks=[] if name == QUICK else [pytest.mark.proof]) for name in FAMILIES],
)
def test_a_release_is_sealed_and_finds_shows_and_corrects(
    admit: Admit, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    monkeypatch.setenv("SEARCHBAR_CACHE", str(tmp_path / "cache"))
    model = FAMILIES[family].save(tmp_path / "tiny")
    snapshot, chosen = (
        admit(sorted(ITEMS, key=lambda item: item.id)),
        recipe(tmp_path, model=str(model)),
    )
    release = line.release(snapshot.id, "--recipe", str(chosen))
    assert (release.encoder["query_prompt"], release.encoder["document_prompt"]) == (
        QUERY,
        DOCUMENT,
    )
    engine = Engine.open(release)
    [first, *_] = engine.search(Question("brass nozzle")).hits
    assert first.id == "hose"
    assert "<mark>brass</mark> <mark>nozzle</mark>" in first.snippet
    assert engine.search(Question("Regenjacke")).hits[0].id == "jacket"
    spelling = engine.retriever.planner.spelling
    assert spelling.correct("gardne") == "garden"
    assert spelling.correct("video") == "", "a right word, which the catalogue has in the plural"
    other = recipe(tmp_path, model=str(model), query_prompt="find: ")
    ids = {BuildRequest.of(line.store, snapshot.id, recipe=path).origin.id for path in (other,)}
    assert release.id not in ids, "the id counts what stands before questions"
