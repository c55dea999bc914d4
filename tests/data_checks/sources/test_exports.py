"""Files as other programs export them, each admitted by the real command with the right items."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from release_format.items import FIELDS, Item
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from tests.data_checks.conftest import Admit

SHOPIFY = """\
Handle,Title,Body (HTML),Vendor,Tags,Option1 Name,Option1 Value,Variant SKU,Image Src,Variant Image
shirt,Blue shirt,<p>A blue <b>shirt</b> of cotton.</p>,Acme,"blue, cotton",Size,S,SH-S,https://c.example/1.jpg,
shirt,,,,,,M,SH-M,https://c.example/2.jpg,https://c.example/m.jpg
shirt,,,,,,,,https://c.example/3.jpg,
mug,Red mug,<p>A mug for tea.</p>,Acme,red,Title,Default Title,MUG,https://c.example/4.jpg,
"""
WOO = (
    "\ufeffID,Type,SKU,Name,Published,Short description,Description,Regular price,"
    "Categories,Images\n"
    '44,simple,w-1,V-neck,1,,"<p>Soft &amp; warm.</p>\\n<p>Of wool.</p>",15,'
    '"Clothing > Shirts, Sale","https://w.example/a.jpg, https://w.example/b.jpg"\n'
    "45,simple,w-2,Hoodie,1,,<p>For cold days.</p>,45,Clothing > Hoodies,https://w.example/h.jpg\n"
)
EXCEL = (
    "sep=;\r\nArtikelnummer;Bezeichnung;Beschreibung;Kategorie;Preis;Geändert am;;\r\n"
    "A-1;Teekanne;Für Tee; 6 Tassen;9,90;01.11.2026;;\r\n"
    'A-2;Größe XL;"Ein Hemd; groß";Kleidung;19,90;30.11.2025;;\r\n;;;;;;;\r\n'
)
FRENCH = (
    "Référence;Désignation;Descriptif;Catégorie;Lien;Image;Date de mise à jour\n"
    "R1;Théière;Une théière bleue;Cuisine;https://f.example/1;https://f.example/1.jpg;25/12/2025\n"
)
SPANISH = (
    "Código|Nombre|Descripción|Categoría|Enlace|Imagen\n"
    "C1|Tetera|Una tetera azul|Cocina|https://e.example/1|https://e.example/1.jpg\n"
)
MERCHANT = (
    "id\ttitle\tdescription\tlink\timage_link\tprice\tgtin\tproduct_type\n"
    '1\t12" record\t"Alien" music\thttps://g.example/1\thttps://g.example/1.jpg'
    "\t15.00 USD\t001\tVinyl\n"
)
NOTION = (
    "\ufeffName,Created,Tags,URL,Last edited time\n"
    'C++,"November 3, 2026 3:04 PM","code, todo",https://n.example/c,"November 30, 2026 3:04 PM"\n'
)
ZOTERO = (
    '"Key","Item Type","Author","Title","Url","Abstract Note","Date Modified","Manual Tags"\n'
    '"ABCD","book","Doe, J.","On tea","https://z.example","We study tea.",'
    '"2021-02-03 11:12:13","tea; cup"\n'
)
FOOD = (
    "code\turl\tlast_modified_t\tproduct_name\tgeneric_name\tcategories\timage_url\n"
    '000001\thttp://o.example/1\t1489069958\tCacao\t"Cru" de cacao'
    "\tCocoa, Drinks\thttps://o.example/1.jpg\n"
)
NPM = {
    "objects": [
        {
            "package": {
                "name": "tea",
                "description": "Brews tea",
                "keywords": ["cup", "pot"],
                "date": "2026-01-01T10:00:00.123Z",
                "links": {"npm": "https://npm.example/tea", "homepage": "https://tea.example"},
            },
            "score": {"final": 0.9},
        }
    ],
    "total": 1,
}
WORDPRESS = [
    {
        "id": 7,
        "modified": "2026-01-02T10:00:00",
        "link": "https://b.example/hello",
        "title": {"rendered": "Tea &#8211; hot"},
        "content": {"rendered": "<p>First post</p>", "protected": False},
    }
]


@dataclass(frozen=True)
class Export:
    """What a program wrote, and the first item that it must become (its own fields left out)."""

    name: str
    content: str | list[Any] | dict[str, Any]
    first: Item
    items: int = 1
    encoding: str = "utf-8"

    def write(self, folder: Path) -> Path:
        text = self.content if isinstance(self.content, str) else json.dumps(self.content)
        (path := folder / self.name).write_bytes(text.encode(self.encoding))
        return path


EXPORTS = (
    Export(
        "woo.csv",
        WOO,
        Item(
            "44",
            "V-neck",
            "Soft & warm.\nOf wool.",
            ("Clothing > Shirts", "Sale"),
            image_url="https://w.example/a.jpg",
        ),
        2,
    ),
    Export(
        "shopify.csv",
        SHOPIFY,
        Item("mug", "Red mug", "A mug for tea.", ("red",), image_url="https://c.example/4.jpg"),
        3,
    ),
    Export(
        "french.csv",
        FRENCH,
        Item(
            "R1",
            "Théière",
            "Une théière bleue",
            ("Cuisine",),
            "https://f.example/1",
            "https://f.example/1.jpg",
            updated_at="2025-12-25",
        ),
        encoding="latin-1",
    ),
    Export(
        "spanish.csv",
        SPANISH,
        Item(
            "C1",
            "Tetera",
            "Una tetera azul",
            ("Cocina",),
            "https://e.example/1",
            "https://e.example/1.jpg",
        ),
    ),
    Export(
        "merchant.tsv",
        MERCHANT,
        Item(
            "1",
            '12" record',
            '"Alien" music',
            ("Vinyl",),
            "https://g.example/1",
            "https://g.example/1.jpg",
        ),
    ),
    Export(
        "notion.csv",
        NOTION,
        Item(
            "n-example-c",
            "C++",
            "",
            ("code", "todo"),
            "https://n.example/c",
            updated_at="2026-11-30T15:04:00Z",
        ),
    ),
    Export(
        "zotero.csv",
        ZOTERO,
        Item(
            "ABCD",
            "On tea",
            "We study tea.",
            ("cup", "tea"),
            "https://z.example",
            updated_at="2021-02-03 11:12:13",
        ),
    ),
    Export(
        "food.tsv",
        FOOD,
        Item(
            "000001",
            "Cacao",
            '"Cru" de cacao',
            ("Cocoa", "Drinks"),
            "http://o.example/1",
            "https://o.example/1.jpg",
            updated_at="2017-03-09T14:32:38Z",
        ),
    ),
    Export(
        "npm.json",
        NPM,
        Item(
            "tea",
            "tea",
            "Brews tea",
            ("cup", "pot"),
            "https://tea.example",
            updated_at="2026-01-01T10:00:00Z",
        ),
    ),
    Export(
        "wordpress.json",
        WORDPRESS,
        Item(
            "7",
            "Tea – hot",
            "First post",
            (),
            "https://b.example/hello",
            updated_at="2026-01-02T10:00:00",
        ),
    ),
    Export(
        "movies.csv",
        "movieId,title,genres\n1,Heat (1995),Action|Crime\n",
        Item("1", "Heat (1995)", "", ("Action", "Crime")),
    ),
    Export(
        "films.csv",
        "Year,Film,Notes\n1994,Ran,Won\n1995,Heat,Two prizes\n",
        Item("heat", "Heat", "Two prizes"),
        2,
    ),
    Export(
        "airtable.csv",
        "Name,Notes,Tags,Attachments\nAlpha one,First,a,p.png (https://a.example/p.png)\n",
        Item("alpha-one", "Alpha one", "First", ("a",), image_url="https://a.example/p.png"),
    ),
    Export(
        "presta.csv",
        '"ID";"Bild";"Name";"Artikel-Nr.";"Kategorie"\n'
        '1;https://p.example/1.jpg;"Becher; groß";"d_1";Küche\n',
        Item("1", "Becher; groß", "", ("Küche",), image_url="https://p.example/1.jpg"),
    ),
    Export(
        "magento.csv",
        "sku,product_type,categories,name,description,base_image\n"
        "M-1,simple,Default/Gear,Bag,A bag.,/m/b.jpg\n",
        Item("M-1", "Bag", "A bag.", ("Default/Gear",)),
    ),
    Export(
        "unicode.txt",
        "id\ttitle\tdescription\n1\tÄpfel\tRote Äpfel\n",
        Item("1", "Äpfel", "Rote Äpfel"),
        encoding="utf-16",
    ),
    Export(
        "lines.json",
        '{"uid": "a", "headline": "Tea", "text": "Hot"}\n'
        '{"uid": "b", "headline": "Pot", "text": "Red"}\n',
        Item("a", "Tea", "Hot"),
        2,
    ),
)


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_an_export_is_admitted_with_the_right_items(
    export: Export, admit: Admit, store: Folder, tmp_path: Path
) -> None:
    answer = admit(export.write(tmp_path))
    assert answer.code == 0, answer.stderr
    items = list(Snapshot.open(store.path("snapshot", answer.id)).items)
    assert len(items) == export.items == answer.verdict.facts["read"]
    assert {name: getattr(items[0], name) for name in FIELDS} == {
        name: getattr(export.first, name) for name in FIELDS
    }
    if export.name != "unicode.txt":
        assert "Read: " in answer.stderr
    assert answer.verdict.facts["reading"]
    assert all(sentence in answer.stderr for sentence in answer.verdict.facts["reading"])


def test_each_variant_has_an_id_of_its_own_and_its_products_texts(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    (path := tmp_path / "shopify.csv").write_text(SHOPIFY)
    answer = admit(path)
    items = {item.id: item for item in Snapshot.open(store.path("snapshot", answer.id)).items}
    assert set(items) == {"mug", "shirt-m", "shirt-s"}
    small, medium = items["shirt-s"], items["shirt-m"]
    assert small.title == medium.title == "Blue shirt"
    assert small.description == medium.description == "A blue shirt of cotton."
    assert medium.image_url == "https://c.example/m.jpg"
    assert [item.extra["Variant SKU"] for item in (small, medium)] == ["SH-S", "SH-M"]
    assert medium.extra["Vendor"] == "Acme"
    assert "1 × row of another picture" in answer.stderr


def test_a_german_spreadsheet_is_read(admit: Admit, store: Folder, tmp_path: Path) -> None:
    text = EXCEL.replace("Für Tee; 6 Tassen", '"Für Tee; 6 Tassen";Küche')
    (path := tmp_path / "shop.csv").write_bytes(text.encode("cp1252"))
    answer = admit(path)
    assert answer.code == 0, answer.stderr
    first, second = Snapshot.open(store.path("snapshot", answer.id)).items
    assert (first.title, first.description, first.topics) == (
        *("Teekanne", "Für Tee; 6 Tassen"),
        ("Küche",),
    )
    assert (second.title, second.updated_at) == ("Größe XL", "2025-11-30")
    for said in ("Windows-1252", "Bezeichnung → title", "DD.MM.YYYY", "1 × line of empty fields"):
        assert said in answer.stderr


def test_a_pair_by_other_names_is_joined(admit: Admit, store: Folder, tmp_path: Path) -> None:
    (folder := tmp_path / "shop").mkdir()
    (folder / "my_descriptions.csv").write_text(
        "product_id;Name;Category\n1;Tea;none\n2;Pot;none\n"
    )
    (folder / "my_topics.csv").write_text("product_id,tag\n1,hot\n1,green\n2,red\n")
    answer = admit(folder)
    assert answer.code == 0, answer.stderr
    tea, pot = Snapshot.open(store.path("snapshot", answer.id)).items
    assert (tea.id, tea.title, tea.topics, tea.extra) == (
        *("1", "Tea", ("green", "hot")),
        {"Category": "none"},
    )
    assert pot.topics == ("red",)
    (folder / "my_topics.csv").write_text("product_id,colour\n1,hot\n")
    wrong = admit(folder)
    assert (wrong.code, "has no column 'topic'" in wrong.stderr) == (2, True)


def test_titles_and_descriptions_that_are_empty_everywhere_are_told(
    admit: Admit, tmp_path: Path
) -> None:
    (path := tmp_path / "c.csv").write_text(
        "id,title,description,name2\n1,,Hot tea,Tea\n2,,Pot,P\n"
    )
    answer = admit(path)
    assert "titles-empty: warning — saw 100 %" in answer.stderr
    assert "descriptions-empty" not in answer.stderr
    path.write_text("id,title\n1,Tea\n2,Pot\n")
    answer = admit(path)
    assert [c.name for c in answer.verdict.warnings()] == ["descriptions-empty"]
    path.write_text("id,title,description\n1,Tea,Hot\n2,Pot,\n")
    assert admit(path).verdict.warnings() == []
