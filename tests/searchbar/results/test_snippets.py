"""Snippets: the heaviest stretch, marked and escaped."""

from __future__ import annotations

from collections.abc import Container

from searchbar.results.snippets import BEFORE, LONGEST, Snippet, sentences, stretch

TEXT = (
    "It paints. A tool & toy for photos, with layers. "
    + "Filler words here " * 30
    + "and photos at the end."
)


def places(text: str, stems: Container[str]) -> list[tuple[str, int, int]]:
    places_of_stems: list[tuple[str, int, int]] = []
    at = 0
    for word in text.split(" "):
        bare = word.strip(".,")
        places_of_stems += [(bare.lower(), at, at + len(bare))] if bare.lower() in stems else []
        at += len(word) + 1
    return places_of_stems


def test_a_snippet_marks_the_words_in_the_heaviest_stretch() -> None:
    assert (
        Snippet.of(TEXT, {"photos": 2.0, "layers": 1.0}, places).html()
        == "… A tool &amp; toy for <mark>photos</mark>, with <mark>layers</mark>. …"
    )
    assert Snippet.of(TEXT, {"end": 1.0}, places).html().endswith("at the <mark>end</mark>.")
    assert (
        Snippet.of("Short. All of it.", {"short": 1.0}, places).html()
        == "<mark>Short</mark>. All of it."
    )
    assert Snippet.of("No dots <b>", {}, places).html() == "No dots &lt;b&gt;"
    assert Snippet.of("", {"x": 1.0}, places).html() == ""
    assert len(Snippet.of("word " * 500, {"none": 1.0}, places).html()) < 250
    assert [TEXT[a:b] for a, b in sentences(TEXT)][:2] == [
        "It paints.",
        "A tool & toy for photos, with layers.",
    ]


def test_sentences_end_where_their_script_ends_them() -> None:
    def split(text: str) -> list[str]:
        return [text[start:end] for start, end in sentences(text)]

    assert split("東京の地図です。電車も載っています。") == [
        "東京の地図です。",
        "電車も載っています。",
    ]
    assert split("यह किताब है। यह नई है।") == ["यह किताब है।", "यह नई है।"]
    assert split("One. Two! Version 3.5 works.") == ["One.", "Two!", "Version 3.5 works."]


def test_marks_that_overlap_are_one_and_a_stretch_ends_between_characters() -> None:
    def pairs(text: str, _: Container[str]) -> list[tuple[str, int, int]]:
        return [("x", 2, 4), ("y", 3, 5), ("z", 7, 8)]

    assert Snippet.of("ab手机壳cd壳", {"x": 1.0}, pairs).html() == (
        "ab<mark>手机壳</mark>cd<mark>壳</mark>"
    )
    family = "👨‍👩‍👧" * 100
    start, end = stretch(family, 0, len(family))
    assert family[end - 1] == "👧"
    assert len(family[start:end]) <= LONGEST
    accents = "e\u0301" * 400
    assert stretch("x" + accents, 0, 801)[1] % 2 == 1


def test_a_stretch_without_spaces_begins_a_little_before_its_match() -> None:
    text = "地" * 300 + "手机" + "图" * 300

    def place(text: str, _: Container[str]) -> list[tuple[str, int, int]]:
        return [("x", text.index("手"), text.index("手") + 2)]

    shown = Snippet.of(text, {"x": 1.0}, place).html()
    assert shown.startswith("… " + "地" * BEFORE + "<mark>手机</mark>图")
