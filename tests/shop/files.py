"""Files of the demo shop: the catalogue, what is said of its columns, values and pictures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.shop.pictures import drawing
from tests.shop.products import Product

CATALOGUE, VALUES, PICTURES = "products.csv", "values.csv", "pictures"
FIELDS = Path(__file__).with_name("products.fields.toml")
SHOP = "https://shop.example"
# As a shop calls them; products.fields.toml says what is ours.
COLUMNS = (
    "Artikelnummer", "Modell", "Bezeichnung", "Beschreibung", "Kategorie", "Marke", "Autor",
    "Farbe", "Groesse", "Preis", "Waehrung", "Bestand", "Angebot", "Erschienen", "Bewertung",
    "Verkauft", "EAN", "Link", "Bild", "Sprache",
)  # fmt: skip


def write_shop(folder: Path, products: Sequence[Product], address: str) -> None:
    """Write the shop; its pictures are addressed at the search bar that serves them."""
    pictures = folder / PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    rows = [_row(product, address) for product in products]
    _write(folder / CATALOGUE, _table(COLUMNS, rows))
    values = [(p.sku, f"{p.price:.2f}", p.stock) for p in products]
    _write(folder / VALUES, _table(("id", "price", "stock"), values))
    _write(folder / FIELDS.name, FIELDS.read_text(encoding="utf-8"))
    for product in {product.picture: product for product in products}.values():
        _write(pictures / product.picture, drawing(product))


def _row(product: Product, address: str) -> tuple[object, ...]:
    style = product.style
    topics = style.kind[style.language][1]
    return (
        product.sku, product.style_id, product.title, style.description, topics,
        style.brand, style.author, "" if style.author else product.colour, product.size,
        f"{product.price:.2f}", "EUR",
        product.stock, "true" if product.sale else "false", style.released.isoformat(),
        product.rating or "", product.sold, product.ean, f"{SHOP}/{style.language}/{product.sku}",
        f"{address}/pictures/{product.picture}", style.language,
    )  # fmt: skip


def _table(header: Iterable[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _write(path: Path, text: str) -> None:
    """Write it unless it is there as it is: what has not changed keeps its time."""
    content = text.encode()
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)
