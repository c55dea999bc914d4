"""A made-up library: as many rows as wanted, the same ones every time."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]

THEMES = {
    "gardens": (
        "soil seed bloom prune hedge compost shade rose lawn tulip water root mulch orchard fern"
        " ivy herb bulb"
    ),
    "harbours": (
        "ship crane quay tide anchor cargo sail rope dock pilot buoy ferry storm hull net"
        " lighthouse pier mast"
    ),
    "kitchens": (
        "oven dough spice broth knife simmer roast butter flour onion basil sauce whisk pan grill"
        " lemon crust"
    ),
    "railways": (
        "train track signal platform bridge engine coal ticket tunnel carriage whistle sleeper"
        " gauge buffer"
    ),
    "weather": (
        "cloud rain wind frost front pressure cyclone drizzle thunder snow humid breeze haze gust"
        " drought fog"
    ),
    "theatre": (
        "stage actor curtain script scene prop chorus costume applause director rehearsal dialogue"
        " mask cue"
    ),
}
SHELVES = ("adults", "archive", "beginners", "loan", "reference", "students")
SMALL_WORDS = "the of and to a in is for with that on this by it as from are an be or"


def sentence(chance: random.Random, words: Sequence[str]) -> str:
    """One sentence: half of it words of a theme, half of it small words of English."""
    length, small = chance.randint(8, 16), SMALL_WORDS.split()
    drawn = [chance.choice(words if place % 2 else small) for place in range(length)]
    return " ".join(drawn).capitalize() + "."


def book(number: int, chance: random.Random, theme: str = "") -> Row:
    """One row; its shelf says nothing of its theme."""
    about = theme or chance.choice(list(THEMES))
    words = THEMES[about].split()
    return {
        "id": f"book-{number:05}",
        "title": f"{chance.choice(words).capitalize()} and {chance.choice(words)} {number}",
        "description": " ".join(sentence(chance, words) for _ in range(chance.randint(2, 5))),
        "topics": chance.choices(SHELVES, weights=(1, 1, 1, 2, 1, 1)),
        "url": f"https://library.example/{number}",
        "language": "en",
        "updated_at": f"2026-0{number % 9 + 1}-11",
    }


def library(size: int, seed: int = 1) -> list[Row]:
    """That many rows; of harbours there are half as many as of any other theme."""
    chance = random.Random(seed)
    rows = [book(number, chance) for number in range(size)]
    return [
        (
            book(number, random.Random(number), "weather")
            if number % 2 and is_about("harbours", row)
            else row
        )
        for number, row in enumerate(rows)
    ]


def is_about(theme: str, row: Row) -> bool:
    """Whether a row is of a theme, by the second word of its title."""
    return row["title"].split()[2] in THEMES[theme].split()


def as_jsonl(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_csv(rows: Sequence[Row], **how: Any) -> str:
    """The rows as one CSV file, topics separated by bars."""
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, restval="", **{"lineterminator": "\n", **how})
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "topics": "|".join(row.get("topics", ()))})
    return text.getvalue()


def write_jsonl(path: Path, rows: Iterable[Row]) -> Path:
    path.write_text(as_jsonl(rows), encoding="utf-8")
    return path
