"""benchmarks/languages.py and benchmarks/translated.py: what they ask, write and print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import languages
from benchmarks.beir import sets_in
from benchmarks.languages import LANGUAGES, AskedCatalogue, LanguageFigures, main, shops, table
from benchmarks.translated import chosen, descriptions, write_set
from index_builder.quality.judgments import beir_items, read_judgments
from release_format.exit_codes import UsageError
from release_format.items import Item

SYNOPSIS, TEXT = "outil pour dessiner des cartes", "Un outil qui dessine des cartes de villes. " * 5
BLOCKS = [
    {"Package": "carte", "Description-fr": f"{SYNOPSIS}\n{TEXT}\n.\nFin."},
    {"Package": "carte-doc", "Description-fr": f"documentation de cet outil-là\n{TEXT}"},
    {"Package": "court", "Description-fr": "outil très court mais bien dit\nCourt."},
    {"Package": "lettre", "Description-fr": f"outil pour écrire des lettres\nIci. {TEXT}"},
    {"Package": "same", "Description-fr": f"a tool that nobody translated\nThe same. {TEXT}"},
    {"Package": "none", "Description-en": "a tool in English only"},
]


def test_every_language_of_the_shop_asks_the_same_of_the_same_things() -> None:
    together, *alone = shops()
    assert (
        list(together.judged) == list(LANGUAGES) == [one for shop in alone for one in shop.judged]
    )
    ids = {item.id for item in together.items}
    assert len(ids) == len(together.items) == sum(len(shop.items) for shop in alone)
    texts = {(item.title, item.description) for item in together.items}
    assert len(texts) == len(ids), "every text is written anew"
    for language, judged in together.judged.items():
        assert len(judged) >= 20
        assert len({question.question for question in judged}) == len(judged)
        asked = {id for question in judged for id in question.relevant}
        assert asked <= ids
        assert all(id.endswith(f"-{language}") for id in asked)
    for shop in alone:
        assert [item.id for item in shop.items] == sorted(item.id for item in shop.items)


def test_it_prints_and_writes_each_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = descriptions(BLOCKS, "fr")
    write_set(tmp_path / "sets/small-fr", own, chosen(own, {}, 9))
    told = LanguageFigures("own shop", "de", 34, 0.5, 0.4, 0.6, "+0.100 [+0.010, +0.200]", False)

    def measured(
        catalogue: AskedCatalogue, _recipe: Path | None
    ) -> tuple[list[LanguageFigures], int]:
        assert catalogue.name == "small-fr"
        assert [q.question for q in catalogue.judged[""]]
        return [told], 0

    monkeypatch.setattr(languages, "measure", measured)
    file = tmp_path / "languages.json"
    line = [str(tmp_path / "sets"), "--no-shop", "--json", "--write", str(file)]
    assert main(line) == 0
    (printed,) = json.loads(capsys.readouterr().out)["sets"]
    assert (printed["language"], printed["both"], printed["is_worse"]) == ("de", 0.6, False)
    written = json.loads(file.read_text())
    typed = "python benchmarks/languages.py FOLDER_OF_BEIR_SETS --no-shop"
    assert written["command"] == typed
    assert written["figures"][0]["seen"] == "0 of 1"
    assert "| own shop | de | 34 | 0.500 | 0.400 | **0.600** | +0.100" in table([told])


@pytest.mark.proof
def test_a_shop_is_built_and_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    small = [
        Item("lampe-fr", "Lampe de bureau", "Une lampe pour lire le soir.", language="fr"),
        Item("tente-fr", "Tente pour deux", "Une tente pour dormir dehors.", language="fr"),
        Item("pull-fr", "Pull en laine", "Un pull pour les jours de neige.", language="fr"),
    ]
    (shop, *_) = (one for one in shops() if list(one.judged) == ["fr"])
    question = next(q for q in shop.judged["fr"] if q.id == "lamps-fr")
    asked = AskedCatalogue(
        "small", sorted(small, key=lambda item: item.id),
        {"": [type(question)("q", question.question, {"lampe-fr": 3})]},
    )  # fmt: skip
    (told,), ended = languages.measure(asked)
    assert (told.language, told.questions, told.words, told.both, ended) == ("fr", 1, 1, 1, 0)


def test_what_is_translated_long_and_its_own_is_asked_for(tmp_path: Path) -> None:
    own = descriptions(BLOCKS, "fr")
    assert own["carte"] == (SYNOPSIS, f"{TEXT.strip()}\nFin.")
    assert "none" not in own
    original = {"same": own["same"], "lettre": ("a tool to write letters", "To write letters.")}
    names = chosen(own, original, 10)
    assert "lettre" in names
    assert len({"carte", "carte-doc"} & set(names)) == 1, "both texts begin alike"
    assert {"court", "same"}.isdisjoint(names)
    assert chosen(own, own, 10) != []
    assert chosen(own, original, 1) == names[:1]
    write_set(tmp_path / "debian-fr", own, names)
    assert sets_in(tmp_path) == [tmp_path / "debian-fr"]
    assert [item.id for item in beir_items(tmp_path / "debian-fr")] == sorted(names)
    (judged,) = read_judgments(tmp_path / "debian-fr")
    assert (judged.question, judged.relevant) == (own[names[0]][0], {names[0]: 1})


def test_a_folder_without_sets_is_told() -> None:
    with pytest.raises(UsageError, match="holds no set in BEIR layout"):
        main([str(Path(__file__).parent), "--no-shop"])
