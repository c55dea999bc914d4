"""Small catalogues, what people ask of them, and what nobody could find in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.index_builder.made_catalogues import TERMS, Row

FOREIGN = (
    "dog food",
    "how long do I boil an egg",
    "replace the brake pads of a car",
    "symptoms of low iron",
    "xqzt vlorp gnarfle",
)
JACKETS = (
    ("Leather jacket", "A black biker jacket of cow leather with a zip and two pockets."),
    ("Rain jacket", "Light and waterproof, with taped seams and a hood that folds away."),
    ("Down jacket", "Warm to twenty degrees below zero; goose down in a nylon shell."),
    ("Denim jacket", "Blue jeans cloth, copper buttons, cut short at the waist."),
    ("Tweed blazer", "A jacket for the office of Scottish wool, with three buttons."),
)
COLOURS = ("Black", "Blue", "Green", "Grey", "Red", "White")
CLOTHES = ("cotton shirt", "wool scarf", "linen dress", "rain coat", "silk tie", "winter boots",
           "running shoes", "leather belt")  # fmt: skip
SAID = {
    "cotton shirt": "Long sleeves and a button-down collar.",
    "wool scarf": "Soft and warm around the neck.",
    "linen dress": "Loose and airy for summer days.",
    "rain coat": "Keeps you dry in a storm.",
    "silk tie": "For weddings and the office.",
    "winter boots": "Lined with fleece, with a grip for snow and ice.",
    "running shoes": "Cushioned for long distances on the road.",
    "leather belt": "Full-grain, with a brass buckle.",
}
GERMAN = (
    ("Apfelkuchen", "Kuchen mit Streuseln, Zimt und Äpfeln aus dem Alten Land."),
    ("Käsekuchen", "Cremiger Kuchen aus Quark auf einem Boden aus Mürbeteig."),
    ("Marmorkuchen", "Saftiger Kuchen aus hellem und dunklem Teig, mit Puderzucker."),
    ("Roggenbrot", "Kräftiges Brot aus Sauerteig mit dunkler Kruste."),
    ("Laugenbrezel", "Frisch aus dem Ofen, mit grobem Salz bestreut."),
    ("Kaffeebohnen", "Dunkel geröstet, für Espresso und Filterkaffee."),
    ("Erdbeermarmelade", "Fruchtaufstrich mit siebzig Prozent Erdbeeren."),
    ("Holzlöffel", "Kochlöffel aus geölter Buche, dreißig Zentimeter lang."),
    ("Brotkasten", "Hält Gebäck lange frisch; aus Blech mit Deckel aus Bambus."),
    ("Teekanne", "Kanne aus Porzellan mit Sieb, fasst einen Liter."),
)


@dataclass(frozen=True)
class SmallCatalogue:
    """A catalogue, questions with the ids of which the first three hits must be, and how many may
    be called answered of those that nothing in it answers, or missed of those that something does.
    """

    name: str
    rows: Sequence[Row]
    wanted: Mapping[str, set[str]]
    foreign: Sequence[str] = FOREIGN
    may_pass: int = 0
    may_miss: int = 0

    def write(self, folder: Path) -> Path:
        """Write it as lines of JSON."""
        path = folder / f"{self.name}.jsonl"
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)
        path.write_text("".join(lines), encoding="utf-8")
        return path


def _rows(pairs: Sequence[tuple[str, str]]) -> list[Row]:
    return [
        {"id": f"n{place:02}", "title": title, "description": text}
        for place, (title, text) in enumerate(pairs)
    ]


def _clothes(count: int, said: Mapping[str, str], terms: str = "") -> list[Row]:
    every = [(f"{colour} {piece}", piece) for piece in CLOTHES for colour in COLOURS]
    return _rows([(t, f"{said.get(p, '')} {terms}".strip()) for t, p in every[:count]])


def _of(rows: Sequence[Row], words: str) -> set[str]:
    return {str(row["id"]) for row in rows if words in str(row["title"])}


SHOP, TITLES = _clothes(46, SAID), _clothes(46, {})
TEMPLATE = _clothes(46, SAID, f"{TERMS} {TERMS}")
SHORT = _rows([(f"{colour} {what}", what) for what in ("mug", "bowl") for colour in COLOURS])
SAME = _rows([("Leather jacket", JACKETS[0][1])] * 24)
BOOTS, SCARVES = _of(SHOP, "winter boots"), _of(SHOP, "wool scarf")
CAKES = {"n00", "n01", "n02"}

ALL = (
    SmallCatalogue("one", _rows(JACKETS[:1]), {"leather jacket": {"n00"}, "biker wear": {"n00"}}),
    # A question in other words alone, and two things to learn from: it is found, and doubted.
    SmallCatalogue(
        "two",
        _rows(JACKETS[:2]),
        {"jacket": {"n00", "n01"}, "wet weather": {"n01"}},
        may_miss=1,
    ),
    SmallCatalogue(
        "five", _rows(JACKETS), {"something for the rain": {"n01"}, "leather": {"n00"}}
    ),
    SmallCatalogue(
        "forty-six", SHOP, {"boots for snow": BOOTS, "wool scarf": SCARVES, "dry in a storm":
        _of(SHOP, "rain coat")},
    ),
    SmallCatalogue(
        "titles-only", TITLES, {"wool scarf": SCARVES, "boots for the winter": BOOTS}
    ),
    SmallCatalogue("short-texts", SHORT, {"mug": _of(SHORT, "mug"), "blue bowl": {"n07"}}),
    SmallCatalogue("boilerplate", TEMPLATE, {"wool scarf": SCARVES, "boots for snow": BOOTS}),
    SmallCatalogue("identical", SAME, {"leather jacket": {row["id"] for row in SAME}}),
    SmallCatalogue("german", _rows(GERMAN), {"Kuchen": CAKES, "Brot": {"n03"}, "Kanne": {"n09"}},
        (*FOREIGN, "Hundefutter", "Bremsbeläge wechseln")),
    SmallCatalogue("five-german", _rows(GERMAN[:5]), {"Kuchen": CAKES, "Brot": {"n03"}},
        (*FOREIGN, "Hundefutter")),
)  # fmt: skip
