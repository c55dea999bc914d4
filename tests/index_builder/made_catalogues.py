"""Made-up catalogues of every shape that people bring: seeded, so that each is the same on every
machine."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.index_builder import made_words as words
from tests.index_builder.conftest import catalogue_items

Row = dict[str, Any]
Rows = Callable[[random.Random], list[Row]]

TERMS = (
    "Free returns within fourteen days, delivery to every country of Europe, two years of warranty."
)
MARKUP = "<b>New!</b> Tom &amp; Ada's <script>alert('x')</script> {{ 7 * 7 }} ../../etc/passwd"


@dataclass(frozen=True)
class Catalogue:
    """A made-up catalogue, a question that it answers, and the data gate's conditions that
    rightly refuse it, if any."""

    name: str
    rows: Rows
    question: str
    suffix: str = ".jsonl"
    refused_by: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write it as a file of its format."""
        rows = self.rows(random.Random(self.name))
        path = folder / f"{self.name}{self.suffix}"
        with path.open("w", encoding="utf-8", newline="") as file:
            if self.suffix == ".csv":
                table = csv.DictWriter(
                    file, list(dict.fromkeys(key for row in rows for key in row))
                )
                table.writeheader()
                table.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
            else:
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return path


def _cell(value: Any) -> Any:
    return ";".join(value) if isinstance(value, list) else value


def things(count: int, *, topics: bool = True, terms: str = "") -> Rows:
    """Different things with a sentence or two each."""

    def rows(draw: random.Random) -> list[Row]:
        return [_thing(draw, number, topics=topics, terms=terms) for number in range(count)]

    return rows


def _thing(draw: random.Random, number: int, *, topics: bool, terms: str = "") -> Row:
    kind, cloth = draw.choice(words.THINGS), draw.choice(words.MATERIALS)
    text = f"{_sentence(draw)} {_sentence(draw)} {terms}".strip()
    row: Row = {
        "id": f"t-{number:05}",
        "title": f"{cloth.title()} {kind} {number}",
        "description": text,
    }
    return row | ({"topics": [kind, cloth]} if topics else {})


def _sentence(draw: random.Random) -> str:
    a, b = draw.sample(words.PURPOSES, 2)
    quality, other, place = (
        draw.choice(words.QUALITIES),
        draw.choice(words.QUALITIES),
        draw.choice(words.PLACES),
    )
    return (
        f"A {quality} and {other} one to {a} and to {b}, made in {place} with"
        f" {draw.choice(words.DETAILS)}."
    )


def variants(draw: random.Random) -> list[Row]:
    """Every colour of every cloth and piece, all described by one template."""
    pieces = [(a, b, c) for c in words.GARMENTS for b in words.CLOTHS for a in words.COLOURS]
    return [
        {
            "id": f"v-{number:04}",
            "title": f"{colour} {cloth} {piece}".capitalize(),
            "topics": [piece],
            "description": f"This {colour} {piece} is made of soft {cloth}. {TERMS}",
            "price": draw.randint(5, 90),
        }
        for number, (colour, cloth, piece) in enumerate(pieces)
    ]


def drivers(draw: random.Random) -> list[Row]:
    """A dozen, of whom little is said."""
    return [
        {
            "id": str(number),
            "title": name,
            "description": f"Drives car {draw.randint(1, 99)}.",
            "team": f"Team {number // 2}",
        }
        for number, name in enumerate(words.NAMES[:12])
    ]


def titles(count: int) -> Rows:
    """Names and nothing else."""

    def rows(draw: random.Random) -> list[Row]:
        every = [
            f"{a} {b} {c}" for a in words.QUALITIES for b in words.MATERIALS for c in words.THINGS
        ]
        return [
            {"id": f"n{n}", "title": title} for n, title in enumerate(draw.sample(every, count))
        ]

    return rows


def spoken(language: str, count: int, *, declared: bool) -> Rows:
    """Sentences of another language."""

    def rows(draw: random.Random) -> list[Row]:
        return list(_spoken(draw, language, count, declared=declared))

    return rows


def _spoken(draw: random.Random, language: str, count: int, *, declared: bool) -> Iterator[Row]:
    nouns, rest = words.SPOKEN[language]
    joint = "" if language in ("ja", "zh") else " "
    for number in range(count):
        said = joint.join(
            f"{a}{joint}{b}"
            for a, b in zip(draw.sample(nouns, 6), draw.sample(rest, 6), strict=True)
        )
        row: Row = {
            "id": f"{language}{number:03}",
            "title": joint.join(draw.sample(nouns, 2)),
            "description": said,
        }
        yield row | ({"language": language} if declared else {})


def world(draw: random.Random) -> list[Row]:
    """A few rows of every language, English among them."""
    others = [row for language in words.SPOKEN for row in _spoken(draw, language, 8, declared=True)]
    return others + [row | {"language": "en"} for row in things(12, topics=False)(draw)]


def doubled(draw: random.Random) -> list[Row]:
    """A quarter of the rows say what another one says, in the same words or nearly."""
    rows = things(150)(draw)
    same = [row | {"id": f"again-{row['id']}"} for row in rows[:25]]
    nearly = [row | {"id": f"near-{row['id']}", "title": f"{row['title']}."} for row in rows[25:50]]
    return rows + same + nearly


def long_texts(draw: random.Random) -> list[Row]:
    """Whole pages."""
    return [
        {
            "id": f"p{n}",
            "title": f"Page {n}",
            "description": " ".join(_sentence(draw) for _ in range(50)),
        }
        for n in range(40)
    ]


def part_numbers(draw: random.Random) -> list[Row]:
    """Parts that differ by their measures."""
    return [
        {
            "id": f"SKU-{48_290 + number}",
            "title": f"{draw.choice(words.THINGS)} M{4 + number % 9} x {10 + number}",
            "description": f"{draw.choice(words.MATERIALS)}, pack of {draw.choice((10, 25, 50))}.",
            "price": number / 4,
        }
        for number in range(250)
    ]


def software(draw: random.Random) -> list[Row]:
    """Descriptions in words of their own, each with the same terms of delivery."""
    return [
        {
            "id": f"s{number}",
            "title": item.title,
            "description": f"{item.description} {TERMS}",
            "stars": draw.randint(0, 9),
        }
        for number, item in enumerate(catalogue_items(120))
    ]


def some_topics(draw: random.Random) -> list[Row]:
    """Three of three hundred rows have topics."""
    rows = things(300, topics=False)(draw)
    return [
        row | ({"topics": ["rare"]} if number % 100 == 0 else {}) for number, row in enumerate(rows)
    ]


def half_described(draw: random.Random) -> list[Row]:
    """Every other row is a title alone."""
    rows = things(100)(draw)
    return [row | ({"description": ""} if number % 2 else {}) for number, row in enumerate(rows)]


def hostile(draw: random.Random) -> list[Row]:
    """What stands in a text is a text."""
    return [row | {"description": f"{row['description']} {MARKUP}"} for row in things(60)(draw)]


def nameless(draw: random.Random) -> list[Row]:
    """Titles and descriptions in columns that are called otherwise."""
    return [
        {"id": row["id"], "caption": row["title"], "body": row["description"]}
        for row in things(30)(draw)
    ]


ALL = (
    Catalogue("one-row", things(1), "a steel drum to press flowers"),
    Catalogue("a-dozen-drivers", drivers, words.NAMES[3], ".csv"),
    Catalogue("variants", variants, "green wool scarf"),
    Catalogue("shop-with-terms", things(120, terms=TERMS), "something to keep tea warm"),
    Catalogue("words-of-their-own", software, "edit photos"),
    Catalogue("english-sentences", things(400), "something to keep tea warm"),
    Catalogue("without-topics", things(300, topics=False), "something to keep tea warm", ".csv"),
    Catalogue("topics-on-few-rows", some_topics, "something to keep tea warm"),
    Catalogue("titles-only", titles(1_560), f"{words.QUALITIES[0]} {words.THINGS[0]}"),
    Catalogue("few-titles", titles(90), "lamp", ".csv"),
    Catalogue("half-described", half_described, "a lamp"),
    Catalogue("part-numbers", part_numbers, "SKU-48300"),
    Catalogue("doubles", doubled, "something to keep tea warm"),
    Catalogue("long-texts", long_texts, "Page 7"),
    Catalogue("two-thousand-rows", things(2_000, terms=TERMS), "something to keep tea warm"),
    Catalogue("german", spoken("de", 80, declared=False), "Kuchen"),
    Catalogue("french", spoken("fr", 60, declared=True), "jardin"),
    Catalogue("spanish-csv", spoken("es", 45, declared=False), "jardín", ".csv"),
    Catalogue("japanese", spoken("ja", 40, declared=True), "台所"),
    Catalogue("many-languages", world, "lamp"),
    Catalogue("hostile-texts", hostile, "something to keep tea warm"),
    Catalogue("other-columns", nameless, "a lamp"),
)
# Small and quick, and each of another kind.
QUICK = ("a-dozen-drivers", "german", "other-columns")
