"""Words in the names of columns: which tell what changes daily, and which name no item."""

from __future__ import annotations

import re

from data_checks.sources.mapping.common_names import plain


def _plain(*words: str) -> tuple[str, ...]:
    return tuple(map(plain, words))


# Shorter words end a longer one that means something else less often than they stand inside of it.
LONGEST_END = 5
_WORD, _HUMP = re.compile(r"[^\W\d_]+"), re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])")
# Parts of plain names, in the languages of common exports.
_VOLATILE = _plain(
    *("price", "preis", "prix", "precio", "prezzo", "preco", "prijs", "cena", "pris", "harga"),
    *("fiyat", "hinta", "价格", "価格", "цена", "стоимость", "cost", "kosten", "charge"),
    *("msrp", "uvp", "rrp", "netto", "brutto", "betrag", "amount", "montant", "importe", "tarif"),
    *("rabatt", "discount", "sale", "promo", "offer", "angebot", "aktion", "oferta", "remise"),
    *("stock", "bestand", "lager", "inventory", "existencia", "stok", "voorraad", "склад"),
    *("остаток", "наличие", "quantity", "menge", "cantidad", "quantite", "anzahl", "count", "qty"),
    *("click", "views", "likes", "rating", "bewertung", "review", "sold", "umsatz", "ranking"),
    *(
        "popular",
        "score",
        "follower",
        "points",
        "verfugbar",
        "avail",
        "dispon",
        "status",
        "zustand",
    ),
    *("date", "datum", "fecha", "tanggal", "дата", "updated", "modified", "created"),
    *("geandert", "timestamp", "position", "sortorder", "order", "rang", "clicks", "sales"),
)
# A column of these tells one item from another of its kind; it names none.
_ASIDE = _plain(
    *("brand", "marke", "marque", "marca", "merk", "hersteller", "manufacturer", "vendor"),
    *("author", "autor", "auteur", "publisher", "verlag", "penerbit", "supplier", "lieferant"),
    *("proveedor", "colour", "color", "farbe", "couleur", "size", "grosse", "taille", "talla"),
    *("unit", "einheit", "unidad", "unite", "country", "land", "pais", "city", "stadt", "ville"),
    *("address", "adresse", "strasse", "street", "phone", "telefon", "mail", "language", "sprache"),
    *("status", "type", "gender", "season", "category", "kategorie", "categorie", "categoria"),
    *("group", "gruppe", "image", "bild", "photo", "foto", "url", "link", "slug", "currency"),
    *("material", "package", "verpackung", "pack", "location", "state", "note", "hinweis"),
    *("ingredient", "zutat", "yield", "time", "path", "template", "regex", "comment", "kommentar"),
)
_NAMING = _plain(
    *("title", "titel", "titre", "titulo", "titolo", "name", "naam", "nombre", "bezeichnung"),
    *("designation", "libelle", "наименование", "название", "judul", "nazwa", "product", "produkt"),
    *("produit", "producto", "artikel", "article", "articulo", "item", "headline", "subject"),
)


def changes_daily(name: str) -> bool:
    """Whether a column of this name may hold other values tomorrow: prices, stock, counts."""
    return _holds(name, _VOLATILE)


def names_aside(name: str) -> bool:
    """Whether a column of this name tells something of an item, not what it is."""
    return _holds(name, _ASIDE) or changes_daily(name)


def names_items(name: str) -> bool:
    """Whether a column of this name may well hold the names of items."""
    return _holds(name, _NAMING)


def names_a_column(cell: str) -> bool:
    """Whether a cell reads like the name of a column in some export."""
    words = re.findall(r"\w+", cell)
    return 0 < len(words) <= 4 and (names_aside(cell) or names_items(cell))


def _holds(name: str, words: tuple[str, ...]) -> bool:
    """Whether one of these is in the name; a short one only at the end of a word of it."""
    bare = plain(name)
    own = [plain(word) for word in _WORD.findall(_HUMP.sub(" ", name))]
    ends = (*own, *(word.removesuffix("s") for word in own))
    return any(
        word in bare if len(word) > LONGEST_END else any(end.endswith(word) for end in ends)
        for word in words
    )
