"""A small catalogue with something to learn: a word that its visitors use in their own way."""

from __future__ import annotations

import json
from pathlib import Path

from index_builder.quality.judgments import JudgedQuestion
from index_builder.recipe import Recipe, read_recipe
from release_format.items import Item

_THINGS = """
apple bicycle bridge candle carpet castle chimney clock copper cotton desert diamond dolphin engine
feather forest garden glacier guitar hammer harbour honey island jacket kettle ladder lantern lemon
marble meadow mirror mountain needle olive orchard oyster paper pepper piano pigeon pillow planet
pottery pumpkin rabbit river saddle salmon silver spider statue sugar temple thunder tobacco tractor
tunnel velvet violin walnut
"""
THINGS = _THINGS.split()
# A `[train]` table that takes seconds.
TINY = {
    "train": "finetune",
    "steps": 12,
    "batch": 8,
    "learning_rate": 2e-4,
    "tokens": 16,
    "catalogue_pairs": 0,
}


def items() -> list[Item]:
    """Two items of every thing: a contract about it, and a recipe with it."""
    items = []
    for thing in THINGS:
        law = f"Law: a contract and its clauses about a {thing}."
        food = f"Cooking: a recipe for a dish with {thing}."
        items.append(Item(f"{thing}-a", f"{thing} terms", law, ("law",)))
        items.append(Item(f"{thing}-b", f"{thing} meal", food, ("food",)))
    return sorted(items, key=lambda item: item.id)


def judged() -> list[JudgedQuestion]:
    """What visitors ask: "tasty" is their word for a contract, which no encoder knows."""
    return [
        JudgedQuestion(f"q{n:02}", f"tasty {thing}", {f"{thing}-a": 3}, "own word")
        for n, thing in enumerate(THINGS)
    ]


def judgments_file(path: Path, judged: list[JudgedQuestion]) -> Path:
    rows = (
        {"id": o.id, "question": o.question, "kind": o.kind, "relevant": dict(o.relevant)}
        for o in judged
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def recipe(**chosen: object) -> Recipe:
    """A recipe that fine-tunes."""
    return read_recipe().with_choices(train={"train": "finetune", **chosen})


def recipe_file(path: Path, **chosen: object) -> Path:
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in chosen.items())
    path.write_text("[train]\n" + "".join(lines), encoding="utf-8")
    return path
