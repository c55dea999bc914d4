"""Catalogues of other languages, admitted, built and asked by the real programs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.index_builder.test_made_catalogues import bring
from tests.searchbar.test_languages import ITEMS

RECIPES = [
    Item("apple", "Apfelstrudel", "Hauchdünn gezogener Teig mit säuerlichen Äpfeln und Zimt."),
    Item("beef", "Rinderrouladen", "Zartes Rindfleisch mit Speck und Gurken in dunkler Soße."),
    Item("cake", "Zwiebelkuchen", "Hefeteig mit gedünsteten Zwiebeln und saurer Sahne."),
    Item("cake2", "Pflaumenkuchen vom Blech", "Saftig und dicht belegt mit reifen Pflaumen."),
    Item("fish", "Forelle Müllerin", "Ganze Forelle in Mehl gewendet und in Butter gebraten."),
    Item("soup", "Kartoffelsuppe", "Eine kräftige Suppe aus Kartoffeln, Möhren und Sellerie."),
    Item("soup2", "Linseneintopf", "Braune Linsen mit Suppengrün und geräuchertem Speck."),
]


@dataclass(frozen=True)
class Lines:
    """Items as a file of JSON lines."""

    items: Sequence[Item]

    def write(self, folder: Path) -> Path:
        """Write the file."""
        path = folder / "items.jsonl"
        rows = (
            {"id": each.id, "title": each.title, "description": each.description}
            | ({"language": each.language} if each.language else {})
            for each in self.items
        )
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        path.write_text("".join(lines), encoding="utf-8")
        return path


def built(items: Sequence[Item], folder: Path, capsys: pytest.CaptureFixture[str]) -> Engine:
    ending = bring(Lines(items), folder, capsys)
    assert ending.release
    return Engine.open(ending.release)


def found(engine: Engine, question: str) -> list[str]:
    answer = engine.search(Question(question))
    return [] if answer.no_good_match else [hit.id for hit in answer.hits]


@pytest.mark.proof
def test_many_languages_are_found_by_their_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = built(ITEMS, tmp_path, capsys)
    for question, id in (
        *(("抹茶", "ja"), ("กุ้ง", "th"), ("हिन्दी", "hi"), ("istanbul", "tr"), ("ёлки", "ru")),
        *(("chaussette", "fr"), ("Muesli", "de"), ("stickers", "en2"), ("手机壳", "zh")),
    ):
        for form in ("NFC", "NFD"):
            typed = unicodedata.normalize(form, question)
            assert found(engine, typed)[:1] == [id], question
    assert sorted(found(engine, '"手机"')) == ["zh", "zh2"]


@pytest.mark.proof
def test_a_german_catalogue_that_declares_no_language_is_read_as_german(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = built(RECIPES, tmp_path, capsys)
    assert set(found(engine, "Kuchen")[:2]) == {"cake", "cake2"}
    assert found(engine, "Apfel")[:1] == found(engine, "aepfel")[:1] == ["apple"]
    assert set(found(engine, "Suppen")[:2]) == {"soup", "soup2"}
    assert found(engine, "Fahrrad") == []
