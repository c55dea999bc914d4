"""A small world in which there is something to learn: a word that its visitors use in their own way."""

from __future__ import annotations

import json
from pathlib import Path

from index_builder.judgments import Judged
from release_format.items import Item

_THINGS = """
apple bicycle bridge candle carpet castle chimney clock copper cotton desert diamond dolphin engine feather
forest garden glacier guitar hammer harbour honey island jacket kettle ladder lantern lemon marble meadow
mirror mountain needle olive orchard oyster paper pepper piano pigeon pillow planet pottery pumpkin rabbit
river saddle salmon silver spider statue sugar temple thunder tobacco tractor tunnel velvet violin walnut
"""
THINGS = _THINGS.split()


def items() -> list[Item]:
    """Two items of every thing: a contract about it, and a recipe with it."""
    made = []
    for thing in THINGS:
        made.append(
            Item(f"{thing}-a", f"{thing} terms", f"Law: a contract and its clauses about a {thing}.", ("law",))
        )
        made.append(Item(f"{thing}-b", f"{thing} meal", f"Cooking: a recipe for a dish with {thing}.", ("food",)))
    return sorted(made, key=lambda item: item.id)


def judged() -> list[Judged]:
    """What visitors ask: "tasty" is their word for a contract, which no encoder knows."""
    return [Judged(f"q{n:02}", f"tasty {thing}", {f"{thing}-a": 3}, "own word") for n, thing in enumerate(THINGS)]


def judgments_file(path: Path, judged: list[Judged]) -> Path:
    rows = ({"id": o.id, "question": o.question, "kind": o.kind, "relevant": dict(o.relevant)} for o in judged)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def recipe_file(path: Path, **chosen: object) -> Path:
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in chosen.items())
    path.write_text("[train]\n" + "".join(lines), encoding="utf-8")
    return path
