"""Products of the demo shop: styles with their variants, described in German or in English."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.shop.dice import Dice

SEED = "a shop of made-up products"
FIRST_DAY = date(2021, 3, 1)
DAYS = 1_900
COLOURED = 6  # A kind without sizes comes in several colours; books come in one.
PEOPLE = (
    ("Anneliese", "Ines", "Jonas", "Malte", "Rosa", "Viktor", "Clara", "Edith", "Hugo", "Maud"),
    ("Abendroth", "Birkner", "Calloway", "Dornbusch", "Ellery", "Falkenau", "Hartnoll", "Quist"),
)
TITLES = {
    "novel": ("Das Haus am {}", "Alle Wege nach {}", "The House in {}", "Leaving {}"),
    "cookbook": ("Grün kochen in {}", "Sieben Tage {}", "Green Cooking in {}", "Seven Days of {}"),
    "travel-guide": ("Zu Fuß durch {}", "Langsam nach {}", "On Foot through {}", "Slowly to {}"),
}


@dataclass(frozen=True)
class Style:
    """One thing as its maker thinks of it; what is sold are its variants."""

    number: int
    kind: dict[str, Any]
    language: str
    brand: str
    line: str
    author: str
    description: str
    price: float
    released: date


@dataclass(frozen=True)
class Product:
    """One row: a style in one colour and size."""

    style: Style
    colour: str
    size: str
    sku: str
    ean: str
    title: str
    price: float
    stock: int
    sale: bool
    rating: float | None
    sold: int

    @property
    def style_id(self) -> str:
        """What the variants of one style share."""
        return f"ST-{self.style.number:04d}"

    @property
    def picture(self) -> str:
        """The file that shows it; sizes look alike."""
        return f"{self.style_id.lower()}-{self.colour}.svg"


@cache
def vocabulary() -> dict[str, Any]:
    """The tables of words, colours and shapes."""
    return tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8"))


def products(number: int) -> list[Product]:
    """The first so many products of the shop."""
    made: list[Product] = []
    style = 0
    while len(made) < number:
        style += 1
        made += _variants(_style(style), len(made))
    return made[:number]


def check_digit(digits: str) -> str:
    """The last digit of an EAN, from the twelve before it."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return str(-total % 10)


def _style(number: int) -> Style:
    words, dice = vocabulary(), Dice(f"{SEED} {number}")
    kinds = words["kinds"]
    cycle, place = divmod(number, len(kinds))
    # Every kind comes in both languages, in turns.
    kind, language = kinds[place], ("de", "en")[(place + cycle) % 2]
    said, n = kind[language][2:], dice.between(*kind["n"])
    first, *others = [sentence.replace("{n}", str(n)) for sentence in said]
    price = dice.between(*kind["price"])
    return Style(
        number,
        kind,
        language,
        brand=dice.one(words["brands"][kind["brands"]]),
        line=dice.one(words["lines"]) + _model_number(kind, dice),
        author=f"{dice.one(PEOPLE[0])} {dice.one(PEOPLE[1])}" if kind.get("author") else "",
        description=" ".join([first, *dice.some(others, dice.between(2, 3))]),
        price=price - dice.one((0.01, 0.05, 0.1, 0.0)),
        released=FIRST_DAY + timedelta(dice.between(0, DAYS)),
    )


def _model_number(kind: dict[str, Any], dice: Dice) -> str:
    if not kind.get("model"):
        return ""
    return f" {dice.one('ABDGHKMPRSTVX')}{dice.one('BDFKLNRSTX')}-{dice.between(100, 4999)}"


def _variants(style: Style, before: int) -> Iterator[Product]:
    words, dice = vocabulary(), Dice(f"{SEED} {style.number} in shops")
    sizes = dice.some(words["sizes"][style.kind["sizes"]], dice.between(2, 4))
    most = 1 if style.author else 2 if len(sizes) > 1 else COLOURED
    colours = dice.some(list(words["colours"]), dice.between(1, most))
    sale, sold = dice.chance(18), dice.between(0, 900)
    letters = style.kind["name"].replace("-", "")[:2].upper()
    rating = None if dice.chance(12) else dice.between(28, 50) / 10
    for colour in colours:
        for size in sizes:
            before += 1
            digits = f"2{style.number:05d}{before:06d}"
            yield Product(
                style,
                colour,
                size,
                sku=f"{letters}{style.number:04d}-{before:05d}",
                ean=digits + check_digit(digits),
                title=_title(style, words["colours"][colour], size),
                price=round(style.price * (0.75 if sale else 1), 2),
                stock=0 if dice.chance(15) else dice.between(1, 240),
                sale=sale,
                rating=rating,
                sold=sold // (len(colours) * len(sizes)),
            )


def _title(style: Style, colour: list[str], size: str) -> str:
    noun, english = style.kind[style.language][0], style.language == "en"
    if style.author:
        pattern = TITLES[style.kind["name"]][2 * english + style.number % 2]
        title = pattern.format(_place(style.line))
        return f"{title}. {noun} {'by' if english else 'von'} {style.author}"
    parts = [f"{style.brand} {noun} {style.line}", colour[english], size]
    return ", ".join(part for part in parts if part)


def _place(line: str) -> str:
    """A line's name as that of a place."""
    return f"{line}holm" if len(line) < 5 else line
