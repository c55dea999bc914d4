"""Names of columns: what their words say of a column, in the languages of common exports."""

from __future__ import annotations

import re
from itertools import pairwise

_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])")
_UNIT = re.compile(r"^(?P<name>.*\S)\s*[(\[]\s*(?P<unit>[^\d()\[\]]{1,12}?)\s*[)\]]$")
_UNIT_WORDS = {
    "eur": "€",
    "euro": "€",
    "usd": "$",
    "gbp": "£",
    "chf": "CHF",
    "jpy": "¥",
    "pln": "zł",
    **{unit: unit for unit in ("kg", "mm", "cm", "km", "ml", "kwh", "mah", "gb", "mb", "tb")},
    "percent": "%",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Who made a thing: asked for by name.
MAKERS = _words(
    "brand marke marque marca merk manufacturer hersteller fabricant fabricante produttore maker"
    " author authors autor autoren autorin auteur autore artist artists interpret vendor publisher"
    " verlag designer director regisseur creator studio penulis penerbit марка бренд производитель"
    " автор издательство producent yazar marka 品牌 ブランド"
)
PRICES = _words(
    "price prices preis preise prix precio prezzo prijs preço cena pris msrp uvp rrp cost harga"
    " fiyat цена стоимость tarif hinta ár 価格 价格"
)
RATINGS = _words("rating ratings bewertung stars score note voto")
# Values that name an item, or a thing beside it, and are no quantities.
CODES = _words(
    "ean gtin gtin8 gtin13 upc isbn issn asin sku mpn pzn barcode strichcode ean13 model modell"
    " modelno modellnummer modelnumber partnumber partno artikelnummer artikelnr articlenumber"
    " itemnumber referenz reference référence ref referencia código codigo codice code"
)
_CODE_PAIRS = frozenset(
    f"{first} {last}"
    for first in _words("model part item article artikel product produkt order bestell catalog")
    for last in _words("no nr number num nummer code id")
)
IDS = _words("id ids uuid guid key nr no num number nummer numero número numéro")
# Digits that nobody adds up or looks for ranges of.
LABELS = _words(
    "phone telephone telefon tel téléphone teléfono fax mobile zip plz postcode postleitzahl postal"
    " cap iban bic vat ustid id ids uuid guid"
)
LISTS = _words(
    "tags tag labels keywords schlagworte schlagwörter stichworte categories kategorien catégories"
    " colours colors farben couleurs sizes größen tailles materials materialien genres ingredients"
    " zutaten features languages sprachen authors autoren artists actors"
)
# What a shop says to itself.
INTERNAL = _words(
    "status state currency währung devise moneda warehouse lager locale lang language tax steuer"
    " vat shipping versand availability verfügbarkeit condition zustand visibility published stock"
    " created updated modified timestamp position sort order supplier"
)
IMAGES = _words(
    "image images img picture pictures photo photos bild bilder foto fotos thumbnail thumb cover"
    " imagen imágenes immagine immagini afbeelding"
)
TIMES = _words("time date at timestamp created updated modified datum zeit")
_YES_OR_NO = _words("is has can available verfügbar active aktiv enabled")


def words_of(name: str) -> list[str]:
    """The words of a name, in small letters: `inStock`, `in_stock` and `In stock` are alike."""
    return [word.casefold() for word in _WORD.findall(_HUMP.sub(" ", name))]


def has_word(name: str, words: frozenset[str]) -> bool:
    """Whether one of its words, or the name written together, is one of these."""
    parts = words_of(name)
    return not words.isdisjoint(parts) or "".join(parts) in words


def is_code_name(name: str) -> bool:
    """Whether a column of this name holds what names an item."""
    parts = words_of(name)
    pairs = {f"{a} {b}" for a, b in pairwise(parts)}
    return has_word(name, CODES) or not pairs.isdisjoint(_CODE_PAIRS)


def is_yes_or_no_name(name: str) -> bool:
    """Whether 1 and 0 in a column of this name mean yes and no."""
    parts = words_of(name)
    return not _YES_OR_NO.isdisjoint(parts) or parts[:2] == ["in", "stock"] or parts == ["instock"]


def unit_in(name: str) -> tuple[str, str]:
    """The unit that a name tells, and the name without it where it stands in brackets."""
    if match := _UNIT.match(name):
        return match["unit"], match["name"]
    parts = words_of(name)
    return (_UNIT_WORDS.get(parts[-1], ""), "") if len(parts) > 1 else ("", "")
