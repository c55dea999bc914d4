"""Words of every language, from an index of items to the questions that find them."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_builder.indexing import lexical
from release_format.items import Item, Items, write_items
from searchbar.errors import SearchError
from searchbar.query.analysis.languages import FILE
from searchbar.results.snippets import Snippet
from searchbar.retrieval.words.asked_words import AskedWords
from searchbar.retrieval.words.lexical import Lexical

ITEMS = [
    Item("ar", "كِتَاب جديد", "أفضل الكتب العربية", language="ar"),
    Item("da", "Smørrebrød", "Opskrifter på rugbrød.", language="da"),
    Item("de", "Müller Müsli mit Früchten", "Müsli für große Straßen.", language="de-AT"),
    Item(
        "de-long",
        "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzbücher",
        language="de",
    ),
    Item("el", "Νέα βιβλία", "Καλό φαγητό.", language="el"),
    Item("en", "Running shoes for the oﬃce", "Inter\u00adnational brands.", language="en"),
    Item("en2", "Garden tools", "Rakes and hoses with a résumé of the seasons.", language="en"),
    Item("es", "Jamón ibérico", "Curado durante tres años.", language="es"),
    Item("fr", "Chaussettes d'hiver", "L'œuvre de la saison.", language="fr"),
    Item("he", "שָׁלוֹם עולם", "ספר ילדים", language="he"),
    Item("hi", "हिन्दी व्याकरण", "नई किताबें और हिन्दी भाषा।", language="hi"),
    Item("it", "Scarpe rosse", "Per la sera.", language="it"),
    Item("ja", "抹茶アイスクリーム", "京都の抹茶を使ったデザートです。", language="ja"),
    Item("ko", "고양이 사료", "맛있는 고양이 간식입니다.", language="ko"),
    Item("pl", "Łódź przewodnik", "Książki o mieście.", language="pl"),
    Item("ru", "Ёлка новогодняя", "С яркими огнями.", language="ru"),
    Item("th", "ต้มยำกุ้ง", "อาหารไทยรสเผ็ด", language="th"),
    Item("tr", "İstanbul şehir haritası", "İstanbul için ayrıntılı harita.", language="tr"),
    Item("vi", "Phở bò Hà Nội", "Món phở truyền thống.", language="vi"),
    Item("zh", "华为手机保护壳", "适用于 iPhone手机 的透明壳。", language="zh"),
    Item("zh2", "苹果电脑键盘", "无线键盘。", language="zh"),
]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Lexical:
    return indexed(tmp_path_factory.mktemp("languages"), ITEMS)


def indexed(folder: Path, items: list[Item]) -> Lexical:
    write_items(folder, sorted(items, key=lambda item: item.id))
    lexical.write(folder / "lexical", Items(folder))
    return Lexical.open(folder / "lexical")


def asked(words: Lexical, question: str, only: tuple[str, ...] = ()) -> AskedWords:
    read = AskedWords()
    for forms, count in words.reader.asked(question, only).items():
        read.add(forms, count, words.idf, words.idf)
    return read


def ids(words: Lexical, question: str, only: tuple[str, ...] = ()) -> list[str]:
    read = asked(words, question, only)
    positions, _ = words.search(read.weights, 5, alike=read.alike)
    order = sorted(item.id for item in ITEMS)
    return [order[position] for position in positions.tolist()]


def phrase(words: Lexical, quoted: str) -> list[str]:
    order = sorted(item.id for item in ITEMS)
    return [order[position] for position in words.within({}, (quoted,)).tolist()]


@pytest.mark.parametrize(
    ("question", "id"),
    [
        *(("手机", "zh"), ("壳", "zh"), ("抹茶", "ja"), ("アイス", "ja"), ("键盘", "zh2")),
        *(("고양이", "ko"), ("사료", "ko"), ("ต้มยำ", "th"), ("กุ้ง", "th"), ("아", "")),
        *(("istanbul", "tr"), ("ISTANBUL", "tr"), ("haritalar", "tr"), ("sehir", "tr")),
        *(("Mueller", "de"), ("muller", "de"), ("STRASSE", "de"), ("Frucht", "de")),
        *(("हिन्दी", "hi"), ("किताब", "hi"), ("книга", ""), ("елки", "ru"), ("огни", "ru")),
        *(("βιβλίο", "el"), ("ΒΙΒΛΙΑ", "el"), ("كتاب", "ar"), ("שלום", "he"), ("pho", "vi")),
        *(("smorrebrod", "da"), ("opskrift", "da"), ("lodz", "pl"), ("książka", "pl")),
        *(("oeuvre", "fr"), ("chaussette", "fr"), ("scarpa", "it"), ("anos", "es")),
        *(("office", "en"), ("international", "en"), ("shoe", "en"), ("ｓｈｏｅ", "en")),
        ("rindfleischetikettierungsuberwachungsaufgabenubertragungsgesetzbucher", "de-long"),
        ("iphone", "zh"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_question_finds_its_item_however_it_is_typed(
    words: Lexical, question: str, id: str, form: str
) -> None:
    typed = unicodedata.normalize(form, question)  # type: ignore[arg-type]
    assert ids(words, typed)[:1] == ([id] if id else [])


@pytest.mark.parametrize(
    ("quoted", "found"),
    [
        *(("手机", ["zh"]), ("iPhone手机", ["zh"]), ("机手", []), ("透明壳", ["zh"])),
        *(("壳", ["zh"]), ("盘", ["zh2"]), ("保护壳", ["zh"]), ("iphone 手", ["zh"])),
        *(("ต้มยำ", ["th"]), ("ยำต้ม", []), ("고양이 간식", ["ko"])),
        *(("müller müsli", ["de"]), ("Mueller Muesli", ["de"]), ("musli muller", [])),
        *(("istanbul sehir", ["tr"]), ("हिन्दी व्याकरण", ["hi"]), ("ha noi", ["vi"])),
    ],
)
def test_a_phrase_is_a_sequence_in_every_script(
    words: Lexical, quoted: str, found: list[str]
) -> None:
    assert phrase(words, quoted) == found
    assert phrase(words, unicodedata.normalize("NFD", quoted)) == found


def test_what_is_typed_so_far_is_found(words: Lexical) -> None:
    order = sorted(item.id for item in ITEMS)

    def holding(prefix: str) -> list[str]:
        return [order[position] for position in words.holding(prefix, 5).tolist()]

    assert holding("手") == holding("手机") == ["zh"]
    assert holding("mul") == holding("Mül") == holding("muel") == ["de"]
    assert holding("हि") == ["hi"]


@pytest.mark.parametrize("question", [item.title for item in ITEMS])
def test_a_title_in_any_case_and_form_names_its_item(words: Lexical, question: str) -> None:
    for typed in (question, unicodedata.normalize("NFD", question), question.upper()):
        exact, free = words.named(typed)
        assert [*exact, *free]


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("हिन्दी", "<mark>हिन्दी</mark> व्याकरण"),
        ("アイスクリーム", "抹茶<mark>アイスクリーム</mark>"),
        ("手机保护", "华为<mark>手机保护</mark>壳"),
        ("istanbul", "<mark>İstanbul</mark> şehir haritası"),
        ("office", "Running shoes for the <mark>oﬃce</mark>"),
        ("mueller", "<mark>Müller</mark> Müsli mit Früchten"),
        ("ต้มยำ", "<mark>ต้มยำ</mark>กุ้ง"),
    ],
)
def test_marks_hold_whole_words_and_characters(words: Lexical, question: str, marked: str) -> None:
    (title,) = (item.title for item in ITEMS if item.id == ids(words, question)[0])
    weights = asked(words, question).weights
    assert Snippet.of(title, weights, words.reader.places).html() == marked


def test_stop_words_are_those_of_the_questions_language(words: Lexical) -> None:
    assert ids(words, "die Schuhe für die Straße") == ["de"]
    assert ids(words, "the hoses of the garden") == ["en2"]
    read = asked(words, "Müsli mit der Frucht")
    assert not {"mit", "der"} & read.weights.keys()
    assert asked(words, "die").weights.keys() == {"die"}


def test_a_filter_narrows_the_languages(words: Lexical) -> None:
    # In Italian the ending goes, in English it stays.
    assert "scarp" in words.stems("scarpe")
    assert asked(words, "scarpe", ("it",)).weights.keys() == {"scarp"}


def test_of_forms_of_one_word_the_best_counts_once(tmp_path: Path) -> None:
    items = [
        Item("a", "harita", "x " * 9, language="tr"),
        Item("b", "haritası", "x " * 9, language="tr"),
        Item("c", "y", "z " * 9, language="tr"),
    ]
    words = indexed(tmp_path, items)
    read = asked(words, "haritası")
    _, scores = words.search(read.weights, 5, alike=read.alike)
    assert len(scores) == 2
    single = max(words.search({form: 1.0}, 5)[1].max() for form in read.weights)
    assert scores.max() <= single + 1e-6


def test_an_english_catalogue_is_read_by_the_indexs_own_tokenizer(tmp_path: Path) -> None:
    items = [Item("a", "Running shoes", "For the office."), Item("b", "Tools", language="en")]
    words = indexed(tmp_path, items)
    assert (tmp_path / "lexical" / FILE).is_file()
    assert words.stems("the running of the shoes") == ["run", "shoe"]
    assert not words.reader.is_narrowed
    (tmp_path / "lexical" / FILE).unlink()
    before = Lexical.open(tmp_path / "lexical")
    assert before.vocabulary() == words.vocabulary()
    for text in ("Running shoes", "the office", "Tools"):
        assert before.stems(text) == words.stems(text)
        assert before.reader.places(text, {"run", "tool"}) == words.reader.places(
            text, {"run", "tool"}
        )


SCRIPTS = [*"abcXYZ .-'", *"ßéİıŉñ", *"日本語ア", *"नहिीอำ", *"가שׁ", "\u0301", "\u200d", "🎬", "ﬁ"]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(st.sampled_from(SCRIPTS), min_size=1, max_size=12))
def test_every_word_is_found_again_in_the_text_that_holds_it(words: Lexical, text: str) -> None:
    reader = words.reader
    stems = {form for forms in reader.asked(text) for form in forms}
    places = reader.places(text, stems)
    assert bool(places) == bool(stems)
    assert all(0 <= start < end <= len(text) for _, start, end in places)
    assert Snippet.of(text, dict.fromkeys(stems, 1.0), reader.places).html().count("<mark>") == (
        Snippet.of(text, dict.fromkeys(stems, 1.0), reader.places).html().count("</mark>")
    )


def test_items_that_do_not_tell_their_language_are_in_the_usual_one(tmp_path: Path) -> None:
    german = [
        Item("a", "Zwiebelkuchen"),
        Item("b", "Pfannen", "Für die Küche und den Herd, auch mit der Hand zu spülen."),
        Item("c", "Suppen", "Alles für den Tag, an dem es kalt ist und der Wind weht."),
    ]
    words = indexed(tmp_path / "german", german)
    assert words.reader.compounding == ["de"]
    assert words.stems("Kuchen") == words.stems("kuchens")
    mostly_english = [replace(item, title="The lamp of the desk") for item in german[:1]] + [
        Item(f"e{n}", "Lamps", "This is one of the lamps that are for the desk.") for n in range(4)
    ]
    assert not indexed(tmp_path / "english", mostly_english).reader.compounding


def test_characters_that_no_pair_finds_are_asked_alone(words: Lexical) -> None:
    assert asked(words, "手机壳").weights.keys() == {"手机", "机壳", "壳"}
    assert asked(words, "手机").weights.keys() == {"手机"}
    assert asked(words, "抹香").weights.keys() == {"抹香", "抹"}
    assert asked(words, "猫").weights.keys() == {"猫"}


@pytest.mark.parametrize("damaged", ["{}", "", '{"usual": "en", "items": {"en": "many"}}', "[]"])
def test_a_damaged_list_of_languages_is_refused(tmp_path: Path, damaged: str) -> None:
    indexed(tmp_path, ITEMS[:2])
    (tmp_path / "lexical" / FILE).write_text(damaged, encoding="utf-8")
    with pytest.raises(SearchError, match="lexical index"):
        Lexical.open(tmp_path / "lexical")
