"""A small shop for the tests of the page: fields of every type, odd names and values, pictures."""

from __future__ import annotations

from release_format.fields import Field, FieldType, Rank, Schema
from release_format.items import Item

NASTY = '<img src=x onerror="window.hacked=1">'
BRANDS = [f"{name} {kind}" for name in ("Acme", "Bolt", "Café") for kind in "ABCDE"]
SHOP_SCHEMA = Schema(
    {
        field.name: field
        for field in (
            Field("price", FieldType.NUMBER, filter=True, sort=True, facet=True, show=1, unit="€"),
            Field("brand", FieldType.KEYWORD, search=1, filter=True, facet=True, sort=True, show=2),
            Field("in_stock", FieldType.BOOLEAN, filter=True, sort=True, facet=True, show=3),
            Field("released", FieldType.DATE, filter=True, sort=True, facet=True, show=4),
            Field("tags", FieldType.KEYWORD, filter=True, facet=True, show=5),
            Field("weight", FieldType.NUMBER, sort=True, show=6, label="Net weight", unit="kg"),
            Field("maker", FieldType.URL, show=7),
            Field("photo", FieldType.IMAGE, show=8),
            Field("note", FieldType.TEXT, show=9, label=f"Note {NASTY}"),
            Field("page", FieldType.KEYWORD, filter=True, facet=True),
            Field("q", FieldType.NUMBER, filter=True, sort=True, facet=True, label="Quality"),
            Field("release", FieldType.BOOLEAN, filter=True, facet=True),
            Field("constructor", FieldType.NUMBER, filter=True, facet=True, show=10, unit="$"),
            Field("style", FieldType.KEYWORD, filter=True, facet=True),
        )
    },
    group_by="style",
    rank=Rank("-q"),
)
WEIGHTS = (0.25, 1e-7, 12345.678, 1e16, 2019, 5)


def lamp(n: int, pictures: str) -> Item:
    """The n-th of forty; every fifth is a variant of the one before it."""
    fields = {
        "price": (10 + 7.5 * n) if n % 3 else 1299,
        "brand": BRANDS[n % len(BRANDS)],
        "in_stock": n % 4 > 0,
        "released": f"{2020 + n % 5}-{1 + n % 12:02}-{1 + n % 28:02}" + "T08:30:00Z" * (n % 2),
        "tags": ["!loud", "reading"] if n % 2 else ["desk"],
        "weight": WEIGHTS[n % len(WEIGHTS)],
        "maker": "https://maker.example/" if n % 2 else "javascript:window.hacked=2",
        "note": f"{NASTY} {'long ' * 60}" if n == 1 else "A note.",
        "page": str(n % 3),
        "q": n,
        "release": n % 2 == 0,
        "constructor": -1.5 * n,
        "style": f"style {n - 1 if n % 5 == 4 else n}",
    }
    if n == 2:
        fields["photo"] = [f"{pictures}icon.svg"]
    if n % 7 == 6:
        for name in ("price", "in_stock", "released", "constructor"):
            del fields[name]
    image = f"{pictures}{'icon.svg' if n % 2 else 'not-there.png'}" if n < 2 else ""
    return Item(
        f"lamp{n:02}",
        f"Lamp {n} for the desk & <b>",
        f"A lamp for reading, model {n}, with warm light.",
        ("lamps", f"room {n % 2}"),
        f"https://shop.example/{n}",
        image,
        updated_at=f"2025-01-{1 + n % 28:02}",
        extra=fields,
    )


def lamps(pictures: str = "https://shop.example/") -> list[Item]:
    """All of them; `pictures` is where theirs are."""
    return [lamp(n, pictures) for n in range(40)]
