"""Questions in many languages over a real release, as a visitor asks them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.query.question import Answer, Question
from tests.searchbar.conftest import MakeRelease

ITEMS = [
    Item("de", "Müller Müsli mit Früchten", "Knuspriges Müsli mit Nüssen.", language="de"),
    Item("de-cake", "Zwiebelkuchen", "Hefeteig mit Zwiebeln und Speck.", language="de"),
    Item("de-lamp", "Bürolampe", "Eine Lampe für das Büro am Abend.", language="de"),
    Item("en", "Desk lamp", "Lights a desk in the office.", language="en"),
    Item("en2", "Guitar stickers", "Stickers for your guitar case 🎸🔥.", language="en"),
    Item("en3", "Family poster", "Shows 👨‍👩‍👧 on a wall. " + "👨‍👩‍👧" * 60, language="en"),
    Item("fr", "Chaussettes d'hiver", "Des chaussettes chaudes pour la neige.", language="fr"),
    Item("hi", "हिन्दी व्याकरण", "हिन्दी भाषा का व्याकरण।", language="hi"),
    Item("ja", "抹茶アイスクリーム", "京都の抹茶を使ったアイスクリーム。", language="ja"),
    Item("ko", "한국어 사전", "한국어 단어와 예문.", language="ko"),
    Item("ru", "Ёлка новогодняя", "Искусственная ёлка с огнями.", language="ru"),
    Item("th", "ต้มยำกุ้ง", "ซุปกุ้งรสเผ็ดของไทย", language="th"),
    Item("th2", "เสื้อยืดผ้าฝ้าย", "เสื้อยืดใส่สบายสำหรับผู้ชาย", language="th"),
    Item("th3", "หูฟัง Sony ไร้สาย", "หูฟังบลูทูธเสียงดี", language="th"),
    Item("th4", "น้ำปลา 700ml", "น้ำปลาแท้สำหรับทำอาหารไทย", language="th"),
    Item("kana", "ﾊﾟｿｺﾝ用ｹｰﾌﾞﾙ", "USB-Cのケーブル。", language="ja"),
    Item("tr", "İstanbul şehir haritası", "İstanbul için ayrıntılı harita.", language="tr"),
    Item("zh", "华为手机保护壳", "适用于华为手机的透明保护壳。", language="zh"),
    Item("zh2", "小米手机充电器", "快速充电器，支持多种手机。", language="zh"),
]


@pytest.fixture(scope="module")
def world(make_release: MakeRelease) -> Engine:
    levels = {"no_good_match": {"level": 0.522, "score": "confidence"}}
    return Engine.open(make_release(ITEMS, levels=levels))


def asked(world: Engine, text: str, **more: object) -> Answer:
    return world.search(Question(text, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "id"),
    [
        *(("抹茶", "ja"), ("กุ้ง", "th"), ("사전", "ko"), ("हिन्दी", "hi"), ("ёлки", "ru")),
        *(("istanbul", "tr"), ("ISTANBUL haritalar", "tr"), ("Kuchen", "de-cake")),
        *(("น้ำปลา", "th4"), ("パソコン", "kana"), ("หูฟังsony", "th3")),
        *(("Büro", "de-lamp"), ("chaussette", "fr"), ("Muesli", "de"), ("lamps", "en")),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_words_of_a_language_find_its_items_and_are_a_good_match(
    world: Engine, question: str, id: str, form: str
) -> None:
    answer = asked(world, unicodedata.normalize(form, question))  # type: ignore[arg-type]
    assert (answer.hits[0].id, answer.no_good_match) == (id, False)
    assert answer.hits[0].matched in ("text", "exact")
    assert not answer.did_you_mean


@pytest.mark.parametrize("question", ["Ｇｕｉｔａｒ　ｓｔｉｃｋｅｒｓ", "ｇｕｉｔａｒ", "ＬＡＭＰ"])
def test_letters_of_full_width_are_understood_as_others_are(world: Engine, question: str) -> None:
    usual, wide = asked(world, unicodedata.normalize("NFKC", question)), asked(world, question)
    assert [(hit.id, hit.score) for hit in wide.hits] == [(h.id, h.score) for h in usual.hits]


def test_a_phrase_without_spaces_is_found_where_it_stands(world: Engine) -> None:
    assert sorted(hit.id for hit in asked(world, '"手机"').hits) == ["zh", "zh2"]
    assert [hit.id for hit in asked(world, '"保护壳"').hits] == ["zh"]
    assert [hit.id for hit in asked(world, '"壳"').hits] == ["zh"]
    typed = unicodedata.normalize("NFD", '"Müller Müsli"')
    assert [hit.id for hit in asked(world, typed).hits] == ["de"]
    without = {hit.id for hit in asked(world, "手机 -保护壳", cut="none").hits}
    assert "zh2" in without
    assert "zh" not in without


def test_a_title_in_capitals_is_its_name(world: Engine) -> None:
    for title, id in (("İSTANBUL ŞEHİR HARİTASI", "tr"), ("MUELLER MUESLI MIT FRUECHTEN", "de")):
        assert [(hit.id, hit.matched) for hit in asked(world, title).hits[:1]] == [(id, "exact")]


def test_a_correction_is_offered_as_the_catalogue_writes_it(world: Engine) -> None:
    assert asked(world, "Mülller").did_you_mean == "müller"
    assert asked(world, "Früchtten").did_you_mean == "früchten"
    for right in ("Frucht", "Zwiebel", "chaussette", "haritalar"):
        assert not asked(world, right).did_you_mean


def test_what_is_shown_is_written_as_it_was_and_marked_by_whole_characters(world: Engine) -> None:
    assert asked(world, "हिन्दी").hits[0].title_marked == "<mark>हिन्दी</mark> व्याकरण"
    (poster,) = (hit for hit in asked(world, "family poster").hits if hit.id == "en3")
    shown = poster.snippet.removesuffix(" …").removesuffix("👨‍👩‍👧")
    assert not shown.endswith(("\u200d", "👨", "👩"))
    assert (
        asked(world, "ИСКУССТВЕННАЯ").hits[0].snippet.startswith("<mark>Искусственная</mark> ёлка")
    )


def test_a_language_filter_narrows_what_is_read(world: Engine) -> None:
    narrowed = asked(world, "Lampe", filters={"language": ["de"]})
    assert narrowed.hits[0].id == "de-lamp"
    assert {hit.language for hit in narrowed.hits} == {"de"}


@pytest.mark.parametrize("typed", ["手", "mül", "muel", "हि", "ist", "İst", "ёл", "ел"])
def test_what_is_typed_so_far_is_completed_in_every_script(world: Engine, typed: str) -> None:
    assert world.suggest(typed)


def test_a_question_is_encoded_once_for_all_its_filters(
    world: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, texts = world.retriever.encoder, list[str]()
    encode = encoder.encode_query

    def counted(several: Sequence[str]) -> NDArray[np.float32]:
        texts.extend(several)
        return encode(several)

    monkeypatch.setattr(encoder, "encode_query", counted)
    asked(world, "Lampe", filters={"language": ["de", "en"], "topic": ["!none"]})
    assert texts == ["Lampe"]
