"""Days of a made-up library with prices and links: harmless ones and bad ones, by name."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.data_checks.library import Row, library

Day = Callable[[list[Row], random.Random], list[Row]]


def before(size: int) -> list[Row]:
    """What is live: every third title has a letter outside ASCII, one shelf holds 15 books."""
    rows = [
        {**row, "stock": number % 7, "url": f"http://library.example/{number}"}
        for number, row in enumerate(library(size))
    ]
    for number, row in enumerate(rows):
        if number % 3 == 0:
            row["title"] += " für Anfänger"
        if number < 15:
            row["topics"] = ["rarities"]
    return rows


def every(**fields: Callable[[Row, int], object]) -> Day:
    """All rows with these fields."""
    return lambda rows, _chance: [
        {**row, **{name: make(row, n) for name, make in fields.items()}}
        for n, row in enumerate(rows)
    ]


def some(share: float, **fields: Callable[[Row, int], object]) -> Day:
    """A share of the rows, drawn by chance, with these fields."""

    def day(rows: list[Row], chance: random.Random) -> list[Row]:
        drawn = set(chance.sample(range(len(rows)), int(len(rows) * share)))
        changed = every(**fields)(rows, chance)
        return [changed[n] if n in drawn else row for n, row in enumerate(rows)]

    return day


def copied(rows: list[Row], chance: random.Random) -> list[Row]:
    drawn = chance.sample(rows, int(len(rows) * 0.15))
    return rows + [
        {**row, "id": f"{row['id']}-copy", "title": f"{row['title']} (copy)"} for row in drawn
    ]


def crossed(rows: list[Row], chance: random.Random) -> list[Row]:
    count = int(len(rows) * 0.15)
    return [
        {**row, "url": rows[(n + 1) % count]["url"]} if n < count else row
        for n, row in enumerate(rows)
    ]


def asked(text: str) -> str:
    return text.encode("ascii", "replace").decode()


HARMLESS: dict[str, Day] = {
    "nothing": lambda rows, _chance: rows,
    "shuffled": lambda rows, chance: chance.sample(rows, len(rows)),
    "stock of all": every(stock=lambda row, _n: int(row["stock"]) + 1),
    "a new column": every(price=lambda _row, n: f"{n % 90}.50"),
    "dates of all": every(updated_at=lambda _row, _n: "2026-11-29"),
    "downloads of all": every(downloads=lambda _row, n: n * 3),
    "http to https": every(url=lambda row, _n: row["url"].replace("http:", "https:")),
    "pictures of all": every(image_url=lambda _row, n: f"https://pictures.example/{n}.png"),
    "a sentence more": some(0.05, description=lambda row, _n: f"{row['description']} Now new."),
    "typing mended": some(0.15, description=lambda row, _n: row["description"].replace(" a ", " ")),
    "1 % removed": lambda rows, chance: chance.sample(rows, len(rows) - len(rows) // 100),
    "three added": lambda rows, _chance: rows + library(len(rows) + 3)[-3:],
}
BAD: dict[str, Day] = {
    "titles lost": some(0.15, title=lambda _row, _n: ""),
    "titles lost, few": some(0.03, title=lambda _row, _n: ""),
    "titles are ids": some(0.45, title=lambda row, _n: row["id"]),
    "swapped": some(
        0.12,
        title=lambda row, _n: row["description"][:900],
        description=lambda row, _n: row["title"],
    ),
    "question marks": every(title=lambda row, _n: asked(row["title"])),
    "prices as texts": some(0.03, description=lambda _row, n: f"{n}.90 EUR"),
    "advertisements": some(
        0.02, description=lambda _row, _n: "Buy cheap watches now! Casino bonus."
    ),
    "near-doubles": copied,
    "links crossed": crossed,
    "links all the same": every(url=lambda _row, _n: "https://library.example/"),
    "a topic lost": lambda rows, _chance: [row for row in rows if row["topics"] != ["rarities"]],
    "topics lost": every(topics=lambda _row, _n: []),
    "dates unreadable": every(updated_at=lambda _row, n: f"week {n % 28 + 1:02} of 2026"),
    "descriptions lost": some(0.10, description=lambda _row, _n: ""),
    "descriptions cut": every(description=lambda row, _n: row["description"][:40]),
    "half gone": lambda rows, _chance: rows[::2],
    "a banner": some(0.40, description=lambda row, _n: f"{row['description']} We use cookies."),
    "one text": some(
        0.30, description=lambda _row, _n: "Sorry, this page could not be found today."
    ),
    "wrong neighbours": some(0.04, description=lambda _row, n: f"Tax invoice ledger {n} audit."),
    "written null": some(0.04, description=lambda _row, _n: "NULL"),
}
# The conditions of which one must name the bad day: it would mislead to be told by another.
NAMED: dict[str, set[str]] = {
    "titles lost": {"titles-lost"},
    "titles lost, few": {"titles-lost"},
    "titles are ids": {"titles-are-ids"},
    "swapped": {"titles-swapped"},
    "question marks": {"letters-lost"},
    "prices as texts": {"descriptions-replaced"},
    "advertisements": {"descriptions-replaced"},
    "near-doubles": {"near-doubles"},
    "links crossed": {"links-moved"},
    "links all the same": {"links-moved"},
    "a topic lost": {"small-topic-loss", "topic-loss"},
    "topics lost": {"topic-loss"},
    "dates unreadable": {"dates-left-out"},
    "descriptions lost": {"emptied-or-cut"},
    "descriptions cut": {"emptied-or-cut"},
    "half gone": {"removed"},
    "a banner": {"changed", "length-drift", "drift-of-arrivals"},
    "one text": {"boilerplate"},
    "wrong neighbours": {"descriptions-replaced", "rewritten"},
    "written null": {"placeholders"},
}
