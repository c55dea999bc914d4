"""Snippets: the heaviest stretch, marked and escaped."""

from __future__ import annotations

from collections.abc import Container

from searchbar.results.snippets import Snippet, sentences

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
